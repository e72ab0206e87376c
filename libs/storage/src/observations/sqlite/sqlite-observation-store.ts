import { statSync } from 'node:fs';
import {
  type AggregateQuery,
  type AppendResult,
  type DatastreamAggregate,
  type DeadLetterPage,
  type DeadLetterQuery,
  type Extent,
  type LatestQuery,
  type Ledger,
  type MessageAppend,
  type Micros,
  type ObservationQuery,
  type ObservationRecord,
  type ObservationStore,
  type Render,
  type RenderedPage,
  type SeriesStatistics,
  type Settled,
  type StoreContents,
} from '#model';
import { closedError } from '../errors.js';
import type { StoreLogger } from '../store-logger.js';
import { AppendQueue } from './append-queue.js';
import { Anchors } from '../../sqlite-file/closing.js';
import { guarded } from '../../sqlite-file/errors.js';
import { COMPARED_AT_START, filesOf, type Durability } from './files.js';
import { unpackContents } from './contents-reader.js';
import { renderedPage } from './page-body.js';
import { ReaderClient } from './reader-client.js';
import { unpackRecords } from './record-batch.js';
import { MergerClient } from './body/merger-client.js';
import { figuresOf, StoreMeter, type StoreFigures } from './figures.js';
import { Merging, type MergingSettings } from './merging.js';
import { WriterClient } from './writer-client.js';

/** Where and how observations are kept. */
export interface SqliteStoreOptions {
  /** Folder of `head.db` and `observations.db`; made when it is missing. */
  readonly directory: string;
  /** `fsync`: what was acknowledged survives a power cut; `os`: only the end of the process. */
  readonly durability: Durability;
  /** Threads that read and write out pages; 1 unless told. */
  readonly readers?: number;
  readonly logger?: StoreLogger;
  /** Caps each file, in pages of 4 KiB, so that a test can have a full disk. */
  readonly maxPages?: number;
  /** When rows leave the head for the body. */
  readonly merging?: Partial<MergingSettings>;
  /**
   * Milliseconds without a word, while there is work, after which a thread counts as hanging, is ended and started
   * again. Long, because a slow disk is no reason.
   */
  readonly hangAfter?: number;
}

const HANG_AFTER_MS = 30_000;

const EARLIEST = Number.MIN_SAFE_INTEGER;
const LATEST = Number.MAX_SAFE_INTEGER;

/**
 * Observations in two SQLite files: the head, which takes what was just appended, and the body, to which it is moved
 * in blocks. One thread writes each, others read both; no disk is touched here.
 */
export class SqliteObservationStore implements ObservationStore {
  private readonly directory: string;
  private readonly hangAfter: number;
  private readonly writer: WriterClient;
  private readonly merger: MergerClient;
  private readonly merging: Merging;
  private readonly queue: AppendQueue;
  private readonly readers: readonly ReaderClient[];
  private readonly meter = new StoreMeter();
  private anchors: Anchors | undefined;
  private closing: Promise<void> | undefined;

  constructor({
    readers = 1,
    logger,
    merging = {},
    hangAfter = HANG_AFTER_MS,
    ...settings
  }: SqliteStoreOptions) {
    const { directory } = settings;
    this.directory = directory;
    this.hangAfter = hangAfter;
    this.writer = new WriterClient(
      settings,
      hangAfter,
      {
        committed: (what) => {
          this.meter.committed(what.took);
          this.merging.headHas(what.rows, what.batch);
          this.queue.committed(what.batch, what.refused);
        },
        head: (rows) => this.merging.headHas(rows),
        troubled: () => this.merging.writerTroubled(),
      },
      logger,
    );
    this.merger = new MergerClient(
      settings,
      hangAfter,
      {
        merged: (what) => {
          this.meter.merged(what.took);
          this.merging.merged(what.batch);
        },
        checkpointed: (noted) => this.merging.checkpointed(noted),
      },
      logger,
    );
    this.merging = new Merging(this.writer, this.merger, merging);
    this.queue = new AppendQueue(this.writer, this.meter);
    this.readers = Array.from({ length: readers }, () => new ReaderClient(directory, hangAfter));
  }

  get trouble(): string | undefined {
    return this.writer.trouble;
  }

  /** What does not leave the head waits there and hinders nobody, until a million rows do: then messages wait. */
  get warning(): string | undefined {
    return this.merger.damage ?? this.merger.trouble;
  }

  /** Numbers for those who watch the store. */
  get figures(): StoreFigures {
    const restarts = this.readers.reduce(
      (sum, reader) => sum + reader.restarts,
      this.writer.restarts + this.merger.restarts,
    );
    return figuresOf(this.directory, this.meter, this.merging.headRows, this.queue.waiting, restarts);
  }

