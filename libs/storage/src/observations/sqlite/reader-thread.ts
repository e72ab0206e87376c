import { performance } from 'node:perf_hooks';
import type { Database } from 'better-sqlite3';
import {
  encodeCursor,
  encodeDatastreamCursor,
  GlossaError,
  type LatestQuery,
  type ObservationQuery,
  type ObservationRecord,
  type Render,
  type Series,
  type SeriesStatistics,
} from '#model';
import { explainFileError } from '../../sqlite-file/errors.js';
import { byDeviceAndName, datastreamsOf, type Datastream } from '../datastreams.js';
import { toLedger } from '../ledger-counts.js';
import { PageRenderer } from '../rendered-page.js';
import { AggregateReader } from './aggregate-reader.js';
import { readContents } from './contents-reader.js';
import { readDeadLetters } from './dead-letter-reader.js';
import { copyFiles } from './copy-files.js';
import { filesOf } from './files.js';
import { Definitions } from './definitions.js';
import { ExtentReader } from './extent-reader.js';
import { LedgerTable } from './ledger-row.js';
import { NewestReader } from './newest-reader.js';
import { OpenPages } from './open-pages.js';
import { PageReader } from './page-reader.js';
import { RowSource } from './reading/row-source.js';
import { packRows, toRecord } from './record-batch.js';
import type { FromReader, PageAnswer, ReaderCall, ReaderCalls, ToReader } from './reader-protocol.js';

const ALWAYS = { from: Number.MIN_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER } as const;

/** How often work that takes long says that it goes on. */
const ALIVE_EVERY_MS = 1000;

type Answer = ReaderCalls[keyof ReaderCalls]['answer'];

/** A question under way: each `next()` is one turn. */
type Work = Generator<void, Answer>;

interface Question {
  readonly id: number;
  readonly work: Work;
  readonly readsRows: boolean;
}

/** What needs no look at what was committed meanwhile. */
const WITHOUT_ROWS: ReadonlySet<ReaderCall> = new Set([
  'pull',
  'drop',
  'forget',
  'ledger',
  'deadLetters',
  'backup',
  'hang',
]);

/** Answers questions, one turn of each after the other, so that a long one does not hold back the others. */
export class ReaderThread {
  private readonly pages: PageReader;
  private readonly newest: NewestReader;
  private readonly aggregates: AggregateReader;
  private readonly extents: ExtentReader;
  private readonly definitions: Definitions;
  private readonly ledger: LedgerTable;
  private readonly source: RowSource;
  private readonly open = new OpenPages();
  private readonly renderer = new PageRenderer();
  private readonly queue: Question[] = [];
  private readonly files: ReturnType<typeof filesOf>;

  private told = 0;

  constructor(
    private readonly head: Database,
    private readonly body: Database,
    directory: string,
    private readonly tell: (message: FromReader, transfer: ArrayBuffer[]) => void,
  ) {
    this.files = filesOf(directory);
    this.source = new RowSource(head, body);
    this.definitions = new Definitions(head);
    this.pages = new PageReader(this.source, this.definitions);
    this.newest = new NewestReader(head, this.source);
    this.aggregates = new AggregateReader(this.source);
    this.extents = new ExtentReader(this.source);
    this.ledger = new LedgerTable(head);
  }

  handle(message: ToReader): void {
    const readsRows = !WITHOUT_ROWS.has(message.call);
    this.queue.push({ id: message.id, work: this.work(message), readsRows });
    if (this.queue.length === 1) this.schedule();
  }

  /** Closes the file; what is under way gets no answer. */
  close(): void {
    this.queue.length = 0;
    this.body.close();
    this.head.close();
  }

  private schedule(): void {
    setImmediate(() => {
      if (this.queue.length > 0) this.turn();
      if (this.queue.length > 0) this.schedule();
    });
  }

  private turn(): void {
    const question = this.queue.shift()!;
    const { id } = question;
    try {
      const { done, value } = this.oneTurn(question);
      if (done) this.tell({ id, answer: value }, buffersOf(value));
      else {
        this.queue.push(question);
        this.tellAlive();
      }
    } catch (error) {
      const known = error instanceof GlossaError;
      this.tell(
        {
          id,
          code: known ? error.code : 'unavailable',
          error: known ? error.message : this.explain(error),
        },
        [],
      );
    }
  }

  /** All that a turn reads is of one moment. */
  private oneTurn({ work, readsRows }: Question): IteratorResult<void, Answer> {
    if (!readsRows) return work.next();
    try {
      this.source.begin();
      return work.next();
    } finally {
      this.source.end();
    }
  }

