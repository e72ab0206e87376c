import type { Database, Statement } from 'better-sqlite3';
import { DamagedFileError } from '../../../sqlite-file/errors.js';
import { decodeBlock } from '../blocks/block-decoder.js';
import { Facts, type BlockKey } from '../blocks/facts.js';
import type { Rows } from '../blocks/rows.js';

type BlockRow = readonly [
  id: number,
  series: number,
  time: number,
  nth: number,
  lastTime: number,
  count: number,
  batch: number,
  facts: Buffer,
];

/** A block without its rows. */
export interface Block extends BlockKey {
  readonly id: number;
  readonly facts: Facts;
}

/** Which batches are in the body. */
export interface Merged {
  /** Batches up to this one are there as a whole. */
  readonly done: number;
  /** Of those up to this one, the series up to `series` are there too. */
  readonly upto: number;
  readonly series: number;
}

const COLUMNS = 'select id, s, t, n, e, c, b, f from block';
/** Greater than every nth. */
export const BEHIND = 2 ** 40;

/** Reads blocks. */
export class BodyTable {
  private readonly state: Statement<[], Merged>;
  private readonly previous: Statement<[number, number, number], BlockRow>;
  private readonly newest: Statement<[number], BlockRow>;
  private readonly next: Statement<[number, number, number], BlockRow>;
  private readonly some: Statement<[number, number, number, number], BlockRow>;
  private readonly data: Statement<[number], Buffer>;
  private readonly end: Statement<[number], number>;
  private readonly sums: Statement<[number], [count: number | null, first: number, last: number]>;
  private readonly changes: Statement<[], number>;

  constructor(db: Database) {
    this.state = db.prepare('select done, upto, series from body');
    this.previous = db
      .prepare<[number, number, number], BlockRow>(
        `${COLUMNS} where s = ? and (t, n) < (?, ?) order by t desc, n desc limit 1`,
      )
      .raw();
    this.newest = db
      .prepare<[number], BlockRow>(`${COLUMNS} where s = ? order by t desc, n desc limit 1`)
      .raw();
    this.next = db
      .prepare<[number, number, number], BlockRow>(
        `${COLUMNS} where s = ? and (t, n) > (?, ?) order by t, n limit 1`,
      )
      .raw();
    this.some = db
      .prepare<[number, number, number, number], BlockRow>(
        `${COLUMNS} where s = ? and t >= ? and t < ? order by t, n limit ?`,
      )
      .raw();
    this.data = db.prepare<[number], Buffer>('select d from block where id = ?').pluck();
    this.end = db
      .prepare<[number], number>('select e from block where s = ? order by t desc, n desc limit 1')
      .pluck();
    this.sums = db
      .prepare<[number], [number | null, number, number]>(
        'select sum(c), min(t), max(e) from block where s = ?',
      )
      .raw();
    this.changes = db.prepare<[], number>('pragma data_version').pluck();
  }

  /** Another number after another connection wrote the file. */
  version(): number {
    return this.changes.get()!;
  }

  merged(): Merged {
    return this.state.get()!;
  }

  /** The last block whose first key is before (time, nth). */
  before(series: number, time: number, nth: number): Block | undefined {
    return toBlock(this.previous.get(series, time, nth));
  }

  /** The first block whose first key is after (time, nth). */
  after(series: number, time: number, nth: number): Block | undefined {
    return toBlock(this.next.get(series, time, nth));
  }

  /** The first blocks that begin in [from, to), ascending. */
  beginning(series: number, from: number, to: number, limit: number): Block[] {
    return this.some.all(series, from, to, limit).map((row) => toBlock(row)!);
  }

  /** A series' last block. */
  last(series: number): Block | undefined {
    return toBlock(this.newest.get(series));
  }

  /** Time of a series' last row. */
  lastTime(series: number): number | undefined {
    return this.end.get(series);
  }

  /** Count, first and last time of a series' rows. */
  totals(series: number): readonly [count: number, first: number, last: number] {
    const [count, first, last] = this.sums.get(series)!;
    return [count ?? 0, first, last];
  }

  /** A block's bytes. */
  bytes({ id, series, time }: Block): Buffer {
    const data = this.data.get(id);
    if (!data) throw new DamagedFileError(`a block of series ${series} at ${time} is missing`);
    return data;
  }

  /** Adds a block's rows to others. Throws DamagedFileError. */
  rows(block: Block, rows: Rows): void {
    const from = rows.count;
    decodeBlock(this.bytes(block), rows);
    const last = rows.count - 1;
    if (
      rows.count - from !== block.count ||
      rows.compare(from, block.time, block.nth) !== 0 ||
      rows.compare(last, block.lastTime, block.facts.lastNth) !== 0
    )
      throw new DamagedFileError(`a block of series ${block.series} at ${block.time} holds other rows`);
  }

  /** Adds the rows in [from, to], ascending. Meant for few blocks. */
  rowsBetween(series: number, from: number, to: number, rows: Rows): void {
    const blocks: Block[] = [];
    let block = this.before(series, to, BEHIND);
    while (block && block.lastTime >= from) {
      blocks.push(block);
      if (block.time < from) break;
      block = this.before(series, block.time, block.nth);
    }
    for (const one of blocks.reverse()) this.rows(one, rows);
  }
}

function toBlock(row: BlockRow | undefined): Block | undefined {
  if (!row) return undefined;
  const [id, series, time, nth, lastTime, count, batch, facts] = row;
  const block = { id, series, time, nth, lastTime, count, batch };
  return { ...block, facts: Facts.decode(facts, block) };
}
