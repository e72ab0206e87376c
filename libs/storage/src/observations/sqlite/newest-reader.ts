import type { Database, Statement } from 'better-sqlite3';
import type { Datastream } from '../datastreams.js';
import type { RowTuple } from './record-batch.js';

/** A row as read, and its batch. */
export type BatchedRow = readonly [...RowTuple, batch: number];

/** Series looked up by one statement, which is the reader's turn. */
const SERIES_A_TURN = 512;

/** Finds newest rows by a seek for each series, all of them inside SQLite. */
export class NewestReader {
  private readonly newest: Statement<unknown[], BatchedRow>;
  private readonly retirement: Statement<[string, string], number | null>;

  constructor(db: Database) {
    this.newest = db
      .prepare<unknown[], BatchedRow>(
        `select o.s, o.t, o.n, o.v, o.lag, o.m, o.q, o.b from json_each(?) j cross join observation o
         where o.s = j.value and (o.t, o.n) =
           (select t, n from observation where s = j.value and t >= ? and t < ? order by t desc, n desc limit 1)`,
      )
      .raw();
    this.retirement = db
      .prepare<[string, string], number | null>(
        'select max(retired) from series where device = ? and name = ?',
      )
      .pluck();
  }

  /** The newest row of each datastream, over those of its series whose newest row came after its last retirement. */
  *retained(streams: readonly Datastream[]): Generator<void, RowTuple[]> {
    const found: RowTuple[] = [];
    for (const stream of streams) {
      const ids = JSON.stringify(stream.series.map(({ id }) => id));
      const batch = this.retirement.get(stream.device, stream.name) ?? 0;
      const rows = this.newest.all(ids, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
      const best = newestOf(
        stream,
        new Map(rows.filter((row) => row[7] > batch).map((row) => [row[0], row])),
      );
      if (best) found.push(withoutBatch(best));
      yield;
    }
    return found;
  }

  /** The newest row in [from, to) of each of the first `limit` datastreams that have one. */
  *of(streams: readonly Datastream[], limit: number, from: number, to: number): Generator<void, RowTuple[]> {
    const found: RowTuple[] = [];
    for (let at = 0; at < streams.length && found.length < limit;) {
      const turn: Datastream[] = [];
      const ids: number[] = [];
      while (at < streams.length && ids.length < SERIES_A_TURN) {
        const stream = streams[at++]!;
        turn.push(stream);
        for (const { id } of stream.series) ids.push(id);
      }
      const rows = new Map(this.newest.all(JSON.stringify(ids), from, to).map((row) => [row[0], row]));
      for (const stream of turn) {
        const best = newestOf(stream, rows);
        if (best) found.push(withoutBatch(best));
      }
      yield;
    }
    return found.slice(0, limit);
  }
}

/** The newest by (time, nth) of a datastream's rows; at equal ones the later series' row. */
export function newestOf<Row extends RowTuple | BatchedRow>(
  { series }: Datastream,
  rows: ReadonlyMap<number, Row>,
): Row | undefined {
  let best: Row | undefined;
  for (const { id } of series) {
    const row = rows.get(id);
    if (row && (!best || row[1] > best[1] || (row[1] === best[1] && row[2] >= best[2]))) best = row;
  }
  return best;
}

function withoutBatch([s, t, n, v, lag, m, q]: BatchedRow): RowTuple {
  return [s, t, n, v, lag, m, q];
}
