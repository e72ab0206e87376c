import type { Database, Statement } from 'better-sqlite3';
import type { Extent } from '#model';

/** Series looked up by one statement, which is the reader's turn. */
const SERIES_A_TURN = 512;

/** First and last times by two seeks a series, all of them inside SQLite. */
export class ExtentReader {
  private readonly ends: Statement<unknown[], [first: number | null, last: number | null]>;

  constructor(db: Database) {
    const end = (direction: string) =>
      `(select t from observation where s = value and t >= @from and t < @to order by t ${direction} limit 1)`;
    this.ends = db
      .prepare<unknown[], [number | null, number | null]>(
        `select min(${end('asc')}), max(${end('desc')}) from json_each(@ids)`,
      )
      .raw();
  }

  /** Over all rows of the series in [from, to); undefined when there is none. */
  *of(series: readonly number[], from: number, to: number): Generator<void, Extent | undefined> {
    let extent: Extent | undefined;
    for (let at = 0; at < series.length; at += SERIES_A_TURN) {
      const ids = JSON.stringify(series.slice(at, at + SERIES_A_TURN));
      const [first, last] = this.ends.get({ ids, from, to })!;
      if (first !== null && last !== null) {
        extent = {
          first: Math.min(first, extent?.first ?? first),
          last: Math.max(last, extent?.last ?? last),
        };
      }
      yield;
    }
    return extent;
  }
}
