import type { Buckets } from './metric.js';

/** Upper bounds for times from a tenth of a millisecond to ten seconds, in milliseconds. */
export const TIMES_MS: readonly number[] = [
  0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000,
];
/** Upper bounds for sizes of batches, in whatever they hold. */
export const SIZES: readonly number[] = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000,
];

/**
 * Counts of values in fixed buckets, kept where the work is done: `observe` costs a few nanoseconds and allocates
 * nothing. Whoever wants to know reads it, as `/metrics` does.
 */
export class Histogram implements Buckets {
  /** The buckets in the order of their bounds, those beyond the last one, and the sum of all values. */
  readonly #cells: Float64Array;
  readonly #bounds: Float64Array;

  /** @param bounds greatest value of each bucket, ascending; one more bucket takes what is greater than all */
  constructor(bounds: readonly number[]) {
    if (bounds.length === 0 || bounds.some((bound, i) => !(bound > (bounds[i - 1] ?? -Infinity))))
      throw new RangeError(`bounds of buckets ascend: ${bounds.join(', ')}`);
    this.#bounds = Float64Array.from(bounds);
    this.#cells = new Float64Array(bounds.length + 2);
  }

  /**
   * Counts a value; what is no number is left out.
   * @param count how often it was seen, such as the messages of a batch that waited equally long
   */
  observe(value: number, count = 1): void {
    // NaN would stay in the sum for ever.
    if (value !== value) return;
    const bounds = this.#bounds;
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (value <= bounds[middle]!) high = middle;
      else low = middle + 1;
    }
    const cells = this.#cells;
    cells[low]! += count;
    cells[bounds.length + 1]! += value * count;
  }

  get bounds(): ArrayLike<number> {
    return this.#bounds;
  }

  /** How many values are in a bucket; the one behind the last bound has the index `bounds.length`. */
  at(bucket: number): number {
    return this.#cells[bucket] ?? 0;
  }

  get count(): number {
    let count = 0;
    for (let i = 0; i <= this.#bounds.length; i++) count += this.#cells[i]!;
    return count;
  }

  get sum(): number {
    return this.#cells[this.#bounds.length + 1]!;
  }

  /** Everything so far, to be handed to another thread and {@link add}ed there. */
  snapshot(): Float64Array {
    return this.#cells.slice();
  }

  /** Adds what a histogram with the same bounds held. @throws RangeError for one with others */
  add(snapshot: Float64Array): void {
    if (snapshot.length !== this.#cells.length)
      throw new RangeError(`${snapshot.length} cells do not fit ${this.#cells.length}`);
    for (let i = 0; i < snapshot.length; i++) this.#cells[i]! += snapshot[i]!;
  }

  /** Begins anew. */
  clear(): void {
    this.#cells.fill(0);
  }

  /**
   * The bound that a share of the values does not exceed, as exact as the buckets are; undefined while there is none,
   * Infinity beyond the last bound.
   * @param share between 0 and 1, such as 0.99
   */
  quantile(share: number): number | undefined {
    const { count } = this;
    if (count === 0) return undefined;
    let seen = 0;
    for (let i = 0; i < this.#bounds.length; i++) {
      seen += this.#cells[i]!;
      if (seen >= share * count) return this.#bounds[i];
    }
    return Infinity;
  }
}
