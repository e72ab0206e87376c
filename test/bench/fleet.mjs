import { Fleet } from '../../dist/apps/simulator/src/fleet.js';

/** Observations that {@link rawMessages} yield each. */
export const OBSERVATIONS = 5;

/** A schema of the usual kind: conversion, range, nested members, a state. */
export const BENCH_SCHEMA = {
  id: 'bench',
  topic: 'bench/{device}',
  feature: 'site/hall',
  observations: {
    temperature: { property: 'AirTemperature', unit: '°F', range: [-40, 150] },
    humidity: { property: 'RelativeHumidity', unit: '%' },
    pressure: { property: 'AtmosphericPressure', unit: 'Pa' },
    battery: { value: 'power.battery', property: 'BatteryLevel', unit: '%' },
    opened: { value: 'contact', property: 'Opened', values: { open: true, closed: false } },
  },
};

/** Raw messages of five observations, in turn from each of `devices`. */
export function rawMessages(devices) {
  return Array.from({ length: Math.max(devices, 1000) }, (_, i) => ({
    device: i % devices,
    topic: `bench/device-${i % devices}`,
    payload: JSON.stringify({
      temperature: 60 + (i % 200) / 10,
      humidity: 40 + (i % 100) / 10,
      pressure: 101_000 + (i % 500),
      power: { battery: 100 - (i % 90) },
      contact: i % 2 ? 'open' : 'closed',
    }),
  }));
}

/** What the simulator's fleet says in `rounds` seconds of a day: seven families, their real payloads. */
export function fleetMessages(rounds) {
  const start = Date.parse('2026-11-23T06:00:00Z');
  return Array.from({ length: rounds }, (_, i) => Fleet.messages(start + i * 1000)).flat();
}

/** What a broker relays in the place of observations: messages as long as they are, one for each delivery. */
export function relayedMessages(devices, size, qos) {
  return Array.from({ length: devices }, (_, device) => {
    const topic = `semantic/Temperature/AirTemperature/device-${device}/temperature/site/hall`;
    return { device, topic, payload: 'x'.repeat(size - topic.length - 2 - (qos > 0 ? 2 : 0)) };
  });
}
