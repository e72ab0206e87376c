import { jsonataError } from './expression-error.js';

type Num = number | undefined;

const DECIMAL = /^-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?$/;
/** JSONata's own: the alternatives are not all anchored. */
const RADIX = /^(0[xX][0-9A-Fa-f]+)|(0[oO][0-7]+)|(0[bB][0-1]+)$/;

export function toNumber(value: string | number | boolean | undefined): Num {
  switch (typeof value) {
    case 'string':
      if (DECIMAL.test(value) && Number.isFinite(Number(value))) return Number(value);
      if (RADIX.test(value)) return Number(value);
      throw jsonataError('D3030');
    case 'boolean':
      return value ? 1 : 0;
    default:
      return value;
  }
}

/** Half to even, at a decimal place. */
export function round(value: Num, precision: Num): Num {
  if (value === undefined) return undefined;
  const scaled = precision ? shift(value, precision) : value;
  let result = Math.round(scaled);
  if (Math.abs(result - scaled) === 0.5 && Math.abs(result % 2) === 1) result -= 1;
  if (precision) result = shift(result, -precision);
  return Object.is(result, -0) ? 0 : result;
}

/** By the digits: multiplying by a power of ten is not exact. */
function shift(value: number, by: number): number {
  const [mantissa, exponent] = value.toString().split('e');
  return Number(`${mantissa}e${exponent ? Number(exponent) + by : by}`);
}

export function sqrt(value: Num): Num {
  if (value !== undefined && value < 0) throw jsonataError('D3060');
  return value === undefined ? undefined : Math.sqrt(value);
}

export function power(value: Num, exponent: Num): Num {
  if (value === undefined) return undefined;
  const result = value ** Number(exponent);
  if (!Number.isFinite(result)) throw jsonataError('D3061');
  return result;
}

export function formatBase(value: Num, radix: Num): string | undefined {
  if (value === undefined) return undefined;
  const base = radix === undefined ? 10 : round(radix, undefined)!;
  if (base < 2 || base > 36) throw jsonataError('D3100');
  return round(value, undefined)!.toString(base);
}

export const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

export const average = (values: readonly number[]): Num =>
  values.length === 0 ? undefined : sum(values) / values.length;

/** Without spreading: a call takes some ten thousand arguments at most. */
export const max = (values: readonly number[]): Num =>
  values.length === 0 ? undefined : values.reduce((a, b) => Math.max(a, b), -Infinity);

export const min = (values: readonly number[]): Num =>
  values.length === 0 ? undefined : values.reduce((a, b) => Math.min(a, b), Infinity);

const ISO = /^\d{4}(-[01]\d)?(-[0-3]\d)?(T[0-2]\d:[0-5]\d:[0-5]\d)?(\.\d+)?([+-][0-2]\d:?[0-5]\d|Z)?$/;

const ZONED = /Z|T.*[+-]/;

/**
 * JSONata's own reading of ISO 8601: not a number where JavaScript finds no such day. A time without a zone is UTC,
 * wherever the service runs.
 */
export function toMillis(text: string | undefined): Num {
  if (text === undefined) return undefined;
  if (!ISO.test(text)) throw jsonataError('D3110');
  return Date.parse(text.includes('T') && !ZONED.test(text) ? `${text}Z` : text);
}
