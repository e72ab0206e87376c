import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  GlossaError,
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
import { type Durability } from './database.js';
import { unpackContents } from './contents-reader.js';
import { renderedPage } from './page-body.js';
import { ReaderClient } from './reader-client.js';
import { unpackRecords } from './record-batch.js';
import { FILE_NAME } from './schema.js';
import { WriterClient } from './writer-client.js';

/** Where and how observations are kept. */
export interface SqliteStoreOptions {
  /** Folder of `observations.db`; made when it is missing. */
  readonly directory: string;
  /** `fsync`: what was acknowledged survives a power cut; `os`: only the end of the process. */
  readonly durability: Durability;
  /** Threads that read and write out pages; 1 unless told. */
  readonly readers?: number;
  readonly logger?: StoreLogger;
  /** Caps the file, in pages of 4 KiB, so that a test can have a full disk. */
  readonly maxPages?: number;
}

const EARLIEST = Number.MIN_SAFE_INTEGER;
const LATEST = Number.MAX_SAFE_INTEGER;

/** Observations in one SQLite file, written by one thread and read by others; no disk is touched here. */
export class SqliteObservationStore implements ObservationStore {
  private readonly directory: string;
  private readonly writer: WriterClient;
  private readonly queue: AppendQueue;
  private readonly readers: readonly ReaderClient[];
  private closing: Promise<void> | undefined;

  constructor({ readers = 1, logger, ...settings }: SqliteStoreOptions) {
    const { directory } = settings;
    this.directory = directory;
    this.writer = new WriterClient(settings, (batch) => this.queue.committed(batch), logger);
    this.queue = new AppendQueue(this.writer);
    this.readers = Array.from({ length: readers }, () => new ReaderClient(directory));
  }

  get trouble(): string | undefined {
    return this.writer.trouble;
  }

  async open(): Promise<StoreContents> {
    for (const reader of this.readers) reader.start();
    try {
      const lastBatch = await this.writer.open();
      const contents = unpackContents(await this.reader.ask('contents', undefined));
      this.queue.begin(lastBatch, contents.series, contents.schemas);
      return contents;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  append(message: MessageAppend): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      this.submit(message, (result, error) => {
        if (result) resolve(result);
        else reject(error ?? closedError());
      });
    });
  }

  submit(message: MessageAppend, settled: Settled): void {
    if (this.closing) setImmediate(settled, undefined, closedError());
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

  delete(series: readonly number[], from: Micros = EARLIEST, to: Micros = LATEST): Promise<number> {
    return this.command({ type: 'delete', series: this.known(series), from, to });
  }

  purge(series: readonly number[]): Promise<number> {
    const known = this.known(series);
    const purged = this.command({ type: 'purge', series: known });
    this.queue.forget(known);
    return purged;
  }

  async retire(series: readonly number[]): Promise<void> {
    await this.command({ type: 'retire', series: this.known(series) });
  }

  ledger(): Promise<Ledger> {
    return this.reader.ask('ledger', undefined);
  }

  deadLetters(query: DeadLetterQuery): Promise<DeadLetterPage> {
    return this.reader.ask('deadLetters', query);
  }

  /** A thread of its own, for as long as the copy takes. */
  async backup(directory: string): Promise<void> {
    const target = join(directory, FILE_NAME);
    if (existsSync(target)) {
      throw new GlossaError(
        'unavailable',
        `${target} exists already. Choose an empty folder for the backup.`,
      );
    }
    await mkdir(directory, { recursive: true });
    const copier = new ReaderClient(this.directory);
    try {
      await copier.ask('backup', target);
    } finally {
      await copier.close();
    }
  }

  close(): Promise<void> {
    return (this.closing ??= this.shutDown());
  }

  /** Ends threads as a crash would; for tests. */
  async kill(which: 'writer' | 'readers'): Promise<void> {
    const threads = which === 'writer' ? [this.writer] : this.readers;
    await Promise.all(threads.map((thread) => thread.kill()));
  }

  private async shutDown(): Promise<void> {
    this.queue.flush();
    await Promise.all(this.readers.map((reader) => reader.close()));
    await this.writer.close();
    this.queue.fail();
  }

  private command(command: Parameters<WriterClient['command']>[0]): Promise<number> {
    if (this.closing) return Promise.reject(closedError());
    this.queue.flush();
    return this.writer.command(command);
  }

  /** The least busy reader. */
  private get reader(): ReaderClient {
    return this.readers.reduce((best, one) => (one.load < best.load ? one : best));
  }

  /** Series that the store has, each once and ascending: purged ones are gone for readers at once. */
  private known(series: readonly number[]): number[] {
    return [...new Set(series)].filter((id) => this.queue.series.has(id)).sort((a, b) => a - b);
  }
}
