/** One step of a mapping, told in words. */
export interface TraceStep {
  /** What was done: `pattern`, `codec`, `match`, `payload`, `each`, `device`, `time`, `when`, `value`, `unit`, `range`, `result`. */
  readonly step: string;
  /** The rule's datastream name, where it concerns one. */
  readonly name?: string;
  /** The item of `each`, from 0. */
  readonly item?: number;
  readonly message: string;
}

/** Collects steps; absent on the hot path. */
export class Trace {
  readonly steps: TraceStep[] = [];
  /** Where the steps that follow belong. */
  item: number | undefined;

  add(step: string, message: string, name?: string): void {
    this.steps.push({
      step,
      ...(name !== undefined && { name }),
      ...(this.item !== undefined && { item: this.item }),
      message,
    });
  }
}

const BRIEF = 80;

/** A value as a trace shows it: short JSON. A message may say it of each of its items, so little of it is read. */
export function brief(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'number' ? String(value) : JSON.stringify(beginning(value));
  return text.length > BRIEF ? `${text.slice(0, BRIEF - 1)}…` : text;
}

/** As much of a value as may be shown. What it takes of what is left is printed at least: its characters, a sign a part. */
function beginning(value: unknown, left = { characters: BRIEF }): unknown {
  left.characters--;
  if (typeof value === 'string') {
    left.characters -= value.length;
    return value.slice(0, BRIEF);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const some: unknown[] = [];
    for (let i = 0; i < value.length && left.characters > 0; i++) some.push(beginning(value[i], left));
    return some;
  }
  if (left.characters <= 0) return {};
  const some: [string, unknown][] = [];
  for (const key of firstKeys(value)) {
    if (left.characters <= 0) break;
    left.characters -= key.length;
    some.push([key.slice(0, BRIEF), beginning((value as Record<string, unknown>)[key], left)]);
  }
  return Object.fromEntries(some);
}

/** Those of an object of many members, which takes its time to tell them. */
const known = new WeakMap<object, readonly string[]>();

function firstKeys(value: object): readonly string[] {
  let keys = known.get(value);
  if (keys) return keys;
  keys = Object.keys(value);
  if (keys.length > BRIEF) known.set(value, (keys = keys.slice(0, BRIEF)));
  return keys;
}
