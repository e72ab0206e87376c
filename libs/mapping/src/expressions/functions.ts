import { spend } from './budget.js';
import * as numbers from './number-functions.js';
import { Signature } from './signature.js';
import * as texts from './text-functions.js';
import { isNumeric, lookup, Sequence, toBoolean, toText } from './values.js';

/** A function that compiles: its arguments come checked by its signature. */
export interface CompiledFunction {
  readonly signature: Signature;
  /** Most arguments that compile; more are the worker's. */
  readonly max: number;
  readonly call: (...args: readonly never[]) => unknown;
}

function entry(signature: string, call: CompiledFunction['call'], max = 4): CompiledFunction {
  return { signature: new Signature(signature), call, max };
}

type Num = number | undefined;
type List = readonly unknown[] | undefined;

const onNumber = (apply: (value: number) => number) =>
  entry('<n-:n>', (value: Num) => (value === undefined ? undefined : apply(value)));

const onNumbers = (apply: (values: readonly number[]) => Num) =>
  entry('<a<n>:n>', (values: readonly number[] | undefined) => {
    if (values === undefined) return undefined;
    spend(values.length);
    return apply(values);
  });

/** The table: one line a function. What is not in it, and what takes a function, is the worker's. */
export const FUNCTIONS: Readonly<Record<string, CompiledFunction>> = {
  exists: entry('<x:b>', (value: unknown) => value !== undefined),
  boolean: entry('<x-:b>', toBoolean),
  not: entry('<x-:b>', (value: unknown) => (value === undefined ? undefined : !toBoolean(value))),
  type: entry('<x:s>', typeOf),

  string: entry('<x-b?:s>', (value: unknown, pretty: unknown) => toText(value, pretty ? 2 : 0)),
  uppercase: entry('<s-:s>', texts.uppercase),
  lowercase: entry('<s-:s>', texts.lowercase),
  length: entry('<s-:n>', texts.length),
  trim: entry('<s-:s>', texts.trim),
  substring: entry('<s-nn?:s>', texts.substring),
  substringBefore: entry('<s-s:s>', texts.substringBefore),
  substringAfter: entry('<s-s:s>', texts.substringAfter),
  contains: entry('<s-(sf):b>', texts.contains),
  split: entry('<s-(sf)n?:a<s>>', texts.split),
  join: entry('<a<s>s?:s>', texts.join),
  replace: entry('<s-(sf)(sf)n?:s>', texts.replace),
  pad: entry('<s-ns?:s>', texts.pad),
  base64decode: entry('<s-:s>', texts.base64decode),
  base64encode: entry('<s-:s>', texts.base64encode),

  number: entry('<(nsb)-:n>', numbers.toNumber),
  abs: onNumber(Math.abs),
  floor: onNumber(Math.floor),
  ceil: onNumber(Math.ceil),
  round: entry('<n-n?:n>', numbers.round),
  sqrt: entry('<n-:n>', numbers.sqrt),
  power: entry('<n-n:n>', numbers.power),
  formatBase: entry('<n-n?:s>', numbers.formatBase),
  // With a picture it is the worker's.
  toMillis: entry('<s-s?:n>', numbers.toMillis, 1),

  sum: onNumbers(numbers.sum),
  max: onNumbers(numbers.max),
  min: onNumbers(numbers.min),
  average: onNumbers(numbers.average),
  count: entry('<a:n>', (values: List) => values?.length ?? 0),
  lookup: entry('<x-s:x>', (value: unknown, key: string) => lookup(value, key)),
  keys: entry('<x-:a<s>>', keysOf),
  append: entry('<xx:a>', append),
  reverse: entry('<a:a>', reverse),
};

function typeOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  // As JSONata has it, what is not a number is an object.
  if (typeof value === 'number') return isNumeric(value) ? 'number' : 'object';
  return typeof value;
}

function keysOf(value: unknown): Sequence {
  // An object without prototype orders the keys as JSONata does, and takes any.
  const keys = Object.create(null) as Record<string, true>;
  const collect = (one: unknown): void => {
    if (one === null || typeof one !== 'object') return;
    if (Array.isArray(one)) {
      spend(one.length);
      for (const item of one as unknown[]) collect(item);
      return;
    }
    const own = Object.keys(one);
    spend(own.length * 4);
    for (const key of own) keys[key] = true;
  };
  collect(value);
  const sequence = new Sequence();
  for (const key of Object.keys(keys)) sequence.push(key);
  return sequence;
}

function append(a: unknown, b: unknown): unknown {
  if (a === undefined) return b;
  if (b === undefined) return a;
  const first = Array.isArray(a) ? (a as unknown[]) : [a];
  const second = Array.isArray(b) ? (b as unknown[]) : [b];
  spend((first.length + second.length) * 4);
  return [...first, ...second];
}

function reverse(values: List): List {
  if (values === undefined || values.length <= 1) return values;
  spend(values.length * 4);
  return [...values].reverse();
}
