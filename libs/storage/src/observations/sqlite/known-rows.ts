import { Rows } from './blocks/rows.js';
import type { BodyTable } from './body/body-table.js';
import type { HeadRows } from './head/head-rows.js';

/** A stored row, as far as identity needs it. */
export interface KnownRow {
  readonly time: number;
  readonly nth: number;
  readonly value: number | string;
  readonly resultTime: number;
}

/**
 * What the writer knows of the rows that are there, in head and body. A row that is newer than all of its series is
 * new without a look; only for others is there one.
 */
export class KnownRows {
  /** By slot: no row of the series is later; NaN before it was looked up. What is undone may leave it too high, which only costs a look. */
  private newest = new Float64Array(1024).fill(Number.NaN);
  /** Rows of the head by time, of those slots where one was not newer. */
  private readonly byTime = new Map<number, Map<number, number[]>>();
  private readonly scratch = new Rows();

  constructor(
    private readonly head: HeadRows,
    private readonly body: BodyTable,
  ) {}

  /** Time of the newest row that a series has had, -Infinity for none. */
  newestTime(slot: number, series: number): number {
    if (slot >= this.newest.length) {
      const grown = new Float64Array(Math.max(slot + 1, this.newest.length * 2)).fill(Number.NaN);
      grown.set(this.newest);
      this.newest = grown;
    }
    const newest = this.newest[slot]!;
    return newest === newest ? newest : (this.newest[slot] = this.findNewest(slot, series));
  }

  /** A row that was just added to the head. */
  added(slot: number, row: number, time: number): void {
    // What was not looked up stays so.
    if (time > this.newest[slot]!) this.newest[slot] = time;
    if (this.byTime.size > 0) {
      const times = this.byTime.get(slot);
      if (times) addTo(times, time, row);
    }
  }

  /** Rows left the head, or were taken back. */
  forgetHead(): void {
    this.byTime.clear();
  }

  /** The rows of a series at a time. */
  at(slot: number, series: number, time: number): KnownRow[] {
    // Head first: what leaves it is in the body by then. A row that is in both is told twice, which does no harm.
    const found = (this.headByTime(slot).get(time) ?? []).map((row) => this.headRow(row));
    this.addBody(series, time, time, found);
    return found;
  }

  /** The rows of a series in [from, to]. */
  between(slot: number, series: number, from: number, to: number): KnownRow[] {
    const found: KnownRow[] = [];
    for (let row = this.head.latest(slot); row >= 0; row = this.head.before(row)) {
      const time = this.head.time(row);
      if (time >= from && time <= to) found.push(this.headRow(row));
    }
    this.addBody(series, from, to, found);
    return found.sort((a, b) => a.time - b.time || a.nth - b.nth);
  }

  private addBody(series: number, from: number, to: number, found: KnownRow[]): void {
    const rows = this.scratch;
    rows.clear();
    this.body.rowsBetween(series, from, to, rows);
    for (let i = rows.seek(from, -1); i < rows.count && rows.times[i]! <= to; i++) {
      found.push({
        time: rows.times[i]!,
        nth: rows.nths[i]!,
        value: rows.value(i),
        resultTime: rows.resultTimes[i]!,
      });
    }
  }

  private headRow(row: number): KnownRow {
    const { head } = this;
    return {
      time: head.time(row),
      nth: head.nth(row),
      value: head.value(row),
      resultTime: head.resultTime(row),
    };
  }

  private headByTime(slot: number): Map<number, number[]> {
    let times = this.byTime.get(slot);
    if (!times) {
      times = new Map();
      for (let row = this.head.latest(slot); row >= 0; row = this.head.before(row))
        addTo(times, this.head.time(row), row);
      this.byTime.set(slot, times);
    }
    return times;
  }

  private findNewest(slot: number, series: number): number {
    let newest = -Infinity;
    for (let row = this.head.latest(slot); row >= 0; row = this.head.before(row))
      newest = Math.max(newest, this.head.time(row));
    return Math.max(newest, this.body.lastTime(series) ?? -Infinity);
  }
}

function addTo(times: Map<number, number[]>, time: number, row: number): void {
  const rows = times.get(time);
  if (rows) rows.push(row);
  else times.set(time, [row]);
}
