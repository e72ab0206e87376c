import type { Database, Statement } from 'better-sqlite3';
import { checkBlock } from '../blocks/block-decoder.js';
import { BLOCK_ROWS, BlockEncoder } from '../blocks/block-encoder.js';
import type { Facts } from '../blocks/facts.js';
import { Rows } from '../blocks/rows.js';
import type { Block, BodyTable } from './body-table.js';

/** Rows of a block that others came into: what is too much is cut in even pieces that have room for more. */
const EVEN_ROWS = 192;
/** Blocks that one statement drops at most. */
export const DROP_BLOCKS = 256;

/** Writes blocks: brings rows to them, and takes rows out. To be called in a transaction. */
export class BlockWriter {
  private readonly insert: Statement<[number, number, number, number, number, number, Buffer, Buffer]>;
  private readonly update: Statement<[number, number, number, Buffer, Buffer, number]>;
  private readonly remove: Statement<[number]>;
  private readonly dropWhole: Statement<number[], number>;
  private readonly encoder = new BlockEncoder();
  private readonly before = new Rows();
  private readonly both = new Rows();

  constructor(
    db: Database,
    private readonly blocks: BodyTable,
  ) {
    this.insert = db.prepare('insert into block(s, t, n, e, c, b, f, d) values (?, ?, ?, ?, ?, ?, ?, ?)');
    this.update = db.prepare('update block set e = ?, c = ?, b = ?, f = ?, d = ? where id = ?');
    this.remove = db.prepare('delete from block where id = ?');
    this.dropWhole = db
      .prepare<number[], number>(
        `delete from block where id in
           (select id from block where s = ? and t >= ? and t < ? and e < ? and b <= ? order by t, n limit ?)
         returning c`,
      )
      .pluck();
  }

  /** Brings a series' rows, in order of key, to its blocks. A row that is there already stays as it is. */
  add(series: number, rows: Rows, radians: number | undefined): void {
    const last = this.blocks.last(series);
    if (!last) return this.write(series, rows, 0, rows.count, BLOCK_ROWS, radians);
    let from = 0;
    while (from < rows.count) {
      const time = rows.times[from]!;
      const nth = rows.nths[from]!;
      let block: Block | undefined = last;
      let to = rows.count;
      if (!isAfter(rows, from, last)) {
        block = this.blocks.before(series, time, nth + 1) ?? this.blocks.after(series, time, nth)!;
        const next = this.blocks.after(series, block.time, block.nth);
        if (next) to = rows.seek(next.time, next.nth, from);
      }
      if (isAfter(rows, from, block)) this.goOn(block, rows, from, to, radians);
      else this.combine(block, rows, from, to, radians);
      from = to;
    }
  }

  /** Drops some of the blocks that lie in [from, to) and hold no later batch; answers the rows of each. */
  drop(series: number, from: number, to: number, batch: number): number[] {
    return this.dropWhole.all(series, from, to, to, batch, DROP_BLOCKS);
  }

  /** Takes rows in [from, to) of batches up to one out of the blocks that hold others too; answers how many. */
  cut(series: number, from: number, to: number, batch: number, radians: number | undefined): number {
    let removed = 0;
    let block = this.blocks.before(series, to, -1);
    while (block && block.lastTime >= from) {
      removed += this.cutBlock(block, from, to, batch, radians);
      block = this.blocks.before(series, block.time, block.nth);
    }
    return removed;
  }

  private cutBlock(
    block: Block,
    from: number,
    to: number,
    batch: number,
    radians: number | undefined,
  ): number {
    const { before, both } = this;
    before.clear();
    both.clear();
    this.blocks.rows(block, before);
    for (let i = 0; i < before.count; i++) {
      const time = before.times[i]!;
      if (time < from || time >= to || before.batches[i]! > batch) both.copy(before, i);
    }
    const removed = before.count - both.count;
    if (removed > 0) {
      this.remove.run(block.id);
      this.write(block.series, both, 0, both.count, BLOCK_ROWS, radians);
    }
    return removed;
  }

  /** Adds rows that come after a block's last and before the next block. */
  private goOn(block: Block, rows: Rows, from: number, to: number, radians: number | undefined): void {
    const { encoder } = this;
    const data = this.blocks.bytes(block);
    checkBlock(data);
    encoder.resume(data, block.facts, block, radians);
    let at = from;
    while (at < to && !encoder.isFull(rows.times[at]!)) encoder.add(rows, at++);
    if (at > from) {
      const { lastTime, count, batch } = encoder;
      const facts = encoder.facts.encode({ ...block, lastTime, count, batch });
      this.update.run(lastTime, count, batch, facts, encoder.data(), block.id);
    }
    this.write(block.series, rows, at, to, BLOCK_ROWS, radians);
  }

  /** Puts rows between those of a block. */
  private combine(block: Block, rows: Rows, from: number, to: number, radians: number | undefined): void {
    const { before, both } = this;
    before.clear();
    both.clear();
    this.blocks.rows(block, before);
    let i = 0;
    for (let k = from; k < to; k++) {
      const time = rows.times[k]!;
      const nth = rows.nths[k]!;
      while (i < before.count && before.compare(i, time, nth) < 0) both.copy(before, i++);
      if (i < before.count && before.compare(i, time, nth) === 0) continue;
      both.copy(rows, k);
    }
    while (i < before.count) both.copy(before, i++);
    if (both.count === before.count) return;
    this.remove.run(block.id);
    const most =
      both.count <= BLOCK_ROWS ? BLOCK_ROWS : Math.ceil(both.count / Math.ceil(both.count / EVEN_ROWS));
    this.write(block.series, both, 0, both.count, most, radians);
  }

  /** Writes rows as new blocks of at most so many. */
  private write(
    series: number,
    rows: Rows,
    from: number,
    to: number,
    most: number,
    radians: number | undefined,
  ): void {
    const { encoder } = this;
    for (let at = from; at < to;) {
      const start = at;
      encoder.begin(radians);
      do encoder.add(rows, at++);
      while (at < to && at - start < most && !encoder.isFull(rows.times[at]!));
      const { lastTime, count, batch } = encoder;
      const key = { series, time: rows.times[start]!, nth: rows.nths[start]!, lastTime, count, batch };
      const facts = encoder.facts.encode(key);
      this.insert.run(series, key.time, key.nth, lastTime, count, batch, facts, encoder.data());
    }
  }
}

/** Whether a row's key is after those of a block. */
function isAfter(rows: Rows, at: number, { lastTime, facts }: { lastTime: number; facts: Facts }): boolean {
  return rows.compare(at, lastTime, facts.lastNth) > 0;
}
