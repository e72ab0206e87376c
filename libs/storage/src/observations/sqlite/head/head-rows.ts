import type { Rows } from '../blocks/rows.js';
import { SeriesSlots } from './series-slots.js';

/**
 * Doubles of a row, in memory and in the file: `value` is the index of a text among its batch's, where it is one;
 * `packed` is flags * 65,536 + nth * 2, plus 1 for a text.
 */
export const CELL = { series: 0, time: 1, value: 2, resultTime: 3, mapping: 4, packed: 5, width: 6 } as const;

export const ROW_BYTES = CELL.width * 8;
const FLAGS_FACTOR = 65_536;
/** Share of the memory that rows may have before it grows. */
const FILL = 0.75;

export function packCell(flags: number, nth: number, isText: boolean): number {
  return flags * FLAGS_FACTOR + nth * 2 + (isText ? 1 : 0);
}

/** Rows of one batch: those numbered `from` up to, not including, `to`. */
interface BatchSpan {
  readonly batch: number;
  readonly from: number;
  readonly to: number;
}

/**
 * The rows of the head in memory, in order of arrival, each numbered by it. Those of one series are chained from the
 * newest arrival back.
 */
export class HeadRows {
  readonly slots = new SeriesSlots();
  private cells = new Float64Array(8192 * CELL.width);
  /** How far back the row before of the same series is; 0 for none. */
  private back = new Uint32Array(8192);
  /** By slot: number of the row that arrived last, and 1. */
  private last = new Float64Array(1024);
  private readonly texts = new Map<number, string>();
  private batches: BatchSpan[] = [];
  /** Number of the row that is first in `cells`. */
  private base = 0;
  /** Numbers of the first row that is there, and of the next to come. */
  private first = 0;
  private next = 0;
  /** Grows when rows go. */
  generation = 0;

  get count(): number {
    return this.next - this.first;
  }

  /** Number that the next row gets. */
  get end(): number {
    return this.next;
  }

  /** Newest batch that it holds, 0 when it holds none. */
  get lastBatch(): number {
    return this.batches.at(-1)?.batch ?? 0;
  }

  /** Order of two rows by key. */
  compare(a: number, b: number): number {
    return this.time(a) - this.time(b) || this.nth(a) - this.nth(b);
  }

  /** Adds a row to others. */
  copy(row: number, into: Rows): void {
    into.add(
      this.time(row),
      this.nth(row),
      this.resultTime(row),
      this.batch(row),
      this.mapping(row),
      this.flags(row),
      this.value(row),
    );
  }

  /** Numbers of a series' rows in order of key. @param isMeant leaves rows out */
  inOrder(series: number, isMeant?: (row: number) => boolean): number[] {
    const rows: number[] = [];
    let areSorted = true;
    for (let row = this.latest(this.slots.find(series)); row >= 0; row = this.before(row)) {
      if (isMeant?.(row) === false) continue;
      if (rows.length > 0 && this.compare(row, rows.at(-1)!) > 0) areSorted = false;
      rows.push(row);
    }
    rows.reverse();
    return areSorted ? rows : rows.sort((a, b) => this.compare(a, b));
  }

  /** Makes room for the rows of one batch, so that they lie in one piece. */
  reserve(rows: number): void {
    const used = this.next - this.base;
    const capacity = this.back.length;
    if (used + rows <= capacity) return;
    const from = this.first - this.base;
    const live = this.count;
    if (live + rows <= capacity * FILL) {
      this.cells.copyWithin(0, from * CELL.width, used * CELL.width);
      this.back.copyWithin(0, from, used);
    } else {
      let grown = capacity;
      while (live + rows > grown * FILL) grown *= 2;
      const cells = new Float64Array(grown * CELL.width);
      const back = new Uint32Array(grown);
      cells.set(this.cells.subarray(from * CELL.width, used * CELL.width));
      back.set(this.back.subarray(from, used));
      this.cells = cells;
      this.back = back;
    }
    this.base = this.first;
  }

  /** Adds a row, for which there is room; answers its number. */
  push(
    slot: number,
    series: number,
    time: number,
    value: number,
    resultTime: number,
    mapping: number,
    packed: number,
  ): number {
    const index = this.next - this.base;
    const cells = this.cells;
    const at = index * CELL.width;
    cells[at] = series;
    cells[at + CELL.time] = time;
    cells[at + CELL.value] = value;
    cells[at + CELL.resultTime] = resultTime;
    cells[at + CELL.mapping] = mapping;
    cells[at + CELL.packed] = packed;
    this.chain(slot, index);
    return this.next++;
  }