  private tellAlive(): void {
    const now = performance.now();
    if (now - this.told < ALIVE_EVERY_MS) return;
    this.told = now;
    this.tell({ alive: true }, []);
  }

  private explain(error: unknown): string {
    return explainFileError(this.files.body, error);
  }

  private *work(message: ToReader): Work {
    switch (message.call) {
      case 'contents':
        return readContents(this.head, this.source);
      case 'query':
        return yield* this.query(message.ask.query, message.ask.render);
      case 'latest':
        return yield* this.latest(message.ask.query, message.ask.render);
      case 'pull':
        return this.open.pull(message.ask);
      case 'drop':
        this.open.drop(message.ask);
        return undefined;
      case 'forget':
        this.pages.forget();
        return undefined;
      case 'at': {
        const { series, time, nth } = message.ask;
        return packRows(series.map((id) => this.source.at(id, time, nth)).filter((row) => row !== undefined));
      }
      case 'newest':
        return packRows(
          yield* this.newest.of(this.datastreams(message.ask), Infinity, ALWAYS.from, ALWAYS.to),
        );
      case 'retained':
        return packRows(yield* this.newest.retained(this.datastreams(message.ask)));
      case 'extent':
        return yield* this.extents.of(message.ask.series, message.ask.from, message.ask.to);
      case 'statistics':
        return yield* this.statistics(message.ask);
      case 'aggregate': {
        const streams = [];
        for (const stream of this.datastreams(message.ask.series)) {
          streams.push(yield* this.aggregates.windows(stream, message.ask.bounds));
        }
        return streams.filter(({ windows }) => windows.length > 0);
      }
      case 'ledger':
        return toLedger(this.ledger.read());
      case 'deadLetters':
        return readDeadLetters(this.head, message.ask);
      case 'hang':
        for (;;);
      case 'backup':
        copyFiles(this.files, message.ask);
        return undefined;
    }
  }

  private *query({ cursor, ...query }: ObservationQuery, render: Render): Generator<void, PageAnswer> {
    const batch = cursor?.batch ?? this.source.batch;
    const { rows, last } = yield* this.pages.read({ ...ALWAYS, ...query, cursor, batch });
    return this.page(rows, rows.series, render, last && encodeCursor({ ...last, batch }));
  }

  private *latest(query: LatestQuery, render: Render): Generator<void, PageAnswer> {
    const { series, limit, after, from = ALWAYS.from, to = ALWAYS.to } = query;
    const streams = this.datastreams(series).filter((stream) => !after || byDeviceAndName(stream, after) > 0);
    const rows = yield* this.newest.of(streams, limit + 1, from, to);
    const page = rows.slice(0, limit);
    const last = rows.length > page.length ? this.definitions.series.get(page.at(-1)?.[0] ?? 0) : undefined;
    const { series: known, schemas } = this.definitions;
    const records = page.flatMap((row) => toRecord(row, known, schemas) ?? []);
    const homes = records.map((record) => record.series);
    return this.page(records, homes, render, last && encodeDatastreamCursor(last.device, last.name));
  }

  private page(
    records: Iterable<ObservationRecord>,
    series: readonly Series[],
    render: Render,
    cursor: string | undefined,
  ): PageAnswer {
    const next = cursor && render.nextPrefix + cursor;
    return {
      count: series.length,
      next,
      ...this.open.open(this.renderer.chunks(records, series, render, next)),
    };
  }

  private *statistics({
    series,
    from,
    to,
  }: ReaderCalls['statistics']['ask']): Generator<void, SeriesStatistics[]> {
    const all: SeriesStatistics[] = [];
    for (const id of series) all.push(yield* this.aggregates.statistics(id, from, to));
    return all;
  }

  private datastreams(series: readonly number[]): Datastream[] {
    return datastreamsOf(this.definitions.many(series));
  }
}

/** What of an answer is handed over instead of copied. */
function buffersOf(answer: Answer): ArrayBuffer[] {
  if (!answer || Array.isArray(answer)) return [];
  if ('chunk' in answer) return [answer.chunk.bytes.buffer];
  if ('bytes' in answer) return [answer.bytes.buffer];
  if ('numbers' in answer) return [answer.numbers.buffer as ArrayBuffer];
  return 'newest' in answer ? [answer.newest.numbers.buffer as ArrayBuffer] : [];
}
