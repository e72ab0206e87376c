/** A stored row, as far as identity needs it. */
export interface KnownRow {
  readonly time: number;
  readonly nth: number;
  readonly value: number | string;
  readonly resultTime: number;
}

/** The rows of one series at one time. */
export class Moment {
  /** The greatest nth, -1 where there is no row. */
  highest = -1;
  /** Rows that were added. */
  count = 0;
  private readonly byValue = new Map<number | string, KnownRow>();

  add(row: KnownRow): void {
    this.count++;
    if (row.nth > this.highest) this.highest = row.nth;
    const known = this.byValue.get(row.value);
    if (!known || row.nth < known.nth) this.byValue.set(row.value, row);
  }

  /** The first row with a value. */
  find(value: number | string): KnownRow | undefined {
    return this.byValue.get(value);
  }
}
