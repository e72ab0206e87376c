import { ARRIVAL_SPREAD } from '../limits.js';
import type { KnownRows } from './known-rows.js';
import type { KnownRow } from './moment.js';

/** Where the values of one message that was sent again are, those without a time of their own. */
export class ResentValues {
  /** Its rows by series and value, the first last. */
  private readonly series = new Map<number, Map<number | string, KnownRow[]>>();

  /** @param arrival when the message arrived first */
  constructor(
    private readonly known: KnownRows,
    private readonly arrival: number,
  ) {}

  /** The row of a value: equal values have one each, in their order, and the last where there are fewer. */
  next(slot: number, series: number, value: number | string): KnownRow | undefined {
    const rows = this.rowsOf(slot, series).get(value);
    return rows && rows.length > 1 ? rows.pop() : rows?.[0];
  }

  private rowsOf(slot: number, series: number): Map<number | string, KnownRow[]> {
    const known = this.series.get(series);
    if (known) return known;
    const byValue = new Map<number | string, KnownRow[]>();
    this.series.set(series, byValue);
    const { arrival } = this;
    for (const row of this.known
      .arrived(slot, series, arrival, arrival, arrival + ARRIVAL_SPREAD)
      .reverse()) {
      const rows = byValue.get(row.value);
      if (rows) rows.push(row);
      else byValue.set(row.value, [row]);
    }
    return byValue;
  }
}
