import { Rows } from './blocks/rows.js';
import type { BodyTable } from './body/body-table.js';
import { HeadIndex } from './head/head-index.js';
import type { HeadRows } from './head/head-rows.js';
import { Moment, type KnownRow } from './moment.js';

/** A time that has more rows than this is kept: each further value there would look at all of them again. */
const CROWD = 64;
/** Rows of such times that are kept at most. */
const CROWD_ROWS = 250_000;

/**
 * What the writer knows of the rows that are there, in head and body. A row that is newer than all of its series is
 * new without a look; only for others is there one.
 */
export class KnownRows {
  /** By slot: no row of the series is later; NaN before it was looked up. What is undone may leave it too high, which only costs a look. */
  private newest = new Float64Array(1024).fill(Number.NaN);
  /** Rows of those slots where one was not newer. */
  private readonly byTime: HeadIndex;
  /** Rows of those slots where a message was sent again. */
  private readonly byArrival: HeadIndex;
  /** Crowded times by slot. */
  private readonly crowds = new Map<number, Map<number, Moment>>();
  private crowdRows = 0;
  /** Of the body that the crowds are of, or an earlier one. */
  private bodyVersion = 0;
  private readonly scratch = new Rows();

  /** @param beat called at each look into the body, which may wait for the disk */
  constructor(
    private readonly head: HeadRows,
    private readonly body: BodyTable,
    private readonly beat: () => void,
  ) {
    this.byTime = new HeadIndex(head, (row) => head.time(row));
    this.byArrival = new HeadIndex(head, (row) => head.resultTime(row));
  }

  /** Before a batch: what others have done to the body counts. */
  begin(): void {
    if (this.crowds.size === 0) return;
    const version = this.body.version();
    if (version === this.bodyVersion) return;
    this.forgetCrowds();
    this.bodyVersion = version;
  }

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
    this.byTime.added(slot, row);
    this.byArrival.added(slot, row);
    const crowd = this.crowds.size > 0 ? this.crowds.get(slot)?.get(time) : undefined;
    if (!crowd) return;
    crowd.add(this.headRow(row));
    this.crowdRows++;
  }

  /** Rows left the head, or were taken back. */
  forgetHead(): void {
    this.byTime.clear();
    this.byArrival.clear();
    this.forgetCrowds();
  }

  /** The rows of a series at a time. */
  at(slot: number, series: number, time: number): Moment {
    const crowd = this.crowds.size > 0 ? this.crowds.get(slot)?.get(time) : undefined;
    if (crowd) return crowd;
    const moment = new Moment();
    // Head first: what leaves it is in the body by then. A row that is in both is told twice, which does no harm.
    for (const row of this.byTime.rows(slot, time)) moment.add(this.headRow(row));
    this.inBody(series, time, time, (row) => moment.add(row));
    if (moment.count > CROWD) this.keep(slot, time, moment);
    return moment;
  }

  /** The rows of a series in [from, to] that arrived at a time, in order of key. */
  arrived(slot: number, series: number, arrival: number, from: number, to: number): KnownRow[] {
    const found: KnownRow[] = [];
    for (const row of this.byArrival.rows(slot, arrival)) {
      const time = this.head.time(row);
      if (time >= from && time <= to) found.push(this.headRow(row));
    }
    this.inBody(series, from, to, (row) => {
      if (row.resultTime === arrival) found.push(row);
    });
    found.sort((a, b) => a.time - b.time || a.nth - b.nth);
    // One that is in both is one.
    return found.filter(({ time, nth }, i) => time !== found[i - 1]?.time || nth !== found[i - 1]?.nth);
  }

  private inBody(series: number, from: number, to: number, take: (row: KnownRow) => void): void {
    this.beat();
    const rows = this.scratch;
    rows.clear();
    this.body.rowsBetween(series, from, to, rows);
    for (let i = rows.seek(from, -1); i < rows.count && rows.times[i]! <= to; i++) {
      take({
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

  private keep(slot: number, time: number, moment: Moment): void {
    if (this.crowdRows + moment.count > CROWD_ROWS) this.forgetCrowds();
    const times = this.crowds.get(slot) ?? new Map<number, Moment>();
    this.crowds.set(slot, times);
    times.set(time, moment);
    this.crowdRows += moment.count;
  }

  private forgetCrowds(): void {
    this.crowds.clear();
    this.crowdRows = 0;
  }

  private findNewest(slot: number, series: number): number {
    let newest = -Infinity;
    for (let row = this.head.latest(slot); row >= 0; row = this.head.before(row))
      newest = Math.max(newest, this.head.time(row));
    this.beat();
    return Math.max(newest, this.body.lastTime(series) ?? -Infinity);
  }
}
