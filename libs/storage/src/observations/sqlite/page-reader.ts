import type { Cursor } from '#model';
import type { BatchedRow, RowSource } from './reading/row-source.js';

/** Series whose first rows are looked up in one turn of the reader. */
const SERIES_A_TURN = 256;
/** Rows of one series read at once, at most. */
const CHUNK_ROWS = 512;

/** One series' rows in the page's order, read ahead a chunk at a time. */
interface Run {
  readonly series: number;
  rows: readonly BatchedRow[];
  at: number;
  size: number;
  ended: boolean;
}

/** Which rows a page holds. */
export interface PageSpan {
  readonly series: readonly number[];
  readonly from: number;
  readonly to: number;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
  readonly cursor?: Omit<Cursor, 'batch'> | undefined;
  /** Rows of later batches are left out. */
  readonly batch: number;
}

/** Reads pages as a lazy merge of the series' runs. */
export class PageReader {
  constructor(private readonly source: RowSource) {}

  /** The rows after the cursor, at most `limit + 1`, ordered by (time, series, nth). Yields between turns. */
  *read(span: PageSpan): Generator<void, BatchedRow[]> {
    const wanted = span.limit + 1;
    const first = Math.min(CHUNK_ROWS, Math.max(2, Math.ceil(wanted / Math.max(1, span.series.length))));
    const heap: Run[] = [];
    const precedes = span.order === 'asc' ? earlier : later;
    let filled = 0;
    for (const series of yield* this.candidates(span)) {
      const run: Run = { series, rows: [], at: 0, size: first, ended: false };
      this.fill(run, span, startKey(series, span));
      if (run.rows.length > 0) push(heap, run, precedes);
      if (++filled % SERIES_A_TURN === 0) yield;
    }
    const page: BatchedRow[] = [];
    while (page.length < wanted && heap.length > 0) {
      const run = heap[0]!;
      const row = run.rows[run.at++]!;
      page.push(row);
      if (run.at === run.rows.length) {
        run.size = Math.min(run.size * 2, CHUNK_ROWS, wanted);
        if (run.ended) run.rows = [];
        else this.fill(run, span, [row[1], row[2]]);
      }
      if (run.rows.length === 0) {
        const last = heap.pop()!;
        if (heap.length > 0) heap[0] = last;
      }
      sink(heap, precedes);
      if (page.length % (CHUNK_ROWS * 2) === 0) yield;
    }
    return page;
  }

  /**
   * The series whose rows the page can hold: of more series than the page has rows, those whose first rows come
   * first.
   */
  private *candidates(span: PageSpan): Generator<void, readonly number[]> {
    const { series, order, limit } = span;
    if (series.length <= limit + 1) return series;
    const heads: { readonly id: number; readonly time: number }[] = [];
    for (const [i, id] of series.entries()) {
      if (i % SERIES_A_TURN === SERIES_A_TURN - 1) yield;
      const [at, nth] = startKey(id, span);
      const time =
        order === 'asc'
          ? this.source.firstTime(id, at, nth, span.to, span.batch)
          : this.source.lastTime(id, at, nth, span.from, span.batch);
      if (time !== undefined) heads.push({ id, time });
    }
    const sign = order === 'asc' ? 1 : -1;
    heads.sort((a, b) => sign * (a.time - b.time || a.id - b.id));
    return heads.slice(0, limit + 1).map(({ id }) => id);
  }

  private fill(run: Run, span: PageSpan, [time, nth]: readonly [number, number]): void {
    run.rows =
      span.order === 'asc'
        ? this.source.rowsAfter(run.series, time, nth, span.to, span.batch, run.size)
        : this.source.rowsBefore(run.series, time, nth, span.from, span.batch, run.size);
    run.at = 0;
    run.ended = run.rows.length < run.size;
  }
}

/** The key, itself left out, after which a series' rows follow the cursor in the order (time, series, nth). */
function startKey(series: number, { from, to, order, cursor }: PageSpan): readonly [number, number] {
  const all: readonly [number, number] = order === 'asc' ? [from, -1] : [to, -1];
  if (!cursor) return all;
  const before = -1;
  const behind = Number.MAX_SAFE_INTEGER;
  let key: readonly [number, number];
  if (series === cursor.series) key = [cursor.time, cursor.nth];
  else if (order === 'asc') key = [cursor.time, series < cursor.series ? behind : before];
  else key = [cursor.time, series > cursor.series ? before : behind];
  // A cursor may come from a query of other bounds; the query's own bounds hold.
  if (order === 'asc') return key[0] < all[0] ? all : key;
  return key[0] >= all[0] ? all : key;
}

type Precedes = (a: Run, b: Run) => boolean;

function earlier(a: Run, b: Run): boolean {
  const s = a.rows[a.at]![1];
  const t = b.rows[b.at]![1];
  return s === t ? a.series < b.series : s < t;
}

function later(a: Run, b: Run): boolean {
  const s = a.rows[a.at]![1];
  const t = b.rows[b.at]![1];
  return s === t ? a.series > b.series : s > t;
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
