import type { Database, Statement } from 'better-sqlite3';
import type { Datastream } from '../datastreams.js';
import type { RowTuple } from './record-batch.js';

type BatchedRow = readonly [number, number, number, number | string, number, number, number, batch: number];

/** Finds newest rows by a seek for each series. */
export class NewestReader {
  private readonly newest: Statement<number[], BatchedRow>;

  constructor(db: Database) {
    this.newest = db
      .prepare<number[], BatchedRow>(
        `select s, t, n, v, lag, m, q, b from observation where s = ? and t >= ? and t < ?
         order by t desc, n desc limit 1`,
      )
      .raw();
  }

  /**
   * The newest row of a datastream by (time, nth) in [from, to); at equal ones the later series' row. Undefined
   * when there is none, or when its batch is not after `retired` of its series.
   */
  of(
    { series }: Datastream,
    from: number = Number.MIN_SAFE_INTEGER,
    to: number = Number.MAX_SAFE_INTEGER,
    retired?: ReadonlyMap<number, number>,
  ): RowTuple | undefined {
    let best: BatchedRow | undefined;
    for (const { id } of series) {
      const row = this.newest.get(id, from, to);
      if (row && (!best || row[1] > best[1] || (row[1] === best[1] && row[2] >= best[2]))) best = row;
    }
    if (!best || best[7] <= (retired?.get(best[0]) ?? 0)) return undefined;
    const [s, t, n, v, lag, m, q] = best;
    return [s, t, n, v, lag, m, q];
  }
}
