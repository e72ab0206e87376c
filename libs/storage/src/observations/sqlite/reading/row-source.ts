import type { Database } from 'better-sqlite3';
import { Rows } from '../blocks/rows.js';
import { type Block, BodyTable, type Merged } from '../body/body-table.js';
import { HeadRows } from '../head/head-rows.js';
import { HeadTable } from '../head/head-table.js';
import type { RowTuple } from '../record-batch.js';

/** A row as read, and its batch. */
export type BatchedRow = readonly [...RowTuple, batch: number];

/** Blocks of one piece, at most. */
const PIECE_BLOCKS = 256;

/** Rows of one series in [low, high): the blocks that hold them, and rows that are in none. */
export interface Piece {
  readonly high: number;
  readonly blocks: readonly Block[];
  /** Numbers of rows of the head, in order of key. */
  readonly head: readonly number[];
}

/**
 * The rows of each series, wherever they are: what a reader's questions are answered from. All that is read between
 * `begin` and `end` is of one moment: the head is read before the body, and the body tells which rows of the head it
 * has already.
 */
export class RowSource {
  readonly head = new HeadRows();
  readonly blocks: BodyTable;
  private readonly headTable: HeadTable;
  private readonly scratch = new Rows();
  private readonly one = new Rows();
  private readonly sorted = new Map<number, readonly number[]>();
  private merged: Merged = { done: 0, upto: 0, series: 0 };
  private loaded = 0;

  constructor(
    headDb: Database,
    private readonly body: Database,
  ) {
    this.headTable = new HeadTable(headDb);
    this.blocks = new BodyTable(body);
  }

  /** Takes in what was committed. Throws DamagedFileError. */
  begin(): void {
    const { loaded, merged } = this;
    for (const { batch, data, texts } of this.headTable.between(loaded, Number.MAX_SAFE_INTEGER)) {
      this.head.load(batch, data, texts);
      this.loaded = batch;
    }
    this.body.exec('begin');
    this.merged = this.blocks.merged();
    const { done, upto, series } = this.merged;
    this.head.drop(done);
    this.loaded = Math.max(this.loaded, done);
    if (this.loaded !== loaded || merged.done !== done || merged.upto !== upto || merged.series !== series)
      this.sorted.clear();
  }

  /** Newest batch whose rows are all told. */
  get batch(): number {
    return this.loaded;
  }

  /** No statement and no transaction stays open. */
  end(): void {
    if (this.body.inTransaction) this.body.exec('commit');
  }

  /** Adds rows after (time, nth) and before `to`, of batches up to one; ascending. Answers how many. */
  rowsAfter(
    series: number,
    time: number,
    nth: number,
    to: number,
    batch: number,
    limit: number,
    into: Rows,
  ): number {
    let found = 0;
    const { head, scratch: rows } = this;
    const inHead = this.headRows(series);
    let h = firstAfter(head, inHead, time, nth);
    rows.clear();
    let i = 0;
    let block = this.blocks.before(series, time, nth + 1);
    if (block && (block.lastTime - time || block.facts.lastNth - nth) > 0) {
      this.blocks.rows(block, rows);
      i = rows.seek(time, nth + 1);
    }
    let ended = false;
    while (found < limit) {
      while (i >= rows.count && !ended) {
        block = this.blocks.after(series, block?.time ?? time, block?.nth ?? nth);
        rows.clear();
        i = 0;
        if (!block || block.time >= to) ended = true;
        else this.blocks.rows(block, rows);
      }
      const row = inHead[h];
      if (i < rows.count && (row === undefined || rows.compare(i, head.time(row), head.nth(row)) < 0)) {
        if (rows.times[i]! >= to) break;
        if (rows.batches[i]! <= batch) {
          into.copy(rows, i);
          found++;
        }
        i++;
      } else if (row !== undefined) {
        if (head.time(row) >= to) break;
        if (head.batch(row) <= batch) {
          head.copy(row, into);
          found++;
        }
        h++;
      } else break;
    }
    return found;
  }

  /** Adds rows before (time, nth) and not before `from`, of batches up to one; descending. Answers how many. */
  rowsBefore(
    series: number,
    time: number,
    nth: number,
    from: number,
    batch: number,
    limit: number,
    into: Rows,
  ): number {
    let found = 0;
    const { head, scratch: rows } = this;
    const inHead = this.headRows(series);
    let h = firstAfter(head, inHead, time, nth - 1) - 1;
    rows.clear();
    let i = -1;
    let block = this.blocks.before(series, time, nth);
    if (block) {
      this.blocks.rows(block, rows);
      i = rows.seek(time, nth) - 1;
    }
    while (found < limit) {
      while (i < 0 && block) {
        block = this.blocks.before(series, block.time, block.nth);
        if (block && block.lastTime < from) block = undefined;
        rows.clear();
        if (block) this.blocks.rows(block, rows);
        i = rows.count - 1;
      }
      const row = inHead[h];
      if (i >= 0 && (row === undefined || rows.compare(i, head.time(row), head.nth(row)) > 0)) {
        if (rows.times[i]! < from) break;
        if (rows.batches[i]! <= batch) {
          into.copy(rows, i);
          found++;
        }
        i--;
      } else if (row !== undefined) {
        if (head.time(row) < from) break;
        if (head.batch(row) <= batch) {
          head.copy(row, into);
          found++;
        }
        h--;
      } else break;
    }
    return found;
  }

