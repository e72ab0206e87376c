import type { Room } from '../world.js';

/** A message as a device of a family publishes it. */
export interface FleetMessage {
  readonly topic: string;
  readonly payload: string;
}

/** A device of the fleet, as it is registered. */
export interface FleetDevice {
  readonly id: string;
  readonly title: string;
  readonly feature?: string;
}

/** One vendor's way of saying things. */
export interface Family {
  readonly name: string;
  /** File name under `ontologies/profiles/`. */
  readonly profile: string;
  /** What the family's devices are called and where they are. */
  devices(): FleetDevice[];
  /** What the family's device in a room publishes at a time (milliseconds). */
  messages(room: Room, time: number): FleetMessage[];
}

/** Rounds to a sensor's resolution. */
export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** °C to °F. */
export function fahrenheit(celsius: number): number {
  return celsius * 1.8 + 32;
}
