const OTHERS = 'other';

/** Counts by name, for a bounded number of names: what comes beyond them is counted as `other`. */
export class Tally {
  readonly #counts = new Map<string, number>();

  /**
   * @param names those that are told from the start, with 0
   * @param most how many names there may be
   */
  constructor(
    names: Iterable<string> = [],
    private readonly most = 1000,
  ) {
    for (const name of names) this.#counts.set(name, 0);
  }

  add(name: string, count = 1): void {
    const before = this.#counts.get(name);
    if (before !== undefined) this.#counts.set(name, before + count);
    else if (name !== OTHERS && this.#counts.size >= this.most) this.add(OTHERS, count);
    else this.#counts.set(name, count);
  }

  get(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  [Symbol.iterator](): IterableIterator<[name: string, count: number]> {
    return this.#counts.entries();
  }
}
