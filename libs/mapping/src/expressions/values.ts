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

const hasOwn = Object.prototype.hasOwnProperty;

/** A member of an object, of each object of an array; never of the prototype. */
export function lookup(input: unknown, key: string): unknown {
  if (input === null || typeof input !== 'object') return undefined;
  if (!Array.isArray(input))
    return hasOwn.call(input, key) ? (input as Record<string, unknown>)[key] : undefined;
  const result = new Sequence();
  for (const item of input as unknown[]) {
    const found = lookup(item, key);
    if (found === undefined) continue;
    if (Array.isArray(found)) for (const one of found as unknown[]) result.push(one);
    else result.push(found);
  }
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
  if (value === undefined) return undefined;
  if (Array.isArray(value)) {
    const items = value as unknown[];
    return items.length === 1 ? toBoolean(items[0]) : items.some((item) => toBoolean(item));
  }
  switch (typeof value) {
    case 'string':
      return value.length > 0;
    case 'number':
      return isNumeric(value) && value !== 0;
    case 'boolean':
      return value;
    case 'object':
      return value !== null && Object.keys(value).length > 0;
    default:
      return false;
  }
}

/** Structural equality. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => deepEqual(item, b[i]));
  }
  const keys = Object.getOwnPropertyNames(a).sort();
  const others = Object.getOwnPropertyNames(b).sort();
  if (keys.length !== others.length || keys.some((key, i) => key !== others[i])) return false;
  return keys.every((key) =>
    deepEqual((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}

/** The text of a value, as `$string` and `&` write it. */
export function toText(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && !Number.isFinite(value)) throw jsonataError('D3001');
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item !== 'number' || Number.isNaN(item)) return item;
    if (!Number.isFinite(item)) throw jsonataError('D1001');
    return Number.isInteger(item) ? item : Number(item.toPrecision(15));
  });
}