  /** The row with a key. */
  at(series: number, time: number, nth: number): BatchedRow | undefined {
    const { one } = this;
    one.clear();
    const found = this.rowsAfter(series, time, nth - 1, time + 1, Infinity, 1, one);
    return found > 0 && one.nths[0] === nth ? bodyRow(series, one, 0) : undefined;
  }

  /** The newest row in [from, to). */
  newest(series: number, from: number, to: number): BatchedRow | undefined {
    const { head } = this;
    let best = -1;
    for (let row = head.latest(head.slots.find(series)); row >= 0; row = head.before(row)) {
      const time = head.time(row);
      if (time < from || time >= to || (best >= 0 && head.compare(row, best) < 0)) continue;
      if (this.isVisible(row, series)) best = row;
    }
    const stored = this.newestStored(series, from, to);
    if (best < 0) return stored;
    if (stored && (stored[1] - head.time(best) || stored[2] - head.nth(best)) > 0) return stored;
    return headRow(head, best);
  }

  /** Time of the first row after (time, nth) and before `to`, of batches up to one. */
  firstTime(series: number, time: number, nth: number, to: number, batch: number): number | undefined {
    const before = this.blocks.before(series, time, nth + 1);
    if (!before || before.lastTime < time) {
      const next = this.blocks.after(series, time, nth);
      const inHead = this.headRows(series);
      if (inHead.length === 0 && !next) return undefined;
      if (inHead.length === 0 && next!.batch <= batch) return next!.time < to ? next!.time : undefined;
    }
    const { one } = this;
    one.clear();
    return this.rowsAfter(series, time, nth, to, batch, 1, one) > 0 ? one.times[0] : undefined;
  }

  /** Time of the last row before (time, nth) and not before `from`, of batches up to one. */
  lastTime(series: number, time: number, nth: number, from: number, batch: number): number | undefined {
    const block = this.blocks.before(series, time, nth);
    const whole = !block || (block.lastTime < time && block.batch <= batch);
    if (whole && this.headRows(series).length === 0)
      return block && block.lastTime >= from ? block.lastTime : undefined;
    const { one } = this;
    one.clear();
    return this.rowsBefore(series, time, nth, from, batch, 1, one) > 0 ? one.times[0] : undefined;
  }

  /** Rows of a series in [low, to), or of a first part of it: its `high` is where the next begins. */
  piece(series: number, low: number, to: number): Piece {
    const straddling = this.blocks.before(series, low, 0);
    const blocks = straddling && straddling.lastTime >= low ? [straddling] : [];
    let high = to;
    for (let limit = PIECE_BLOCKS; ; limit *= 2) {
      const more = this.blocks.beginning(series, low, to, limit);
      if (more.length === limit) {
        // Those that begin at the piece's end are the next one's.
        high = more.at(-1)!.time;
        if (high === low) continue;
        while (more.at(-1)?.time === high) more.pop();
      }
      blocks.push(...more);
      break;
    }
    const { head } = this;
    const all = this.headRows(series);
    const from = firstAfter(head, all, low, -1);
    return { high, blocks, head: all.slice(from, firstAfter(head, all, high, -1)) };
  }

  /** Numbers of a series' rows that are in the head only, in order of key. */
  headRows(series: number): readonly number[] {
    const known = this.sorted.get(series);
    if (known) return known;
    const rows = this.head.inOrder(series, (row) => this.isVisible(row, series));
    this.sorted.set(series, rows);
    return rows;
  }

  private newestStored(series: number, from: number, to: number): BatchedRow | undefined {
    const block = this.blocks.before(series, to, -1);
    if (!block || block.lastTime < from) return undefined;
    const { facts, lastTime } = block;
    if (lastTime < to && !facts.lastIsText) {
      const { lastNth, lastNumber, lastResultTime, lastMapping, lastFlags, lastBatch } = facts;
      return [series, lastTime, lastNth, lastNumber, lastResultTime, lastMapping, lastFlags, lastBatch];
    }
    const rows = this.scratch;
    rows.clear();
    this.blocks.rows(block, rows);
    const at = rows.seek(to, -1) - 1;
    return at >= 0 && rows.times[at]! >= from ? bodyRow(series, rows, at) : undefined;
  }

  private isVisible(row: number, series: number): boolean {
    const { done, upto, series: there } = this.merged;
    return upto === done || series > there || this.head.batch(row) > upto;
  }
}

function bodyRow(series: number, rows: Rows, i: number): BatchedRow {
  return [
    series,
    rows.times[i]!,
    rows.nths[i]!,
    rows.value(i),
    rows.resultTimes[i]!,
    rows.mappings[i]!,
    rows.flags[i]!,
    rows.batches[i]!,
  ];
}

function headRow(head: HeadRows, row: number): BatchedRow {
  return [
    head.series(row),
    head.time(row),
    head.nth(row),
    head.value(row),
    head.resultTime(row),
    head.mapping(row),
    head.flags(row),
    head.batch(row),
  ];
}

/** Index of the first of rows in order of key that is after (time, nth). */
function firstAfter(head: HeadRows, rows: readonly number[], time: number, nth: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle]!;
    if ((head.time(row) - time || head.nth(row) - nth) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
