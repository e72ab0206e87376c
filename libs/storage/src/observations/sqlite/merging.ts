import { performance } from 'node:perf_hooks';
import type { Noted } from '../../sqlite-file/page-sums.js';
import type { MergerClient } from './body/merger-client.js';
import type { WriterClient } from './writer-client.js';

/** When rows leave the head for the body. */
export interface MergingSettings {
  /** Rows of the head at which they do. */
  readonly rows: number;
  /** Milliseconds after the last merge at which they do, when nothing arrives, and whatever arrives. */
  readonly idle: number;
  readonly latest: number;
}

/** So many that a series has several rows a merge, and so few that the memory of each thread has them. */
const DEFAULTS: MergingSettings = { rows: 128_000, idle: 5000, latest: 60_000 };
const TICK_MS = 1000;
/** How often the length of the head's log is looked at. */
const CHECKPOINT_EVERY_MS = 500;
/** The share of them that is worth a merge after a second: at a moderate rate less of the head is held in memory. */
const WORTH = 1 / 3;
/** Nothing has arrived for so long: ingest is idle. */
const QUIET_MS = 1000;
/** What a close waits for the last merge. What is not merged then stays in the head. */
const FINISH_MS = 3000;

/**
 * Moves rows from the head to the body: tells the merger when, and the writer what is there for good. Deletions go the
 * same way, since rows are deleted in the body alone.
 */
export class Merging {
  private readonly settings: MergingSettings;
  private rows = 0;
  private batch = 0;
  private running: Promise<void> | undefined;
  private trimmed: Promise<void> = Promise.resolve();
  private lastArrival = 0;
  private lastMerge = 0;
  private timer: NodeJS.Timeout | undefined;
  private checkpoints: NodeJS.Timeout | undefined;
  /** One at a time: see Checkpoint. */
  private isCheckpointing = false;
  private stopped = false;

  constructor(
    private readonly writer: WriterClient,
    private readonly merger: MergerClient,
    settings: Partial<MergingSettings>,
  ) {
    this.settings = { ...DEFAULTS, ...settings };
  }

  /** Rows that are committed and not yet in the body. */
  get headRows(): number {
    return this.rows;
  }

  /** Both threads run. Ends the purges that an earlier process began. */
  begin(rows: number, purging: readonly (readonly [series: number, batch: number])[]): void {
    this.rows = rows;
    this.batch = this.writer.committedBatch;
    this.lastMerge = this.lastArrival = performance.now();
    this.timer = setInterval(() => this.tick(), TICK_MS).unref();
    this.checkpoints = setInterval(() => this.checkpoint(), CHECKPOINT_EVERY_MS).unref();
    for (const [series, batch] of purging) {
      // The logger has told what hinders it; the next start tries again.
      this.deleteForgotten([series], batch).catch(() => undefined);
    }
  }

  /** How many rows the head has, after a batch came or rows left. */
  headHas(rows: number, batch?: number): void {
    this.rows = rows;
    if (batch !== undefined) {
      this.batch = batch;
      this.lastArrival = performance.now();
    }
    if (rows >= this.settings.rows) this.merge();
  }

  /** The head may have no room. */
  writerTroubled(): void {
    if (this.writer.trouble !== undefined && this.rows > 0) this.merge();
  }

  /** Batches up to this one are in the body for good. */
  merged(batch: number): void {
    this.trimmed = this.writer.command({ type: 'trim', batch }, 0).catch(() => undefined);
  }

  /** The merger brought the head's log to its file, if it was long; the writer brings what came meanwhile. */
  checkpointed(noted: Noted | undefined): void {
    if (!noted || this.stopped) {
      this.isCheckpointing = false;
      return;
    }
    this.writer
      .command({ type: 'checkpoint', noted }, 0)
      .catch(() => undefined)
      .finally(() => (this.isCheckpointing = false));
  }

  /** Deletes rows of the batches sent so far; answers how many. */
  async delete(series: readonly number[], from: number, to: number): Promise<number> {
    return this.deleteTo(this.writer.lastBatch, series, from, to);
  }

  /** Forgets series and deletes their rows of the batches sent so far; answers how many. */
  async purge(series: readonly number[]): Promise<number> {
    const batch = this.writer.lastBatch;
    await this.writer.command({ type: 'forget', series });
    return this.deleteForgotten(series, batch);
  }

  /** Merges what is left, if that is soon done; nothing is begun afterwards. */
  async finish(): Promise<void> {
    clearInterval(this.timer);
    clearInterval(this.checkpoints);
    this.stopped = true;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, FINISH_MS)));
    await Promise.race([late, this.mergeRest()]);
    clearTimeout(timer);
  }

  private async mergeRest(): Promise<void> {
    await this.writer.reached(this.writer.lastBatch);
    await this.running;
    if (this.rows > 0 && this.writer.trouble === undefined && this.merger.trouble === undefined)
      await this.merger.command({ type: 'merge' }, this.batch).catch(() => 0);
    await this.trimmed;
  }

  private async deleteForgotten(series: readonly number[], batch: number): Promise<number> {
    const rows = await this.deleteTo(batch, series, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    await this.writer.command({ type: 'forgotten', series });
    return rows;
  }

  private async deleteTo(
    batch: number,
    series: readonly number[],
    from: number,
    to: number,
  ): Promise<number> {
    if (series.length === 0) return 0;
    await this.writer.reached(batch);
    const rows = await this.merger.command({ type: 'delete', series, from, to }, batch);
    // The writer forgets the rows, too, before the same values may come again.
    await this.trimmed;
    return rows;
  }

  private checkpoint(): void {
    if (this.isCheckpointing) return;
    this.isCheckpointing = true;
    this.merger.checkpoint();
  }

  private tick(): void {
    const now = performance.now();
    const since = now - this.lastMerge;
    const quiet = now - this.lastArrival >= QUIET_MS;
    const { rows, idle, latest } = this.settings;
    const due = this.rows >= rows * WORTH || since >= latest || (quiet && since >= idle);
    if (this.rows > 0 && due) this.merge();
  }

  private merge(): void {
    if (this.running || this.stopped) return;
    this.running = this.run().finally(() => {
      this.running = undefined;
      this.lastMerge = performance.now();
      if (this.rows >= this.settings.rows && this.merger.trouble === undefined) this.merge();
    });
  }

  private async run(): Promise<void> {
    // What hinders it is told as trouble; the next tick tries again.
    await this.merger.command({ type: 'merge' }, this.batch).catch(() => 0);
    await this.trimmed;
  }
}
