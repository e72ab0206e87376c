import type { DatastreamAggregate, SeriesStatistics } from '#model';
import type { Datastream } from '../datastreams.js';
import { averagingOf, fullTurn, mergeWindows, toWindow, windowAt, type WindowSums } from '../windows.js';
import { Rows } from './blocks/rows.js';
import type { Block } from './body/body-table.js';
import type { Piece, RowSource } from './reading/row-source.js';
import { Accumulator } from './reading/window-sums.js';

/** Blocks that were looked into, or at, and series begun between two turns. */
const WORK_A_TURN = 256;
/** What a look into a block counts against a look at it. */
const LOOK_INTO = 4;

/** Counts and adds up rows: blocks as a whole where they lie within a window. */
export class AggregateReader {
  private readonly rows = new Rows();
  private work = 0;

  constructor(private readonly source: RowSource) {}

  /** Count, first and last time of a series' rows in [from, to). */
  *statistics(series: number, from: number, to: number): Generator<void, SeriesStatistics> {
    let count = 0;
    let first = Infinity;
    let last = -Infinity;
    const add = (rows: number, firstTime: number, lastTime: number) => {
      count += rows;
      first = Math.min(first, firstTime);
      last = Math.max(last, lastTime);
    };
    const { source } = this;
    if (from === Number.MIN_SAFE_INTEGER && to === Number.MAX_SAFE_INTEGER) {
      if (this.pause(LOOK_INTO)) yield;
      const [rows, firstTime, lastTime] = source.blocks.totals(series);
      if (rows > 0) add(rows, firstTime, lastTime);
      for (const row of source.headRows(series)) add(1, source.head.time(row), source.head.time(row));
    } else {
      for (let low = from; low < to;) {
        if (this.pause(1)) yield;
        const piece = source.piece(series, low, to);
        for (const block of piece.blocks) {
          this.work++;
          if (isWithin(block, low, piece)) add(block.count, block.time, block.lastTime);
          else this.each(block, low, piece, (time) => add(1, time, time));
        }
        for (const row of piece.head) add(1, source.head.time(row), source.head.time(row));
        low = piece.high;
      }
    }
    return count === 0 ? { series, count } : { series, count, first, last };
  }

  /** The windows of one datastream. */
  *windows({ series }: Datastream, bounds: Float64Array): Generator<void, DatastreamAggregate> {
    const definition = series[0]!;
    const found = new Map<number, WindowSums>();
    const radians = definition.circular ? (2 * Math.PI) / fullTurn(definition.unit) : undefined;
    for (const { id } of series) {
      const own = new Map<number, Accumulator>();
      yield* this.addSeries(id, radians, bounds, own);
      for (const [index, accumulator] of own) {
        const sums = accumulator.sums(definition.type);
        const before = found.get(index);
        found.set(index, before ? mergeWindows(before, sums) : sums);
      }
    }
    const averaging = averagingOf(definition);
    const windows = [...found]
      .sort(([a], [b]) => a - b)
      .map(([index, sums]) => toWindow(sums, bounds[index]!, bounds[index + 1]!, averaging));
    return { series: definition, windows };
  }

  private *addSeries(
    series: number,
    radians: number | undefined,
    bounds: Float64Array,
    found: Map<number, Accumulator>,
  ): Generator<void, void> {
    const { head } = this.source;
    const end = bounds[bounds.length - 1] ?? 0;
    const window = (index: number) => {
      let accumulator = found.get(index);
      if (!accumulator) found.set(index, (accumulator = new Accumulator(radians)));
      return accumulator;
    };
    for (let low = bounds[0] ?? 0; low < end;) {
      if (this.pause(1)) yield;
      const piece = this.source.piece(series, low, end);
      for (const block of piece.blocks) {
        this.work++;
        const index = windowAt(bounds, block.time);
        const whole = isWithin(block, low, piece) && index === windowAt(bounds, block.lastTime);
        if (whole && Accumulator.knows(block)) window(index).addBlock(block);
        else {
          this.each(block, low, piece, (time, nth, value) => {
            window(windowAt(bounds, time)).addRow(time, nth, value);
          });
        }
      }
      for (const row of piece.head) {
        const time = head.time(row);
        window(windowAt(bounds, time)).addRow(time, head.nth(row), head.value(row));
      }
      low = piece.high;
    }
  }

  /** Rows of a block that belong to the piece from `low` on. */
  private each(
    block: Block,
    low: number,
    { high }: Piece,
    take: (time: number, nth: number, value: number | string) => void,
  ): void {
    const { rows } = this;
    this.work += LOOK_INTO;
    rows.clear();
    this.source.blocks.rows(block, rows);
    for (let i = rows.seek(low, -1); i < rows.count && rows.times[i]! < high; i++)
      take(rows.times[i]!, rows.nths[i]!, rows.value(i));
  }

  /** Whether it is another's turn. */
  private pause(work: number): boolean {
    this.work += work;
    if (this.work < WORK_A_TURN) return false;
    this.work = 0;
    return true;
  }
}

function isWithin({ time, lastTime }: Block, low: number, { high }: Piece): boolean {
  return time >= low && lastTime < high;
}
