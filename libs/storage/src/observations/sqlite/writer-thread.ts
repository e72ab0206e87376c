import { performance } from 'node:perf_hooks';
import type { Database } from 'better-sqlite3';
import { Checkpoint } from '../../sqlite-file/checkpoint.js';
import { closeUnsettled } from '../../sqlite-file/closing.js';
import { explainFileError } from '../../sqlite-file/errors.js';
import { backOff } from './back-off.js';
import { BatchWriter } from './batch-writer.js';
import { BodyTable } from './body/body-table.js';
import type { BatchData } from './batch.js';
import { filesOf } from './files.js';
import { HeadRows } from './head/head-rows.js';
import { HeadTable } from './head/head-table.js';
import { JobQueue } from './job-queue.js';
import { KnownRows } from './known-rows.js';
import type { FromWriter, ToWriter } from './protocol.js';
import { WriterJobs } from './writer-jobs.js';

/** How often dead letters are looked at for their age. */
const PRUNE_EVERY_MS = 60_000;
/** Rows of the head at which batches wait until some have left for the body. */
const HEAD_LIMIT = 1_000_000;
const TELL_WAITING_MS = 1000;

/**
 * The writer's loop, of the head's file: batches first and in order, one step of a job between two batches. A batch
 * that cannot be written is kept and tried again; meanwhile jobs go on, because what leaves for the body makes room. A
 * job that fails holds back no batch.
 */
export class WriterThread {
  private readonly batches: BatchData[] = [];
  private readonly head = new HeadRows();
  private readonly jobs = new JobQueue(() => this.schedule());
  private readonly writer: BatchWriter;
  private readonly file: string;
  private readonly runner: WriterJobs;
  private readonly log: Checkpoint;
  private failures = 0;
  private timer: NodeJS.Timeout | undefined;
  private scheduled = false;
  private closing = false;
  private hasBegun = false;
  private pruning: NodeJS.Timeout | undefined;

  private waitingTold = 0;

  constructor(
    private readonly db: Database,
    private readonly body: Database,
    directory: string,
    private readonly tell: (message: FromWriter) => void,
    private readonly beat: () => void,
    private readonly closed: () => void,
  ) {
    this.file = filesOf(directory).head;
    const blocks = new BodyTable(body);
    const { done } = blocks.merged();
    for (const { batch, data, texts } of new HeadTable(db).between(done, Number.MAX_SAFE_INTEGER))
      this.head.load(batch, data, texts);
    const known = new KnownRows(this.head, blocks, beat);
    this.writer = new BatchWriter(db, this.head, known, beat);
    this.log = new Checkpoint(this.file, db);
    this.runner = new WriterJobs(db, this.head, known, this.log);
    this.jobs.add({
      id: undefined,
      start: () => this.runner.start({ type: 'trim', batch: done }, 0),
      after: 0,
    });
    this.tell({
      type: 'ready',
      batch: this.writer.lastBatch,
      rows: this.head.count,
      purging: this.runner.purging(),
    });
  }

  /** Nothing is written before. */
  begin(): void {
    this.prune();
    this.pruning = setInterval(() => this.prune(), PRUNE_EVERY_MS);
    this.hasBegun = true;
    this.schedule();
  }

  /** Takes a message of the main thread. */
  handle(message: ToWriter): void {
    switch (message.type) {
      case 'batch':
        this.batches.push(message.batch);
        break;
      case 'command': {
        const { id, command, after } = message;
        const start = () => this.runner.start(command, after);
        this.jobs.add({ id, start, after });
        break;
      }
      case 'begin':
        this.begin();
        break;
      case 'hang':
        for (;;);
      case 'close':
        this.closing = true;
        break;
    }
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled || !(this.hasBegun || this.closing)) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.turn();
    });
  }

  /** One batch and one step of a job, then the thread listens again. */
  private turn(): void {
    this.beat();
    if (!this.hasBegun) return this.close();
    if (!this.timer || this.closing) this.writeNext();
    const more = this.stepJob();
    if (this.closing && (this.timer !== undefined || (this.batches.length === 0 && !more))) this.close();
    else if ((this.batches.length > 0 && !this.timer && !this.isFull) || more) this.schedule();
    else if (this.batches.length > 0 && this.isFull) this.waits();
  }

  private get isFull(): boolean {
    return this.head.count >= HEAD_LIMIT;
  }

  /** The head is full: the merger makes room, which the main thread tells by a command. */
  private waits(): void {
    if (performance.now() - this.waitingTold < TELL_WAITING_MS) return;
    this.waitingTold = performance.now();
    this.tell({ type: 'waits' });
    setTimeout(() => this.schedule(), TELL_WAITING_MS).unref();
  }

  private writeNext(): void {
    const batch = this.batches[0];
    if (!batch || (this.isFull && !this.closing)) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    const began = performance.now();
    let refused: string | undefined;
    try {
      refused = this.writer.write(batch);
    } catch (error) {
      this.failed(error);
      return;
    }
    this.batches.shift();
    this.recovered();
    const took = performance.now() - began;
    this.tell({ type: 'committed', batch: batch.number, took, rows: this.head.count, refused });
  }

  private recovered(): void {
    if (this.failures === 0) return;
    this.failures = 0;
    this.tell({ type: 'trouble', reason: undefined });
  }

  private failed(error: unknown): void {
    clearTimeout(this.timer);
    this.tell({ type: 'trouble', reason: explainFileError(this.file, error) });
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.schedule();
    }, backOff(++this.failures));
  }

  /** Answers whether a job can go on at once. */
  private stepJob(): boolean {
    const turn = this.jobs.turn(this.writer.lastBatch, this.timer !== undefined);
    switch (turn.type) {
      case 'none':
      case 'waits':
        return false;
      case 'goes-on':
        return true;
      case 'rejected': {
        const reason = `Observations could not be retired or deleted: ${explainFileError(this.file, turn.error)}`;
        this.tell({ type: 'rejected', id: turn.id, reason });
        return true;
      }
      case 'done':
        // What it deleted may be the room that a waiting batch needs.
        clearTimeout(this.timer);
        this.timer = undefined;
        this.tell({ type: 'head', rows: this.head.count });
        if (turn.id !== undefined) this.tell({ type: 'done', id: turn.id, rows: turn.rows });
        return true;
    }
  }

  private prune(): void {
    try {
      this.db.transaction(() => this.writer.letters.prune()).immediate();
    } catch {
      // Tried again at the next turn of the clock; a disk in trouble shows at the next batch.
      this.writer.letters.reset();
    }
  }

  private close(): void {
    clearTimeout(this.timer);
    this.jobs.stop();
    clearInterval(this.pruning);
    this.log.close();
    this.body.close();
    // The merger brings what the log holds.
    closeUnsettled(this.file, this.db);
    this.closed();
  }
}
