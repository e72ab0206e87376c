import type { ObservationRecord, SchemaRef, Series } from '#model';
import { Rows } from './blocks/rows.js';
import { toValue } from './record-batch.js';

/** Rows of one page, in its order, with the series and schema of each. */
export class PageRows {
  readonly series: Series[] = [];
  private readonly schemas: SchemaRef[] = [];
  private readonly rows: Rows;

  /** @param room rows that it will hold, about */
  constructor(room: number) {
    this.rows = new Rows(room);
  }

  get count(): number {
    return this.rows.count;
  }

  /** Adds row `at` of others. */
  add(series: Series, schema: SchemaRef, from: Rows, at: number): void {
    this.series.push(series);
    this.schemas.push(schema);
    this.rows.copy(from, at);
  }

  /** The rows as records, each the same object. */
  *[Symbol.iterator](): Generator<ObservationRecord, void> {
    const { rows } = this;
    const record: { -readonly [K in keyof ObservationRecord]?: ObservationRecord[K] } = {};
    for (let i = 0; i < rows.count; i++) {
      const series = this.series[i]!;
      record.series = series;
      record.schema = this.schemas[i]!;
      record.time = rows.times[i]!;
      record.nth = rows.nths[i]!;
      record.value = toValue(rows.value(i), series.type);
      record.resultTime = rows.resultTimes[i]!;
      record.flags = rows.flags[i]!;
      yield record as ObservationRecord;
    }
  }
}
