import type { Database } from 'better-sqlite3';
import type { SchemaRef } from '#model';
import { datastreamsOf } from '../datastreams.js';
import { SERIES_COLUMNS, toSeries, type SeriesTuple } from './definitions.js';
import { NewestReader } from './newest-reader.js';
import { packRows, type RecordBatch, type RowTuple } from './record-batch.js';

/** What a store tells at start, in a form that is cheap to hand over. */
export interface PackedContents {
  readonly series: readonly SeriesTuple[];
  readonly schemas: readonly SchemaRef[];
  readonly lastSeries: number;
  readonly latest: RecordBatch;
}

/** Reads all definitions and the newest row of each datastream that is not retired. */
export function readContents(db: Database): PackedContents {
  const series = db.prepare<[], SeriesTuple>(`select ${SERIES_COLUMNS} from series order by id`).raw().all();
  const retired = new Map(
    db.prepare<[], [number, number]>('select id, retired from series where retired > 0').raw().all(),
  );
  const newest = new NewestReader(db);
  const latest: RowTuple[] = [];
  for (const stream of datastreamsOf(series.map(toSeries))) {
    const row = newest.of(stream, undefined, undefined, retired);
    if (row) latest.push(row);
  }
  return {
    series,
    schemas: db.prepare<[], SchemaRef>('select id, schema, version from mapping order by id').all(),
    lastSeries: db.prepare<[], number>('select last_series from ledger').pluck().get()!,
    latest: packRows(latest),
  };
}
