import type { Database, Statement } from 'better-sqlite3';
import type { Datastream } from '../datastreams.js';
import type { BatchedRow, RowSource } from './reading/row-source.js';
import type { RowTuple } from './record-batch.js';

/** Series looked up in one turn of the reader. */
const SERIES_A_TURN = 512;

const ALWAYS = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] as const;

/** Finds newest rows by a seek for each series. */
export class NewestReader {
  private readonly retirement: Statement<[string, string], number | null>;

  constructor(
    head: Database,
    private readonly source: RowSource,
  ) {
    this.retirement = head
      .prepare<[string, string], number | null>(
        'select max(retired) from series where device = ? and name = ?',
      )
      .pluck();
  }

  /** The newest row of each datastream, over those of its series whose newest row came after its last retirement. */
  *retained(streams: readonly Datastream[]): Generator<void, BatchedRow[]> {
    const found: BatchedRow[] = [];
    let looked = 0;
    for (const stream of streams) {
      if ((looked += stream.series.length) >= SERIES_A_TURN) {
        looked = 0;
        yield;
      }
      const batch = this.retirement.get(stream.device, stream.name) ?? 0;
      const best = newestOf(stream, (id) => {
        const row = this.source.newest(id, ...ALWAYS);
        return row && row[7] > batch ? row : undefined;
      });
      if (best) found.push(best);
    }
    return found;
  }

  /** The newest row in [from, to) of each of the first `limit` datastreams that have one. */
  *of(
    streams: readonly Datastream[],
    limit: number,
    from: number,
    to: number,
  ): Generator<void, BatchedRow[]> {
    const found: BatchedRow[] = [];
    let looked = 0;
    for (const stream of streams) {
      if (found.length === limit) break;
      if ((looked += stream.series.length) >= SERIES_A_TURN) {
        looked = 0;
        yield;
      }
      const best = newestOf(stream, (id) => this.source.newest(id, from, to));
      if (best) found.push(best);
    }
    return found;
  }
}

/** The newest by (time, nth) of a datastream's rows; at equal ones the later series' row. */
export function newestOf<Row extends RowTuple | BatchedRow>(
  { series }: Datastream,
  rowOf: (series: number) => Row | undefined,
): Row | undefined {
  let best: Row | undefined;
  for (const { id } of series) {
    const row = rowOf(id);
    if (row && (!best || row[1] > best[1] || (row[1] === best[1] && row[2] >= best[2]))) best = row;
  }
  return best;
}
