/** The rooms that every family of devices measures. */
export const ROOMS = ['kitchen', 'office', 'bedroom'] as const;

/** A name of {@link ROOMS}. */
export type Room = (typeof ROOMS)[number];

/** What is true in a room at one time, in SI-like units; each family says it in its own way. */
export interface RoomState {
  /** °C */
  readonly temperature: number;
  /** % */
  readonly humidity: number;
  /** hPa */
  readonly pressure: number;
  /** ppm */
  readonly co2: number;
  /** lx */
  readonly illuminance: number;
  /** W */
  readonly power: number;
  readonly occupied: boolean;
}

const DAY = 86_400_000;

interface Habits {
  readonly offset: number;
  /** Hours of the day at which people are there. */
  readonly busy: readonly [number, number][];
}

const HABITS: Record<Room, Habits> = {
  kitchen: {
    offset: 0.8,
    busy: [
      [6.5, 8.5],
      [11.5, 13],
      [17.5, 20],
    ],
  },
  office: {
    offset: 0,
    busy: [
      [8.5, 12],
      [13, 17.5],
    ],
  },
  bedroom: {
    offset: -1.6,
    busy: [
      [0, 6.5],
      [22, 24],
    ],
  },
};

/** Weather and habits as smooth functions of time: the same for whoever asks, so that all families agree. */
export function roomState(room: Room, time: number): RoomState {
  const hour = ((time % DAY) / DAY) * 24;
  const { offset, busy } = HABITS[room];
  const occupied = busy.some(([from, to]) => hour >= from && hour < to);
  const presence = Math.max(...busy.map(([from, to]) => plateau(hour, from, to)));
  const sun = Math.max(0, Math.sin(((hour - 6) / 12) * Math.PI));
  // Slow weather, and a ripple that makes the table live.
  const weather = Math.sin((time / DAY) * 0.9) * 1.5;
  const ripple = Math.sin(time / 7000) * 0.15 + Math.sin(time / 2300) * 0.05;
  const temperature = 20.2 + offset + sun * 1.8 + presence * 0.9 + weather * 0.3 + ripple;
  return {
    temperature,
    humidity: clamp(47 + presence * 6 - sun * 4 + weather * 3 - ripple * 4, 15, 95),
    pressure: 1013.2 + weather * 6 + Math.sin((hour / 12) * Math.PI) * 0.8,
    co2: 430 + presence * 520 + ripple * 60,
    illuminance: sun * 850 + (occupied ? 240 : 2) + ripple * 10 + 5,
    power: occupied ? 180 + presence * 240 + ripple * 30 : 12 + ripple * 2,
    occupied,
  };
}

/** Outdoors, for weather stations. */
export function outdoorState(time: number): {
  temperature: number;
  humidity: number;
  wind: number;
  rain: number;
} {
  const hour = ((time % DAY) / DAY) * 24;
  const weather = Math.sin((time / DAY) * 0.9);
  return {
    temperature: 9 + Math.sin(((hour - 9) / 12) * Math.PI) * 5 + weather * 4,
    humidity: clamp(72 - Math.sin(((hour - 9) / 12) * Math.PI) * 15, 20, 100),
    wind: Math.abs(3 + weather * 2 + Math.sin(time / 11_000) * 1.5),
    rain: Math.max(0, -weather) * 2.54,
  };
}

/** Rises within an hour after `from` and falls within one after `to`. */
function plateau(hour: number, from: number, to: number): number {
  return clamp(Math.min(hour - from, to + 1 - hour), 0, 1);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
