import type { ObservationRecord, ObservationValue, SchemaRef, Series, ValueType } from '#model';

/** A row as read: series, time, nth, value, result time, mapping, flags. */
export type RowTuple = readonly [number, number, number, number | string, number, number, number];

/** Records on their way between threads: seven doubles a row, texts aside (`value` is then their index). */
export interface RecordBatch {
  readonly numbers: Float64Array;
  readonly texts: readonly string[];
}

/** A row, perhaps with more behind it. */
export type AtLeastRow = RowTuple | readonly [...RowTuple, ...number[]];

const WIDTH = 7;

/** Packs rows; the numbers' buffer is to be transferred. */
export function packRows(rows: readonly AtLeastRow[]): RecordBatch {
  const numbers = new Float64Array(rows.length * WIDTH);
  const texts: string[] = [];
  let at = 0;
  for (const [series, time, nth, value, resultTime, mapping, flags] of rows) {
    const isText = typeof value === 'string';
    numbers[at++] = series;
    numbers[at++] = time;
    numbers[at++] = nth;
    numbers[at++] = isText ? texts.push(value) - 1 : value;
    numbers[at++] = resultTime;
    numbers[at++] = mapping;
    numbers[at++] = flags * 2 + (isText ? 1 : 0);
  }
  return { numbers, texts };
}

/** Reads {@link packRows}. */
export function unpackRows({ numbers, texts }: RecordBatch): RowTuple[] {
  const rows: RowTuple[] = [];
  for (let at = 0; at < numbers.length; at += WIDTH) {
    const raw = numbers[at + 3]!;
    const packed = numbers[at + 6]!;
    rows.push([
      numbers[at]!,
      numbers[at + 1]!,
      numbers[at + 2]!,
      packed % 2 ? texts[raw]! : raw,
      numbers[at + 4]!,
      numbers[at + 5]!,
      Math.floor(packed / 2),
    ]);
  }
  return rows;
}

/** Unpacks rows to records; rows of series that are gone meanwhile are left out. */
export function unpackRecords(
  batch: RecordBatch,
  series: { get(id: number): Series | undefined },
  schemas: { get(id: number): SchemaRef | undefined },
): ObservationRecord[] {
  return unpackRows(batch).flatMap((row) => toRecord(row, series, schemas) ?? []);
}

/** A row with its series and schema; undefined when one of them is gone. */
export function toRecord(
  [id, time, nth, value, resultTime, mapping, flags]: AtLeastRow,
  allSeries: { get(id: number): Series | undefined },
  schemas: { get(id: number): SchemaRef | undefined },
): ObservationRecord | undefined {
  const series = allSeries.get(id);
  const schema = schemas.get(mapping);
  if (!series || !schema) return undefined;
  return { series, time, nth, value: toValue(value, series.type), resultTime, schema, flags };
}

/** A stored value as its type has it: states are stored as 0 and 1. */
export function toValue(stored: number | string, type: ValueType): ObservationValue {
  return type === 'state' && typeof stored === 'number' ? stored !== 0 : stored;
}
