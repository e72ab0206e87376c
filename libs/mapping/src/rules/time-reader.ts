import { DateTime, type Zone } from 'luxon';
import { FLAGS, parseInstant, type Micros, type TimeFormat } from '#model';
import type { Expression, Variables } from '../expressions/index.js';
import { readOuter, type Reader, type Resolved } from './reader.js';

/** A time read from a payload: absent when it could not be, with the flag that says so. */
export interface ReadTime {
  readonly time: Micros | undefined;
  readonly flags: number;
}

const NONE: ReadTime = { time: undefined, flags: 0 };
const UNREADABLE: ReadTime = { time: undefined, flags: FLAGS['time-unreadable'] };

const SCALES = { 'unix-s': 1_000_000, 'unix-ms': 1000, 'unix-us': 1, 'unix-ns': 0.001 } as const;
/** Beyond these a number of seconds, milliseconds, microseconds is of the finer unit (year 5138 in seconds). */
const AUTO = [
  [1e11, 'unix-s'],
  [1e14, 'unix-ms'],
  [1e17, 'unix-us'],
  [Infinity, 'unix-ns'],
] as const;
/** The longest time, with an expanded year, nanoseconds and an offset, has 38 characters. */
const MAX_TEXT = 64;
/** Nanoseconds of any year that is kept, with room for zeros in front. */
const MAX_DIGITS = 30;

const DAY = 86_400_000_000;
const YEAR_2000 = 946_684_800_000_000;

/** Whether a device's clock is implausible: a day ahead of the arrival, or before 2000. */
export function clockFlag(time: Micros, received: Micros): boolean {
  return time > received + DAY || time < YEAR_2000;
}

/** Reads the time that a document or rule names. */
export class TimeReader {
  constructor(
    readonly expression: Expression,
    private readonly read: Reader,
    private readonly format: TimeFormat,
    private readonly timezone: string | undefined,
  ) {}

  /** An expression that finds nothing in the item is tried on the whole payload. @throws ExpressionError */
  at(input: unknown, variables: Variables, resolved: Resolved | undefined): ReadTime {
    const value = readOuter(this.read, input, variables, resolved);
    if (value === undefined || value === null) return NONE;
    return readTime(value, this.format, this.timezone);
  }
}

/** Reads a raw time value in a format. */
export function readTime(value: unknown, format: TimeFormat, timezone?: string): ReadTime {
  // What is no time may be as large as a payload, and each item may say it: it is not read.
  if (typeof value !== 'number' && (typeof value !== 'string' || value.length > MAX_TEXT)) return UNREADABLE;
  if (format === 'iso8601') return typeof value === 'string' ? readIso(value, timezone) : UNREADABLE;
  if (format === 'auto') {
    if (typeof value === 'string' && !/^\s*-?\d+(\.\d+)?\s*$/.test(value)) return readIso(value, timezone);
    const number = Number(value);
    const [, found] = AUTO.find(([limit]) => Math.abs(number) < limit) ?? AUTO[3];
    return readUnix(value, found);
  }
  return readUnix(value, format);
}

function readUnix(value: string | number, format: keyof typeof SCALES): ReadTime {
  const text = typeof value === 'string' ? value.trim() : undefined;
  if (text !== undefined && !/^-?\d+(\.\d+)?$/.test(text)) return UNREADABLE;
  if (text !== undefined && text.length > MAX_DIGITS) return UNREADABLE;
  // Digits beyond a double's are kept: nanoseconds as text lose only what is finer than a microsecond.
  if (text !== undefined && format === 'unix-ns' && /^-?\d{16,}$/.test(text))
    return bounded(Number(BigInt(text) / 1000n));
  return bounded(Math.round(Number(text ?? value) * SCALES[format]));
}

function readIso(text: string, timezone: string | undefined): ReadTime {
  const parsed = parseInstant(text);
  if (!parsed) return UNREADABLE;
  if (parsed.zoned) return bounded(parsed.t);
  if (timezone === undefined) return { time: parsed.t, flags: FLAGS['zone-assumed'] };
  if (timezone === 'UTC') return bounded(parsed.t);
  const { zone } = DateTime.fromMillis(0, { zone: timezone });
  return zone.isValid ? bounded(instantOf(parsed.t, zone)) : UNREADABLE;
}

/**
 * The instant at which a zone's clock shows a time, which is given as if in UTC. Of two (clocks set back) the first;
 * of none (clocks set forward) as a clock shows it that was not set yet: RFC 5545, 3.3.5, has both.
 */
function instantOf(shown: Micros, zone: Zone): Micros {
  const offset = (t: Micros) => zone.offset(Math.floor(t / 1000)) * 60_000_000;
  const before = shown - offset(shown - DAY);
  const after = shown - offset(shown + DAY);
  if (before === after || offset(before) === shown - before) return before;
  return offset(after) === shown - after ? after : before;
}

/** Microseconds that a double holds exactly: years 1684 to 2255. */
function bounded(time: Micros): ReadTime {
  return Number.isSafeInteger(time) ? { time, flags: 0 } : UNREADABLE;
}