  async open(): Promise<StoreContents> {
    for (const reader of this.readers) reader.start();
    try {
      const { head, body } = filesOf(this.directory);
      const writer = this.writer.open().then((ready) => {
        this.anchors = guarded(this.directory, () => new Anchors([head, body]));
        this.writer.begin();
        return ready;
      });
      const [{ batch, rows, purging }] = await Promise.all([writer, this.merger.start()]);
      this.merger.openFiles();
      if (statSync(body).size > COMPARED_AT_START) this.merger.compare(this.anchors!.handle(body));
      const contents = unpackContents(await this.reader.ask('contents', undefined));
      this.queue.begin(batch, contents.series, contents.schemas);
      this.merging.begin(rows, purging);
      return contents;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  append(message: MessageAppend): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      this.submit(message, (result, error) => {
        if (!result) reject(error ?? closedError());
        else {
          const { first, statuses } = result;
          resolve({ ...result, first: 0, statuses: statuses.slice(first, first + message.values.length) });
        }
      });
    });
  }

  submit<Message extends MessageAppend>(message: Message, settled: Settled<Message>): void {
    if (this.closing) setImmediate(settled, undefined, closedError(), message);
    else this.queue.submit(message, settled);
  }

  async query(query: ObservationQuery, render: Render): Promise<RenderedPage> {
    const { reader } = this;
    const known = { ...query, series: this.known(query.series) };
    return renderedPage(await reader.ask('query', { query: known, render }), reader);
  }

  async latest(query: LatestQuery, render: Render): Promise<RenderedPage> {
    const { reader } = this;
    const known = { ...query, series: this.known(query.series) };
    return renderedPage(await reader.ask('latest', { query: known, render }), reader);
  }

  async get(series: readonly number[], time: Micros, nth: number): Promise<ObservationRecord | undefined> {
    const rows = await this.reader.ask('at', { series: this.known(series), time, nth });
    return unpackRecords(rows, this.queue.series, this.queue.schemas)[0];
  }

  async latestRecords(series: readonly number[]): Promise<ObservationRecord[]> {
    const rows = await this.reader.ask('newest', this.known(series));
    return unpackRecords(rows, this.queue.series, this.queue.schemas);
  }

  async retained(series: readonly number[]): Promise<ObservationRecord[]> {
    const rows = await this.reader.ask('retained', this.known(series));
    return unpackRecords(rows, this.queue.series, this.queue.schemas);
  }

  extent(
    series: readonly number[],
    from: Micros = EARLIEST,
    to: Micros = LATEST,
  ): Promise<Extent | undefined> {
    return this.reader.ask('extent', { series: this.known(series), from, to });
  }

  async statistics(
    series: readonly number[],
    from: Micros = EARLIEST,
    to: Micros = LATEST,
  ): Promise<SeriesStatistics[]> {
    return [...(await this.reader.ask('statistics', { series: this.known(series), from, to }))];
  }

  async aggregate({ series, bounds }: AggregateQuery): Promise<DatastreamAggregate[]> {
    return [...(await this.reader.ask('aggregate', { series: this.known(series), bounds }))];
  }

  async delete(series: readonly number[], from: Micros = EARLIEST, to: Micros = LATEST): Promise<number> {
    if (this.closing) throw closedError();
    this.queue.flush();
    try {
      return await this.merging.delete(this.known(series), from, to);
    } finally {
      for (const reader of this.readers) reader.forget();
    }
  }

  async purge(series: readonly number[]): Promise<number> {
    if (this.closing) throw closedError();
    this.queue.flush();
    const known = this.known(series);
    const purged = this.merging.purge(known);
    this.queue.forget(known);
    return purged;
  }

  async retire(series: readonly number[]): Promise<void> {
    if (this.closing) throw closedError();
    this.queue.flush();
    await this.writer.command({ type: 'retire', series: this.known(series) });
  }

  ledger(): Promise<Ledger> {
    return this.reader.ask('ledger', undefined);
  }

  deadLetters(query: DeadLetterQuery): Promise<DeadLetterPage> {
    return this.reader.ask('deadLetters', query);
  }

  /** A thread of its own, for as long as the copy takes. */
  async backup(directory: string): Promise<void> {
    const copier = new ReaderClient(this.directory, Infinity);
    try {
      await copier.ask('backup', directory);
    } finally {
      await copier.close();
    }
  }

  close(): Promise<void> {
    return (this.closing ??= this.shutDown());
  }

  /** Ends threads as a crash would; for tests. */
  async kill(which: 'writer' | 'merger' | 'readers'): Promise<void> {
    await Promise.all(this.threads(which).map((thread) => thread.kill()));
  }

  /** Makes threads hang; for tests. */
  hang(which: 'writer' | 'merger' | 'readers'): void {
    for (const thread of this.threads(which)) thread.hang();
  }

  private threads(which: 'writer' | 'merger' | 'readers') {
    return which === 'readers' ? this.readers : [which === 'writer' ? this.writer : this.merger];
  }

  private async shutDown(): Promise<void> {
    this.queue.flush();
    await Promise.all(this.readers.map((reader) => reader.close()));
    await this.merging.finish();
    // The merger last: it brings the logs to their files.
    await this.writer.close();
    await this.merger.close();
    this.anchors?.release();
    this.queue.fail();
  }

  /** The least busy reader. */
  private get reader(): ReaderClient {
    return this.readers.reduce((best, one) => (one.load < best.load ? one : best));
  }

  /** Series that the store has, each once and ascending: purged ones are gone for readers at once. */
  private known(series: readonly number[]): readonly number[] {
    const { series: all } = this.queue;
    const isSo = series.every((id, i) => all.has(id) && (i === 0 || series[i - 1]! < id));
    return isSo ? series : [...new Set(series)].filter((id) => all.has(id)).sort((a, b) => a - b);
  }
}
