import type { Database, Statement } from 'better-sqlite3';
import type { DatastreamAggregate, SeriesStatistics, ValueType } from '#model';
import type { Datastream } from '../datastreams.js';
import { averagingOf, fullTurn, mergeWindows, toWindow, windowAt, type WindowSums } from '../windows.js';
import { toValue } from './record-batch.js';

/** Rows that one statement adds up, so that other queries get their turn. */
const ROWS_A_TURN = 50_000;
/** Windows and series read between two turns. */
const STEPS_A_TURN = 64;

type End = readonly [time: number, value: number | string];
/** Makes numbers small enough for a sum of them not to overflow, and loses no digit of a great one. */
const SCALE = 2 ** -64;

type Sums = readonly [
  count: number,
  sum: number | null,
  min: number,
  max: number,
  sine: number | null,
  cosine: number | null,
];

/** Counts and adds up rows inside SQLite. */
export class AggregateReader {
  private readonly first: Statement<number[], End>;
  private readonly last: Statement<number[], End>;
  private readonly boundary: Statement<number[], number>;
  private readonly count: Statement<number[], number>;
  private readonly linear: Statement<number[], Sums>;
  private readonly scaled: Statement<number[], number>;
  private readonly circular: Statement<number[], Sums>;
  private steps = 0;

  constructor(db: Database) {
    const range = 'from observation where s = ? and t >= ? and t < ?';
    const raw = <T>(sql: string) => db.prepare<number[], T>(sql).raw();
    this.first = raw(`select t, v ${range} order by t, n limit 1`);
    this.last = raw(`select t, v ${range} order by t desc, n desc limit 1`);
    this.boundary = db
      .prepare<number[], number>(`select t ${range} order by t, n limit 1 offset ${ROWS_A_TURN}`)
      .pluck();
    this.count = db.prepare<number[], number>(`select count(*) ${range}`).pluck();
    this.linear = raw(`select count(*), total(v), min(v), max(v), null, null ${range}`);
    this.scaled = db.prepare<number[], number>(`select total(v * ?) ${range}`).pluck();
    this.circular = raw(
      `select count(*), total(v), min(v), max(v), total(sin(v * ?)), total(cos(v * ?)) ${range}`,
    );
  }

  /** Count, first and last time of a series' rows in [from, to). */
  *statistics(series: number, from: number, to: number): Generator<void, SeriesStatistics> {
    const first = this.first.get(series, from, to);
    if (!first) return { series, count: 0 };
    let count = 0;
    for (const [low, high] of this.pieces(series, first[0], to)) {
      count += this.count.get(series, low, high)!;
      if (this.pause(high !== to)) yield;
    }
    return { series, count, first: first[0], last: this.last.get(series, from, to)![0] };
  }

  /** The windows of one datastream. */
  *windows({ series }: Datastream, bounds: Float64Array): Generator<void, DatastreamAggregate> {
    const definition = series[0]!;
    const found = new Map<number, WindowSums>();
    const turn = definition.circular ? fullTurn(definition.unit) : undefined;
    for (const { id } of series) yield* this.addSeries(id, definition.type, turn, bounds, found);
    const averaging = averagingOf(definition);
    const windows = [...found]
      .sort(([a], [b]) => a - b)
      .map(([index, sums]) => toWindow(sums, bounds[index]!, bounds[index + 1]!, averaging));
    return { series: definition, windows };
  }

  private *addSeries(
    series: number,
    type: ValueType,
    turn: number | undefined,
    bounds: Float64Array,
    found: Map<number, WindowSums>,
  ): Generator<void, void> {
    const end = bounds[bounds.length - 1] ?? 0;
    let from = bounds[0] ?? 0;
    for (;;) {
      const first = this.first.get(series, from, end);
      if (!first) return;
      const index = windowAt(bounds, first[0]);
      const to = bounds[index + 1]!;
      const last = this.last.get(series, first[0], to)!;
      const ends = {
        first: toValue(first[1], type),
        firstTime: first[0],
        last: toValue(last[1], type),
        lastTime: last[0],
      };
      let sums = found.get(index);
      for (const [low, high] of this.pieces(series, first[0], to)) {
        const piece = { ...this.sums(series, low, high, turn), ...ends };
        sums = sums ? mergeWindows(sums, piece) : piece;
        if (this.pause(high !== to)) yield;
      }
      found.set(index, sums!);
      from = to;
    }
  }

  private sums(
    series: number,
    from: number,
    to: number,
    turn: number | undefined,
  ): Omit<WindowSums, 'first' | 'firstTime' | 'last' | 'lastTime'> {
    const radians = turn === undefined ? 0 : (2 * Math.PI) / turn;
    const row =
      turn === undefined
        ? this.linear.get(series, from, to)!
        : this.circular.get(radians, radians, series, from, to)!;
    const [count, total, min, max, sine, cosine] = row;
    const sum = total ?? Number.NaN;
    const mean = Number.isFinite(sum)
      ? sum / count
      : this.scaled.get(SCALE, series, from, to)! / count / SCALE;
    return { count, sum, mean, min, max, sine: sine ?? 0, cosine: cosine ?? 0 };
  }

  /** Cuts [from, to) so that each piece has about ROWS_A_TURN rows. */
  private *pieces(series: number, from: number, to: number): Generator<readonly [number, number]> {
    let low = from;
    for (;;) {
      const cut = this.boundary.get(series, low, to);
      // More values at one time than a piece should have: they stay together.
      const high = cut === undefined ? to : Math.max(cut, low + 1);
      yield [low, high];
      if (high === to) return;
      low = high;
    }
  }

  private pause(longPiece: boolean): boolean {
    if (!longPiece && ++this.steps % STEPS_A_TURN !== 0) return false;
    this.steps = 0;
    return true;
  }
}
