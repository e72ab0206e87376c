import type { AggregateWindow, ObservationValue, Series } from '#model';

/** A full turn in units that directions are told in, by QUDT local name. */
const FULL_TURN: Readonly<Record<string, number>> = { DEG: 360, RAD: 2 * Math.PI, REV: 1, GON: 400 };

/** A full turn of a circular series' unit; degrees where the unit is none of those for angles. */
export function fullTurn(unit: string): number {
  return FULL_TURN[unit] ?? 360;
}

/** What rows of one window add up to. Sums of sine and cosine stand in for the sum of a direction. */
export interface WindowSums {
  count: number;
  /** Not finite when it is too great for a double. */
  sum: number;
  /** Of the rows, by a way that does not overflow. Less exact than `sum / count`. */
  mean: number;
  sine: number;
  cosine: number;
  min: number;
  max: number;
  first: ObservationValue;
  firstTime: number;
  last: ObservationValue;
  lastTime: number;
}

/** Adds the later series' window to the earlier one's of the same datastream. */
export function mergeWindows(a: WindowSums, b: WindowSums): WindowSums {
  const bFirst = b.firstTime < a.firstTime;
  const bLast = b.lastTime >= a.lastTime;
  const count = a.count + b.count;
  return {
    count,
    sum: a.sum + b.sum,
    mean: a.mean * (a.count / count) + b.mean * (b.count / count),
    sine: a.sine + b.sine,
    cosine: a.cosine + b.cosine,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    first: bFirst ? b.first : a.first,
    firstTime: bFirst ? b.firstTime : a.firstTime,
    last: bLast ? b.last : a.last,
    lastTime: bLast ? b.lastTime : a.lastTime,
  };
}

/** How a datastream's windows are averaged. */
export type Averaging =
  { readonly type: 'none' | 'linear' } | { readonly type: 'circular'; readonly turn: number };

/** Quantities have means, directions circular ones. */
export function averagingOf({ type, circular, unit }: Series): Averaging {
  if (type !== 'quantity') return { type: 'none' };
  return circular ? { type: 'circular', turn: fullTurn(unit) } : { type: 'linear' };
}

/** The window as users see it. Means are rounded to 12 significant digits, as converted values are. */
export function toWindow(sums: WindowSums, from: number, to: number, averaging: Averaging): AggregateWindow {
  const { count, first, firstTime, last, lastTime, min, max } = sums;
  const window = { from, to, count, first, firstTime, last, lastTime };
  if (averaging.type === 'none') return window;
  const mean = averaging.type === 'circular' ? circularMean(sums, averaging.turn) : linearMean(sums);
  return mean === undefined || !Number.isFinite(mean)
    ? { ...window, min, max }
    : { ...window, mean: Number(mean.toPrecision(12)), min, max };
}

function linearMean({ sum, count, mean, min, max }: WindowSums): number {
  // Rounding may carry the mean of very great numbers beyond them.
  return Number.isFinite(sum) ? sum / count : Math.min(Math.max(mean, min), max);
}

/** In [0, turn); undefined when the directions cancel each other. */
function circularMean({ sine, cosine, count }: WindowSums, turn: number): number | undefined {
  if (Math.hypot(sine, cosine) < 1e-9 * count) return undefined;
  const angle = (Math.atan2(sine, cosine) / (2 * Math.PI)) * turn;
  // To 12 digits of a turn: two directions about north have no mean of 3e-15 degrees.
  const mean = Number(angle.toFixed(11 - Math.floor(Math.log10(turn))));
  const positive = Number((mean < 0 ? mean + turn : mean).toPrecision(12));
  return positive >= turn ? 0 : positive;
}

/** Index of the window that holds `time`, -1 when it is outside of all. */
export function windowAt(bounds: Float64Array, time: number): number {
  if (bounds.length < 2 || time < bounds[0]! || time >= bounds[bounds.length - 1]!) return -1;
  let low = 0;
  let high = bounds.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (bounds[middle]! <= time) low = middle;
    else high = middle;
  }
  return low;
}
