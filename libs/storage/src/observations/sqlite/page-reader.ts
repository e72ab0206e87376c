import { performance } from 'node:perf_hooks';
import type { Definitions } from './definitions.js';
import { PageRows } from './page-rows.js';
import type { RowSource } from './reading/row-source.js';
import { Scan, SERIES_A_TURN, startKey, type Position, type Span } from './reading/scan.js';

/** Pages of so many rows are of someone who wants all of them: the scan is kept from the first on. */
const BULK = 1000;
/** Series of a scan that is more than its page, at most. */
const MAX_SERIES = 50_000;
/** Scans that are kept, rows that they hold, and how long they are kept, up to twice. */
const MAX_KEPT = 16;
const MAX_HELD = 400_000;
const KEPT_MS = 10_000;

/** Which rows a page holds. */
export interface PageSpan extends Span {
  readonly limit: number;
  /** The row after which it begins. */
  readonly cursor?: Position | undefined;
}

/** A page that was read. */
export interface ReadPage {
  readonly rows: PageRows;
  /** The last row, if more follow. */
  readonly last: Position | undefined;
}

/**
 * Reads pages. Who asks for a page by the cursor of the one before goes on with its scan, which was kept: to look for
 * the next row of each series again would cost more than the page. Kept scans are few, bounded and gone in seconds.
 */
export class PageReader {
  private readonly kept = new Map<Scan, number>();
  private deletions = 0;
  private expiring: NodeJS.Timeout | undefined;

  constructor(
    private readonly source: RowSource,
    private readonly definitions: Definitions,
  ) {}

  /** The rows after the cursor, ordered by (time, series, nth). Rows whose series is gone are left out. Yields between turns. */
  *read(span: PageSpan): Generator<void, ReadPage> {
    const { limit, cursor } = span;
    const { deletions } = this;
    const scan = this.takeKept(span) ?? (yield* this.begin(span));
    const rows = new PageRows(Math.min(limit, 10_000));
    const { series: allSeries, schemas } = this.definitions;
    yield* scan.take(limit, (id, from, at) => {
      const series = allSeries.get(id);
      const schema = schemas.get(from.mappings[at]!);
      if (series && schema) rows.add(series, schema, from, at);
    });
    const last = scan.hasMore ? scan.position : undefined;
    const isRead = cursor !== undefined || limit >= BULK;
    if (last && isRead && scan.isWhole && deletions === this.deletions) this.keep(scan);
    return { rows, last };
  }

  /** Rows were deleted: what was read ahead may hold them. */
  forget(): void {
    this.deletions++;
    this.kept.clear();
  }

  private keep(scan: Scan): void {
    this.kept.set(scan, performance.now() + KEPT_MS);
    let held = 0;
    for (const [i, one] of [...this.kept.keys()].reverse().entries()) {
      held += one.held;
      if (held > MAX_HELD || i >= MAX_KEPT) this.kept.delete(one);
    }
    this.expiring ??= setTimeout(() => this.expire(), KEPT_MS).unref();
  }

  /** Lets go of scans that nobody went on with. */
  private expire(): void {
    const now = performance.now();
    for (const [scan, until] of this.kept) if (until <= now) this.kept.delete(scan);
    this.expiring = this.kept.size > 0 ? setTimeout(() => this.expire(), KEPT_MS).unref() : undefined;
  }

  private takeKept(span: PageSpan): Scan | undefined {
    if (!span.cursor) return undefined;
    for (const scan of this.kept.keys()) {
      if (!isAt(scan, span.cursor) || !isOf(scan, span)) continue;
      this.kept.delete(scan);
      return scan;
    }
    return undefined;
  }

  private *begin(span: PageSpan): Generator<void, Scan> {
    const { cursor, limit } = span;
    const scan = new Scan(this.source, span);
    // A page by cursor has others behind it, mostly: then the first rows of all series are no waste.
    const many = span.series.length;
    if (many <= limit + 1 || (cursor && many <= MAX_SERIES)) yield* scan.begin(cursor, limit + 1);
    else yield* scan.begin(cursor, limit + 1, yield* this.candidates(span));
    return scan;
  }

  /** Of more series than the page has rows: those whose first rows come first. */
  private *candidates(span: PageSpan): Generator<void, readonly number[]> {
    const { series, order, limit } = span;
    const heads: { readonly id: number; readonly time: number }[] = [];
    for (const [i, id] of series.entries()) {
      if (i % SERIES_A_TURN === SERIES_A_TURN - 1) yield;
      const [at, nth] = startKey(id, span, span.cursor);
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
}

function isAt({ position }: Scan, { time, series, nth }: Position): boolean {
  return position?.time === time && position.series === series && position.nth === nth;
}

function isOf({ span: one }: Scan, other: Span): boolean {
  return (
    one.batch === other.batch &&
    one.from === other.from &&
    one.to === other.to &&
    one.order === other.order &&
    one.series.length === other.series.length &&
    one.series.every((id, i) => id === other.series[i])
  );
}