  setText(row: number, text: string): void {
    this.texts.set(row, text);
  }

  /** The rows from `from` on are a batch. */
  endBatch(batch: number, from: number): void {
    if (this.next > from) this.batches.push({ batch, from, to: this.next });
  }

  /** Adds the rows of a batch as {@link bytes} told them. */
  load(batch: number, data: Uint8Array, texts: readonly string[]): void {
    const rows = data.length / ROW_BYTES;
    this.reserve(rows);
    const from = this.next;
    const start = from - this.base;
    new Uint8Array(this.cells.buffer, start * ROW_BYTES, data.length).set(data);
    for (let i = 0; i < rows; i++) {
      const at = (start + i) * CELL.width;
      this.chain(this.slots.of(this.cells[at]!), start + i);
      if (this.cells[at + CELL.packed]! % 2 !== 0)
        this.texts.set(this.next, texts[this.cells[at + CELL.value]!]!);
      this.next++;
    }
    this.endBatch(batch, from);
  }

  /** The bytes of the rows from `from` on: of this memory, not a copy. */
  bytes(from: number): Buffer {
    const start = (from - this.base) * ROW_BYTES;
    return Buffer.from(this.cells.buffer, start, (this.next - from) * ROW_BYTES);
  }

  /** Forgets the rows from `from` on, which are of no batch yet. */
  undo(from: number): void {
    while (this.next > from) {
      const index = --this.next - this.base;
      const slot = this.slots.find(this.cells[index * CELL.width]!);
      const back = this.back[index]!;
      this.last[slot] = back === 0 ? 0 : this.next - back + 1;
      this.texts.delete(this.next);
    }
  }

  /** Forgets the rows of batches up to this one; answers whether there were any. */
  drop(batch: number): boolean {
    let gone = 0;
    while (gone < this.batches.length && this.batches[gone]!.batch <= batch) gone++;
    if (gone === 0) return false;
    const { to } = this.batches[gone - 1]!;
    if (this.texts.size > 0) for (let row = this.first; row < to; row++) this.texts.delete(row);
    this.batches = this.batches.slice(gone);
    this.first = to;
    this.generation++;
    if (this.count === 0) this.shrink();
    return true;
  }

  /** Number of the row of a slot that arrived last, -1 for none. */
  latest(slot: number): number {
    if (slot < 0 || slot >= this.last.length) return -1;
    const row = this.last[slot]! - 1;
    return row >= this.first ? row : -1;
  }

  /** Number of the row of the same series that arrived before, -1 for none. */
  before(row: number): number {
    const back = this.back[row - this.base]!;
    return back === 0 || row - back < this.first ? -1 : row - back;
  }

  series(row: number): number {
    return this.cells[(row - this.base) * CELL.width]!;
  }

  time(row: number): number {
    return this.cells[(row - this.base) * CELL.width + CELL.time]!;
  }

  nth(row: number): number {
    const packed = this.cells[(row - this.base) * CELL.width + CELL.packed]!;
    return Math.floor((packed % FLAGS_FACTOR) / 2);
  }

  flags(row: number): number {
    return Math.floor(this.cells[(row - this.base) * CELL.width + CELL.packed]! / FLAGS_FACTOR);
  }

  resultTime(row: number): number {
    return this.cells[(row - this.base) * CELL.width + CELL.resultTime]!;
  }

  mapping(row: number): number {
    return this.cells[(row - this.base) * CELL.width + CELL.mapping]!;
  }

  value(row: number): number | string {
    const at = (row - this.base) * CELL.width;
    return this.cells[at + CELL.packed]! % 2 === 0 ? this.cells[at + CELL.value]! : this.texts.get(row)!;
  }

  batch(row: number): number {
    let low = 0;
    let high = this.batches.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.batches[middle]!.to <= row) low = middle + 1;
      else high = middle;
    }
    return this.batches[low]!.batch;
  }

  private chain(slot: number, index: number): void {
    if (slot >= this.last.length) {
      const grown = new Float64Array(Math.max(slot + 1, this.last.length * 2));
      grown.set(this.last);
      this.last = grown;
    }
    const row = this.base + index;
    const before = this.last[slot]! - 1;
    this.back[index] = before >= this.first ? row - before : 0;
    this.last[slot] = row + 1;
  }

  /** What a burst made large is given back when nothing is left. */
  private shrink(): void {
    if (this.back.length <= 2 ** 20) return;
    this.cells = new Float64Array(8192 * CELL.width);
    this.back = new Uint32Array(8192);
    this.base = this.first;
  }
}
