import type { Extent } from '#model';
import type { RowSource } from './reading/row-source.js';

/** Series looked up in one turn of the reader. */
const SERIES_A_TURN = 256;

/** First and last times by two seeks a series. */
export class ExtentReader {
  constructor(private readonly source: RowSource) {}

  /** Over all rows of the series in [from, to); undefined when there is none. */
  *of(series: readonly number[], from: number, to: number): Generator<void, Extent | undefined> {
    let first = Infinity;
    let last = -Infinity;
    for (const [i, id] of series.entries()) {
      if (i % SERIES_A_TURN === SERIES_A_TURN - 1) yield;
      const earliest = this.source.firstTime(id, from, -1, to, Infinity);
      if (earliest === undefined) continue;
      first = Math.min(first, earliest);
      last = Math.max(last, this.source.lastTime(id, to, -1, from, Infinity)!);
    }
    return first > last ? undefined : { first, last };
  }
}
