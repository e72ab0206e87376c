import type { HeadRows } from './head-rows.js';

const NONE: readonly number[] = [];

/** Rows of the head by a number that they have, of those slots that were asked for. */
export class HeadIndex {
  private readonly slots = new Map<number, Map<number, number[]>>();

  constructor(
    private readonly head: HeadRows,
    private readonly keyOf: (row: number) => number,
  ) {}

  /** Numbers of a slot's rows with a key. */
  rows(slot: number, key: number): readonly number[] {
    let keys = this.slots.get(slot);
    if (!keys) {
      keys = new Map();
      for (let row = this.head.latest(slot); row >= 0; row = this.head.before(row))
        addTo(keys, this.keyOf(row), row);
      this.slots.set(slot, keys);
    }
    return keys.get(key) ?? NONE;
  }

  /** A row that was just added to the head. */
  added(slot: number, row: number): void {
    if (this.slots.size === 0) return;
    const keys = this.slots.get(slot);
    if (keys) addTo(keys, this.keyOf(row), row);
  }

  clear(): void {
    this.slots.clear();
  }
}

function addTo(keys: Map<number, number[]>, key: number, row: number): void {
  const rows = keys.get(key);
  if (rows) rows.push(row);
  else keys.set(key, [row]);
}
