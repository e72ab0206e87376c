import type { Database, Statement } from 'better-sqlite3';
import type { Cursor } from '#model';
import type { RowTuple } from './record-batch.js';

/** Series whose first rows are looked up by one statement, which is the reader's turn. */
const SERIES_A_TURN = 512;
/** Rows of one series read at once, at most. */
const CHUNK_ROWS = 512;

type Tail = readonly [
  time: number,
  nth: number,
  value: number | string,
  lag: number,
  mapping: number,
  flags: number,
];

/** A series and the time of its first row in the page's order, null when it has none. */
type Head = readonly [series: number, time: number | null];

/** One series' rows in the page's order, read ahead a chunk at a time. */
interface Run {
  readonly series: number;
  rows: readonly Tail[];
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

/** Reads pages as a lazy merge of the series' runs; no statement stays open between two turns. */
export class PageReader {
  private readonly ascending: Statement<number[], Tail>;
  private readonly descending: Statement<number[], Tail>;
  private readonly firstTimes: Statement<unknown[], Head>;
  private readonly lastTimes: Statement<unknown[], Head>;

  constructor(db: Database) {
    const columns = 'select t, n, v, lag, m, q from observation';
    this.ascending = db
      .prepare<number[], Tail>(
        `${columns} where s = ? and (t, n) > (?, ?) and t < ? and b <= ? order by t, n limit ?`,
      )
      .raw();
    this.descending = db
      .prepare<number[], Tail>(
        `${columns} where s = ? and (t, n) < (?, ?) and t >= ? and b <= ? order by t desc, n desc limit ?`,
      )
      .raw();
    const head = (condition: string, direction: string) =>
      db
        .prepare<unknown[], Head>(
          `select value, (select t from observation where s = value and ${condition} and b <= ?
             order by t ${direction}, n ${direction} limit 1) from json_each(?)`,
        )
        .raw();
    this.firstTimes = head('(t, n) > (?, ?) and t < ?', 'asc');
    this.lastTimes = head('(t, n) < (?, ?) and t >= ?', 'desc');
  }

  /** The rows after the cursor, at most `limit + 1`, ordered by (time, series, nth). Yields between turns. */
  *read(span: PageSpan): Generator<void, RowTuple[]> {
    const wanted = span.limit + 1;
    const first = Math.min(CHUNK_ROWS, Math.max(2, Math.ceil(wanted / Math.max(1, span.series.length))));
    const heap: Run[] = [];
    const precedes = span.order === 'asc' ? earlier : later;
    for (const series of yield* this.candidates(span)) {
      const run: Run = { series, rows: [], at: 0, size: first, ended: false };
      this.fill(run, span, startKey(series, span));
      if (run.rows.length > 0) push(heap, run, precedes);
    }
    const page: RowTuple[] = [];
    while (page.length < wanted && heap.length > 0) {
      const run = heap[0]!;
      const [time, nth, ...rest] = run.rows[run.at++]!;
      page.push([run.series, time, nth, ...rest]);
      if (run.at === run.rows.length) {
        run.size = Math.min(run.size * 2, CHUNK_ROWS, wanted);
        if (run.ended) run.rows = [];
        else this.fill(run, span, [time, nth]);
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
    const statement = order === 'asc' ? this.firstTimes : this.lastTimes;
    const bound = order === 'asc' ? span.to : span.from;
    for (const [key, group] of groupByKey(span)) {
      for (let at = 0; at < group.length; at += SERIES_A_TURN) {
        const ids = JSON.stringify(group.slice(at, at + SERIES_A_TURN));
        for (const [id, time] of statement.all(...key, bound, span.batch, ids)) {
          if (time !== null) heads.push({ id, time });
        }
        yield;
      }
    }
    const sign = order === 'asc' ? 1 : -1;
    heads.sort((a, b) => sign * (a.time - b.time || a.id - b.id));
    return heads.slice(0, limit + 1).map(({ id }) => id);
  }

  private fill(run: Run, span: PageSpan, [time, nth]: readonly [number, number]): void {
    const statement = span.order === 'asc' ? this.ascending : this.descending;
    const bound = span.order === 'asc' ? span.to : span.from;
    run.rows = statement.all(run.series, time, nth, bound, span.batch, run.size);
    run.at = 0;
    run.ended = run.rows.length < run.size;
  }
}

/** The span's series by the key after which their rows follow. */
function groupByKey(span: PageSpan): [key: readonly [number, number], series: number[]][] {
  const groups = new Map<string, [readonly [number, number], number[]]>();
  for (const series of span.series) {
    const key = startKey(series, span);
    const name = key.join();
    const group = groups.get(name);
    if (group) group[1].push(series);
    else groups.set(name, [key, [series]]);
  }
  return [...groups.values()];
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
  const s = a.rows[a.at]![0];
  const t = b.rows[b.at]![0];
  return s === t ? a.series < b.series : s < t;
}

function later(a: Run, b: Run): boolean {
  const s = a.rows[a.at]![0];
  const t = b.rows[b.at]![0];
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
