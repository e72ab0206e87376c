import { spend, spendText } from './budget.js';
import { jsonataError } from './expression-error.js';

/**
 * Values as JSONata sees them. A sequence is an array that the language made: of one item it is the item, of none
 * it is nothing. Arrays of the payload stay arrays.
 */
export class Sequence extends Array<unknown> {
  static override get [Symbol.species]() {
    return Array;
  }
}

/** A sequence's value: nothing, its one item, or itself. */
export function unwrap(value: unknown): unknown {
  if (!(value instanceof Sequence)) return value;
  return value.length === 0 ? undefined : value.length === 1 ? value[0] : value;
}

/** A member of an object, of each object of an array; never of the prototype. */
export function lookup(input: unknown, key: string): unknown {
  if (input === null || typeof input !== 'object') return undefined;
  if (!Array.isArray(input)) {
    return Object.hasOwn(input, key) ? (input as Record<string, unknown>)[key] : undefined;
  }
  const result = new Sequence();
  spend(input.length);
  for (const item of input as unknown[]) {
    const found = lookup(item, key);
    if (found === undefined) continue;
    if (Array.isArray(found)) for (const one of found as unknown[]) result.push(one);
    else result.push(found);
  }
  spend(result.length);
  return result;
}

/** Whether a value is a number; one that is not finite is an error. */
export function isNumeric(value: unknown): value is number {
  if (typeof value !== 'number' || Number.isNaN(value)) return false;
  if (!Number.isFinite(value)) throw jsonataError('D1001');
  return true;
}

/** JSONata's truth; nothing is neither true nor false. */
export function toBoolean(value: unknown): boolean | undefined {
  switch (typeof value) {
    case 'undefined':
      return undefined;
    case 'string':
      return value.length > 0;
    case 'number':
      return isNumeric(value) && value !== 0;
    case 'boolean':
      return value;
    case 'object':
      if (value === null) return false;
      if (!Array.isArray(value)) return hasMembers(value);
      return value.length === 1 ? toBoolean(value[0]) : anyTrue(value);
    default:
      return false;
  }
}

/** Every item is looked at, as JSONata does: an infinite one is an error wherever it stands. */
function anyTrue(items: readonly unknown[]): boolean {
  spend(items.length);
  let any = false;
  for (const item of items) if (toBoolean(item)) any = true;
  return any;
}

/** Objects of many members: to find the first takes as long as to list them all, and each item may ask. */
const large = new WeakSet<object>();

function hasMembers(value: object): boolean {
  if (large.has(value)) return true;
  const { length } = Object.keys(value);
  if (length > 100) large.add(value);
  return length > 0;
}

/** Structural equality. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) {
    if (typeof a === 'string') spendText(a);
    return true;
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    if (typeof a === 'string' && typeof b === 'string' && a.length === b.length) spendText(a);
    return false;
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    spend(a.length);
    return a.length === b.length && a.every((item, i) => deepEqual(item, b[i]));
  }
  return sameMembers(a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>);
}

function sameMembers(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  const keys = Object.getOwnPropertyNames(a);
  spend(keys.length * 4);
  if (keys.length !== Object.getOwnPropertyNames(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && deepEqual(a[key], b[key]));
}

/** The text of a value, as `$string` and `&` write it. */
export function toText(value: unknown, indent = 0): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return numberText(value);
  const text = JSON.stringify(value, plainNumbers, indent);
  spend(text.length * 2);
  return text;
}

function numberText(value: number): string {
  if (!Number.isFinite(value)) throw jsonataError('D3001');
  const text = String(value);
  // A point and at most 15 digits: nothing to round.
  return text.length <= 16 ? text : String(fifteenDigits(value));
}

function plainNumbers(_key: string, value: unknown): unknown {
  spend(4);
  return isNumeric(value) ? fifteenDigits(value) : value;
}

function fifteenDigits(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(15));
}
