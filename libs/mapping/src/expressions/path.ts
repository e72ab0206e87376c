import { spend } from './budget.js';
import type { Closure, Variables } from './closure.js';
import { isNumeric, Sequence, toBoolean, unwrap } from './values.js';

/** A filter of a step: a constant index, or an expression of each item. */
export type Filter = (value: unknown, variables: Variables) => unknown;

/** One step of a path. */
export interface Step {
  readonly evaluate: Closure;
  readonly filters: readonly Filter[];
  /** The member's name, where the step is a name with one constant index at most. */
  readonly key?: string;
  readonly index?: number;
  /** Parts of the expression that each item costs. */
  readonly cost: number;
}

export interface PathOptions {
  /** Begins with a variable: the input is not walked. */
  readonly absolute: boolean;
  /** The input is the payload or item itself, which is one even where it is an array. */
  readonly root: boolean;
}

/** A path of names over plain objects is a chain of own members; anything else takes JSONata's general walk. */
export function pathOf(steps: readonly Step[], options: PathOptions): Closure {
  if (options.absolute || steps.some(({ key }) => key === undefined)) return general(steps, options);
  const walk = general(steps, options);
  const [only] = steps;
  if (steps.length === 1 && only!.index === undefined) return memberOf(only!.key!, walk);
  return (input, variables) => {
    let value = input;
    for (const { key, index } of steps) {
      if (value === null || typeof value !== 'object') return undefined;
      if (Array.isArray(value)) return walk(input, variables);
      if (!Object.hasOwn(value, key!)) return undefined;
      value = (value as Readonly<Record<string, unknown>>)[key!];
      if (index === undefined) continue;
      // What is no array is one of one item.
      if (Array.isArray(value)) value = (value as unknown[])[index < 0 ? value.length + index : index];
      else if (index !== 0 && index !== -1) return undefined;
    }
    // An array at the end stays one, as it is.
    return value;
  };
}

function memberOf(key: string, walk: Closure): Closure {
  return (input, variables) => {
    if (input === null || typeof input !== 'object') return undefined;
    if (Array.isArray(input)) return walk(input, variables);
    return Object.hasOwn(input, key) ? (input as Readonly<Record<string, unknown>>)[key] : undefined;
  };
}

/** JSONata's path evaluation: each step maps a sequence to a sequence, flattened. */
function general(steps: readonly Step[], { absolute, root }: PathOptions): Closure {
  const first = steps.slice(0, -1);
  const last = steps[steps.length - 1]!;
  return (input, variables) => {
    let items: readonly unknown[] = Array.isArray(input) && !absolute && !root ? input : [input];
    for (const step of first) {
      const flat: unknown[] = [];
      flatten(stepOver(items, step, variables), flat);
      if (flat.length === 0) return undefined;
      items = flat;
    }
    const results = stepOver(items, last, variables);
    // An array of the payload, alone, stays as it is.
    if (results.length === 1) return unwrap(results[0]);
    const sequence = new Sequence();
    flatten(results, sequence);
    return unwrap(sequence);
  };
}

function stepOver(
  items: readonly unknown[],
  { cost, evaluate, filters }: Step,
  variables: Variables,
): unknown[] {
  spend(items.length * cost);
  const results: unknown[] = [];
  for (const item of items) {
    let value = evaluate(item, variables);
    for (const filter of filters) value = filter(value, variables);
    if (value !== undefined) results.push(value);
  }
  return results;
}

function flatten(results: readonly unknown[], flat: unknown[]): void {
  for (const result of results) {
    if (!Array.isArray(result)) {
      flat.push(result);
      continue;
    }
    spend(result.length * 4);
    for (const item of result as unknown[]) flat.push(item);
  }
}

const asItems = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? (value as unknown[]) : [value];

/** Items that a filter leaves: those of an array are a sequence, of which one that is no array is itself. */
function left(items: readonly unknown[]): unknown {
  if (items.length === 1 && items[0] !== undefined && !Array.isArray(items[0])) return items[0];
  const sequence = new Sequence();
  for (const item of items) sequence.push(item);
  return sequence;
}

/** `[0]`, `[-1]`: an item that is an array is taken as it is. */
export function indexFilter(index: number): Filter {
  return (value) => {
    const items = asItems(value);
    const item = items[index < 0 ? items.length + index : index];
    return item === undefined ? left([]) : item;
  };
}

/** `[expression]`: items for which it holds, or whose index it yields. */
export function itemFilter(predicate: Closure, cost: number): Filter {
  return (value, variables) => {
    const items = asItems(value);
    const results: unknown[] = [];
    spend(items.length * cost);
    for (let i = 0; i < items.length; i++) {
      const item = items[i];
      const said = predicate(item, variables);
      if (typeof said === 'boolean') {
        if (said) results.push(item);
        continue;
      }
      const indexes = indexesOf(said);
      if (!indexes) {
        if (toBoolean(said)) results.push(item);
        continue;
      }
      for (const index of indexes) {
        const floor = Math.floor(index);
        if ((floor < 0 ? items.length + floor : floor) === i) results.push(item);
      }
    }
    return left(results);
  };
}

function indexesOf(said: unknown): readonly number[] | undefined {
  if (isNumeric(said)) return [said];
  if (!Array.isArray(said)) return undefined;
  spend(said.length * 4);
  // Every item is looked at, as JSONata does: an infinite one is an error wherever it stands.
  let numbers = true;
  for (const item of said as unknown[]) if (!isNumeric(item)) numbers = false;
  return numbers ? (said as readonly number[]) : undefined;
}
