import type { Cursor } from '#model';
import { Rows } from '../blocks/rows.js';
import type { RowSource } from './row-source.js';

/** Series that are looked at in one turn of the reader. */
export const SERIES_A_TURN = 256;
/** Rows taken in one turn. */
const ROWS_A_TURN = 1024;
/** Rows of one series read at once, at most. */
const MOST_AT_ONCE = 512;
/** Rows that are read and not yet asked for, of all series together: about so many, and two a series at least. */
const READ_AHEAD = 100_000;

/** Which rows are read, and in which order. */
export interface Span {
  /** Ascending. */
  readonly series: readonly number[];
  readonly from: number;
  readonly to: number;
  readonly order: 'asc' | 'desc';
  /** Rows of later batches are left out. */
  readonly batch: number;
}

/** A row's place in the order. */
export type Position = Omit<Cursor, 'batch'>;

/** One series' rows that were read ahead: those of `ahead` in [at, end). */
interface Run {
  readonly series: number;
  at: number;
  end: number;
  /** Time of the row at `at`. */
  time: number;
  /** How many were asked for last. */
  size: number;
  /** Whether there are none behind them. */
  ended: boolean;
}

/**
 * Rows of many series as one sequence, ordered by (time, series, nth): a lazy merge of runs. It can be left and gone on
 * with later, in another transaction: rows of batches up to one stay what they are, unless they are deleted.
 */
export class Scan {
  private ahead = new Rows();
  private readonly heap: Run[] = [];
  private readonly precedes: (a: Run, b: Run) => boolean;
  private readonly most: number;
  private last: Position | undefined;
  private whole = true;

  constructor(
    private readonly source: Pick<RowSource, 'rowsAfter' | 'rowsBefore'>,
    readonly span: Span,
  ) {
    this.precedes = span.order === 'asc' ? earlier : later;
    this.most = Math.min(MOST_AT_ONCE, Math.max(2, Math.floor(READ_AHEAD / span.series.length)));
  }

  /** Whether a row follows. */
  get hasMore(): boolean {
    return this.heap.length > 0;
  }

  /** Whether all series of the span take part. */
  get isWhole(): boolean {
    return this.whole;
  }

  /** Rows that it holds. */
  get held(): number {
    return this.ahead.count;
  }

  /** The row behind which it stands. */
  get position(): Position | undefined {
    return this.last;
  }

  /**
   * Reads the first rows behind a position. Yields between turns.
   *
   * @param wanted rows that will be taken first
   * @param candidates series that have them, if not all
   */
  *begin(
    position: Position | undefined,
    wanted: number,
    candidates = this.span.series,
  ): Generator<void, void> {
    this.last = position;
    this.whole = candidates === this.span.series;
    const size = Math.min(this.most, Math.max(2, Math.ceil(wanted / Math.max(1, candidates.length))));
    for (const [i, series] of candidates.entries()) {
      const run: Run = { series, at: 0, end: 0, time: 0, size, ended: false };
      const [time, nth] = startKey(series, this.span, position);
      if (this.fill(run, time, nth)) push(this.heap, run, this.precedes);
      if (i % SERIES_A_TURN === SERIES_A_TURN - 1) yield;
    }
  }

  /** Takes up to so many rows; tells each one's series, and the place where it stands in others. Yields between turns. */
  *take(limit: number, tell: (series: number, rows: Rows, at: number) => void): Generator<void, void> {
    const { heap, precedes, ahead } = this;
    let [time, nth, series] = [0, 0, -1];
    for (let taken = 0; taken < limit && heap.length > 0;) {
      const run = heap[0]!;
      tell(run.series, ahead, run.at);
      series = run.series;
      time = run.time;
      nth = ahead.nths[run.at]!;
      if (++run.at < run.end) run.time = ahead.times[run.at]!;
      else if (run.ended || !this.refill(run, time, nth)) {
        const last = heap.pop()!;
        if (heap.length > 0) heap[0] = last;
      }
      sink(heap, precedes);
      if (++taken % ROWS_A_TURN === 0) yield;
    }
    if (series >= 0) this.last = { time, series, nth };
    this.compact();
  }

  private refill(run: Run, time: number, nth: number): boolean {
    run.size = Math.min(run.size * 2, this.most);
    return this.fill(run, time, nth);
  }

  /** Reads rows behind a key; answers whether there were any. */
  private fill(run: Run, time: number, nth: number): boolean {
    const { ahead, source } = this;
    const { order, from, to, batch } = this.span;
    run.at = ahead.count;
    const found =
      order === 'asc'
        ? source.rowsAfter(run.series, time, nth, to, batch, run.size, ahead)
        : source.rowsBefore(run.series, time, nth, from, batch, run.size, ahead);
    run.end = ahead.count;
    run.ended = found < run.size;
    if (found > 0) run.time = ahead.times[run.at]!;
    return found > 0;
  }

  /** Lets go of rows that were taken, once they are most of what is held. */
  private compact(): void {
    const { ahead, heap } = this;
    const live = heap.reduce((sum, run) => sum + run.end - run.at, 0);
    if (ahead.count < live * 2 + MOST_AT_ONCE) return;
    const kept = new Rows(live * 2 + MOST_AT_ONCE);
    for (const run of heap) {
      const at = kept.count;
      for (let i = run.at; i < run.end; i++) kept.copy(ahead, i);
      run.at = at;
      run.end = kept.count;
    }
    this.ahead = kept;
  }
}

/** The key, itself left out, behind which a series' rows follow a position in the order (time, series, nth). */
export function startKey(
  series: number,
  { from, to, order }: Span,
  position: Position | undefined,
): readonly [time: number, nth: number] {
  const all: readonly [number, number] = order === 'asc' ? [from, -1] : [to, -1];
  if (!position) return all;
  const before = -1;
  const behind = Number.MAX_SAFE_INTEGER;
  let key: readonly [number, number];
  if (series === position.series) key = [position.time, position.nth];
  else if (order === 'asc') key = [position.time, series < position.series ? behind : before];
  else key = [position.time, series > position.series ? before : behind];
  // A cursor may come from a query of other bounds; the query's own bounds hold.
  if (order === 'asc') return key[0] < all[0] ? all : key;
  return key[0] >= all[0] ? all : key;
}

type Precedes = (a: Run, b: Run) => boolean;

function earlier(a: Run, b: Run): boolean {
  return a.time === b.time ? a.series < b.series : a.time < b.time;
}

function later(a: Run, b: Run): boolean {
  return a.time === b.time ? a.series > b.series : a.time > b.time;
}

function push(heap: Run[], run: Run, precedes: Precedes): void {
  let at = heap.push(run) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!precedes(run, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = run;
}

/** Restores the order after the first run moved on. */
function sink(heap: Run[], precedes: Precedes): void {
  const run = heap[0];
  if (!run) return;
  let at = 0;
  for (;;) {
    let child = at * 2 + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && precedes(heap[child + 1]!, heap[child]!)) child++;
    if (!precedes(heap[child]!, run)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = run;
}
