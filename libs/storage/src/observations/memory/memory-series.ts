import {
  TIME_CROWDED,
  VALUES_AT_ONE_TIME,
  type Extent,
  type ObservationRecord,
  type ObservationValue,
  type SchemaRef,
  type Series,
  type ValueAppend,
} from '#model';
import { ARRIVAL_SPREAD } from '../limits.js';

/** One stored value and the batch it came with. */
export interface Row {
  readonly time: number;
  readonly nth: number;
  readonly value: ObservationValue;
  readonly resultTime: number;
  readonly schema: SchemaRef;
  readonly flags: number;
  readonly batch: number;
}

/** The rows of one series, sorted by (time, nth). */
export class MemorySeries {
  private readonly rows: Row[] = [];
  /** Newest batch whose values are no longer retained. */
  retired = 0;

  constructor(readonly series: Series) {}

  /**
   * Stores a value unless it is known or one too many; answers its status as {@link AppendResult} has it.
   * @param nextNth greater than that of each row of the datastream at this time
   */
  add(append: ValueAppend, batch: number, nextNth: () => number): number {
    const { time, value, resultTime, schema, flags, arrival } = append;
    let end = this.firstAt(time);
    for (; this.rows[end]?.time === time; end++) {
      if (this.rows[end]!.value === value && !arrival) return this.rows[end]!.nth * 2 + 1;
    }
    const nth = nextNth();
    if (nth >= VALUES_AT_ONE_TIME) return TIME_CROWDED;
    this.rows.splice(end, 0, { time, nth, value, resultTime, schema, flags, batch });
    return nth * 2;
  }

  /**
   * The row of a value whose message was sent again: at its own time, or at that of its first arrival, where equal
   * values have one each.
   * @param told rows that the message's values before it are
   */
  storedBefore(
    { time, value }: ValueAppend,
    arrival: number,
    told: readonly (Row | undefined)[],
  ): Row | undefined {
    const own = this.range(time, time + 1).find((row) => row.value === value);
    if (own) return own;
    const rows = this.range(arrival, arrival + ARRIVAL_SPREAD + 1).filter(
      (row) => row.value === value && row.resultTime === arrival,
    );
    return rows.find((row) => !told.includes(row)) ?? rows.at(-1);
  }

  /** Rows in [from, to), ascending. */
  range(from = -Infinity, to = Infinity): Row[] {
    return this.rows.slice(this.firstAt(from), this.firstAt(to));
  }

  newest(from = -Infinity, to = Infinity): Row | undefined {
    const row = this.rows[this.firstAt(to) - 1];
    return row && row.time >= from ? row : undefined;
  }

  extent(from?: number, to?: number): Extent | undefined {
    const rows = this.range(from, to);
    return rows.length > 0 ? { first: rows[0]!.time, last: rows.at(-1)!.time } : undefined;
  }

  /** Deletes rows in [from, to); answers how many. */
  delete(from = -Infinity, to = Infinity): number {
    const first = this.firstAt(from);
    return this.rows.splice(first, this.firstAt(to) - first).length;
  }

  /** Takes back what a batch stored. */
  undo(batch: number): void {
    const kept = this.rows.filter((row) => row.batch !== batch);
    if (kept.length < this.rows.length) this.rows.splice(0, this.rows.length, ...kept);
  }

  record({ time, nth, value, resultTime, schema, flags }: Row): ObservationRecord {
    return { series: this.series, time, nth, value, resultTime, schema, flags };
  }

  /** Index of the first row at or after `time`. */
  private firstAt(time: number): number {
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.rows[middle]!.time < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
