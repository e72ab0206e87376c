/** Microseconds since 1970-01-01T00:00:00Z, an integer. Doubles hold them exactly until the year 2255. */
export type Micros = number;

let cachedSecond = Number.NaN;
let cachedText = '';

/**
 * Prints an instant as ISO 8601 in UTC: three fraction digits, six when the microseconds are not zero.
 * Successive calls in one second cost a concatenation.
 */
export function formatMicros(t: Micros): string {
  const second = Math.floor(t / 1_000_000);
  if (second !== cachedSecond) {
    cachedText = new Date(second * 1000).toISOString().slice(0, -4);
    cachedSecond = second;
  }
  const micros = t - second * 1_000_000;
  const millis = Math.floor(micros / 1000);
  const rest = micros - millis * 1000;
  const three = millis < 10 ? `00${millis}` : millis < 100 ? `0${millis}` : `${millis}`;
  if (rest === 0) return `${cachedText}${three}Z`;
  return `${cachedText}${three}${rest < 10 ? `00${rest}` : rest < 100 ? `0${rest}` : `${rest}`}Z`;
}

/** Bytes that {@link writeMicros} writes at most, years of six digits included. */
export const MICROS_BYTES = 30;

/** `YYYY-MM-DDTHH:MM:SS.` of the last second written. */
let cachedBytes = new Uint8Array(0);
let cachedBytesSecond = Number.NaN;

/** Writes what {@link formatMicros} prints into a buffer with room for it; answers where it ends. Makes no text. */
export function writeMicros(target: Uint8Array, at: number, t: Micros): number {
  const second = Math.floor(t / 1_000_000);
  if (second !== cachedBytesSecond) {
    cachedBytes = Buffer.from(new Date(second * 1000).toISOString().slice(0, -4), 'latin1');
    cachedBytesSecond = second;
  }
  const prefix = cachedBytes;
  for (let i = 0; i < prefix.length; i++) target[at++] = prefix[i]!;
  const micros = t - second * 1_000_000;
  const millis = Math.floor(micros / 1000);
  const rest = micros - millis * 1000;
  at = writeThree(target, at, millis);
  if (rest !== 0) at = writeThree(target, at, rest);
  target[at++] = 0x5a;
  return at;
}

function writeThree(target: Uint8Array, at: number, value: number): number {
  const hundreds = (value / 100) | 0;
  const tens = ((value / 10) | 0) - hundreds * 10;
  target[at] = 0x30 + hundreds;
  target[at + 1] = 0x30 + tens;
  target[at + 2] = 0x30 + value - hundreds * 100 - tens * 10;
  return at + 3;
}

const ISO =
  /^([+-]\d{6}|\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?$/;

/** An ISO 8601 text read: the instant as if in UTC when it names no zone. */
export interface ParsedInstant {
  readonly t: Micros;
  /** Whether the text named its zone (`Z` or an offset). */
  readonly zoned: boolean;
}

/**
 * Reads an ISO 8601 date or date-time to microseconds; finer digits are cut.
 * Answers undefined for anything else, impossible dates (30 February) included.
 */
export function parseInstant(text: string): ParsedInstant | undefined {
  const m = ISO.exec(text.trim());
  if (!m) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = m;
  const h = Number(hour);
  const leap = Number(second) === 60;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  date.setUTCHours(h, Number(minute), leap ? 59 : Number(second), 0);
  const midnight = h === 24 && Number(`${minute}${second}${fraction}`) === 0;
  if (Number.isNaN(date.getTime()) || Number(minute) > 59 || Number(second) > 60) return undefined;
  if (h > 23 && !midnight) return undefined;
  // 24:00 is the midnight that ends the day (ISO 8601, 4.2.3): the day itself must exist all the same.
  const within = midnight ? new Date(date.getTime() - 86_400_000) : date;
  if (within.getUTCMonth() !== Number(month) - 1 || within.getUTCDate() !== Number(day)) return undefined;
  let t = date.getTime() * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6));
  if (zone && zone !== 'Z' && zone !== 'z') {
    const digits = zone.slice(1).replace(':', '');
    const offset = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2, 4) || '0');
    t -= (zone.startsWith('-') ? -offset : offset) * 60_000_000;
  }
  return Number.isSafeInteger(t) ? { t, zoned: zone !== undefined } : undefined;
}

/** How far the wall clock was set off from the steady one since the start, in milliseconds. */
let offset = 0;

/** The present in microseconds, finer than `Date.now()`. Follows a clock that was set. */
export function nowMicros(): Micros {
  const wall = Date.now();
  const fine = performance.timeOrigin + performance.now() + offset;
  if (Math.abs(fine - wall) < 2) return Math.round(fine * 1000);
  offset += wall - fine;
  return wall * 1000;
}
