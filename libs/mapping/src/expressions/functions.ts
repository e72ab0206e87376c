import { jsonataError } from './expression-error.js';
import { isNumeric, toBoolean, toText } from './values.js';

/**
 * Functions that compile. Each takes evaluated arguments of the exact count that its entry names, without the
 * context's default; anything else is left to the worker.
 */
export interface CompiledFunction {
  readonly min: number;
  readonly max: number;
  call(args: readonly unknown[]): unknown;
}

const DECIMAL = /^-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?$/;
const RADIX = /^(0[xX][0-9A-Fa-f]+)|(0[oO][0-7]+)|(0[bB][0-1]+)$/;

function wrong(index: number): never {
  throw Object.assign(jsonataError('T0410'), { index });
}

/** An argument that is a string, or nothing. */
function text(args: readonly unknown[], i: number): string | undefined {
  const value = args[i];
  if (value === undefined || typeof value === 'string') return value;
  return wrong(i + 1);
}

function numeric(args: readonly unknown[], i: number): number | undefined {
  const value = args[i];
  if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value;
  return wrong(i + 1);
}

function toNumber(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number') return value;
  if (value === true) return 1;
  if (value === false) return 0;
  if (typeof value === 'string') {
    if (DECIMAL.test(value) && Number.isFinite(Number(value))) return Number.parseFloat(value);
    if (RADIX.test(value)) return Number(value);
  }
  if (value === null || typeof value === 'object') return wrong(1);
  throw jsonataError('D3030');
}

/** Half to even, at a decimal place. */
function round(value: number, precision: number): number {
  const shift = (x: number, by: number) => {
    const [mantissa, exponent] = x.toString().split('e');
    return Number(`${mantissa}e${exponent === undefined ? by : Number(exponent) + by}`);
  };
  const scaled = precision ? shift(value, precision) : value;
  let result = Math.round(scaled);
  if (Math.abs(result - scaled) === 0.5 && Math.abs(result % 2) === 1) result -= 1;
  if (precision) result = shift(result, -precision);
  return Object.is(result, -0) ? 0 : result;
}

const onText = (apply: (value: string) => unknown): CompiledFunction => ({
  min: 1,
  max: 1,
  call: (args) => {
    const value = text(args, 0);
    return value === undefined ? undefined : apply(value);
  },
});

const onNumber = (apply: (value: number) => number): CompiledFunction => ({
  min: 1,
  max: 1,
  call: (args) => {
    const value = numeric(args, 0);
    return value === undefined ? undefined : apply(value);
  },
});

const one = (call: (value: unknown) => unknown): CompiledFunction => ({
  min: 1,
  max: 1,
  call: ([value]) => call(value),
});

/** Aggregates over an array of numbers; a number alone is an array of one. */
const onNumbers = (apply: (values: readonly number[]) => number | undefined): CompiledFunction =>
  one((value) => {
    if (value === undefined) return undefined;
    const values = Array.isArray(value) ? (value as unknown[]) : [value];
    for (const item of values) if (typeof item !== 'number' || !isNumeric(item)) throw jsonataError('T0412');
    return apply(values as number[]);
  });

/** The table: one line a function. */
export const FUNCTIONS: Readonly<Record<string, CompiledFunction>> = {
  exists: one((value) => value !== undefined),
  boolean: one(toBoolean),
  not: one((value) => {
    const truth = toBoolean(value);
    return truth === undefined ? undefined : !truth;
  }),
  string: one(toText),
  number: one(toNumber),
  uppercase: onText((value) => value.toUpperCase()),
  lowercase: onText((value) => value.toLowerCase()),
  length: onText((value) => Array.from(value).length),
  trim: onText((value) => value.replace(/[ \t\n\r]+/gm, ' ').replace(/^ | $/g, '')),
  abs: onNumber(Math.abs),
  floor: onNumber(Math.floor),
  ceil: onNumber(Math.ceil),
  round: {
    min: 1,
    max: 2,
    call: (args) => {
      const value = numeric(args, 0);
      const precision = args.length > 1 ? numeric(args, 1) : 0;
      return value === undefined ? undefined : round(value, precision ?? 0);
    },
  },
  sqrt: onNumber((value) => {
    if (value < 0) throw jsonataError('D3060');
    return Math.sqrt(value);
  }),
  substringBefore: textPair((value, chars) => {
    const at = value.indexOf(chars);
    return at < 0 ? value : value.slice(0, at);
  }),
  substringAfter: textPair((value, chars) => {
    const at = value.indexOf(chars);
    return at < 0 ? value : value.slice(at + chars.length);
  }),
  contains: textPair((value, chars) => value.includes(chars)),
  count: one((value) => (value === undefined ? 0 : Array.isArray(value) ? value.length : 1)),
  sum: onNumbers((values) => values.reduce((a, b) => a + b, 0)),
  max: onNumbers((values) => (values.length === 0 ? undefined : Math.max(...values))),
  min: onNumbers((values) => (values.length === 0 ? undefined : Math.min(...values))),
  average: onNumbers((values) =>
    values.length === 0 ? undefined : values.reduce((a, b) => a + b, 0) / values.length,
  ),
  type: one((value) => {
    if (value === undefined) return undefined;
    if (value === null) return 'null';
    return Array.isArray(value) ? 'array' : typeof value;
  }),
};

function textPair(apply: (value: string, chars: string) => unknown): CompiledFunction {
  return {
    min: 2,
    max: 2,
    call: (args) => {
      const value = text(args, 0);
      const chars = text(args, 1);
      if (value === undefined) return undefined;
      if (chars === undefined) return wrong(2);
      return apply(value, chars);
    },
  };
}
