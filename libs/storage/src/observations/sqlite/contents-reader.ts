import type { Database } from 'better-sqlite3';
import type { ObservationRecord, SchemaRef, StoreContents } from '#model';
import { datastreamsOf } from '../datastreams.js';
import { allSeriesText, parseSeries } from './definitions.js';
import { newestOf } from './newest-reader.js';
import type { BatchedRow, RowSource } from './reading/row-source.js';
import { packRows, unpackRows, toRecord, type RecordBatch, type RowTuple } from './record-batch.js';

/** What a store tells at start, in a form that is cheap to hand over. */
export interface PackedContents {
  readonly series: string;
  readonly schemas: readonly SchemaRef[];
  readonly lastSeries: number;
  /** The newest row of each series. */
  readonly newest: RecordBatch;
  /** Series whose newest row was retired, by itself or with another series of the datastream. */
  readonly retired: readonly number[];
}

/** Reads all definitions and the newest row of each series. */
export function readContents(db: Database, source: RowSource): PackedContents {
  const rows: BatchedRow[] = [];
  for (const id of db.prepare<[], number>('select id from series order by id').pluck().all()) {
    const row = source.newest(id, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    if (row) rows.push(row);
  }
  const retirements = new Map(
    db
      .prepare<[], [number, number]>(
        `with gone as (select device, name, max(retired) as batch from series where retired > 0 group by 1, 2)
         select id, batch from gone join series using (device, name)`,
      )
      .raw()
      .all(),
  );
  return {
    series: allSeriesText(db),
    schemas: db.prepare<[], SchemaRef>('select id, schema, version from mapping order by id').all(),
    lastSeries: db.prepare<[], number>('select last_series from ledger').pluck().get()!,
    newest: packRows(rows),
    retired: rows.filter((row) => row[7] <= (retirements.get(row[0]) ?? 0)).map(([series]) => series),
  };
}

/** The contents on the main thread: the newest record of each datastream, unless it was retired. */
export function unpackContents({
  series: text,
  schemas,
  lastSeries,
  newest,
  retired,
}: PackedContents): StoreContents {
  const series = parseSeries(text);
  const seriesById = new Map(series.map((one) => [one.id, one]));
  const schemasById = new Map(schemas.map((one) => [one.id, one]));
  const gone = new Set(retired);
  const rows = new Map<number, RowTuple>();
  for (const row of unpackRows(newest)) if (!gone.has(row[0])) rows.set(row[0], row);
  const latest: ObservationRecord[] = [];
  for (const stream of datastreamsOf(series)) {
    const best = newestOf(stream, (id) => rows.get(id));
    const record = best && toRecord(best, seriesById, schemasById);
    if (record) latest.push(record);
  }
  return { series, schemas, nextSeries: lastSeries + 1, latest };
}
