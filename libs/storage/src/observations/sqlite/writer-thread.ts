import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { explainFileError } from '../../sqlite-file/errors.js';
import { backOff } from './back-off.js';
import { BatchWriter } from './batch-writer.js';
import type { BatchData } from './batch.js';
import { JobQueue } from './job-queue.js';
import type { FromWriter, ToWriter } from './protocol.js';
import { FILE_NAME } from './schema.js';
import { WriterJobs } from './writer-jobs.js';

/** How often dead letters are looked at for their age. */
const PRUNE_EVERY_MS = 60_000;

/**
 * The writer's loop: batches first and in order, one step of a job between two batches. A batch that cannot be
 * written is kept and tried again; meanwhile jobs go on, because a deletion may be what makes room. A job that fails
 * holds back no batch.
 */
export class WriterThread {
  private readonly batches: BatchData[] = [];
  private readonly jobs = new JobQueue(() => this.schedule());
  private readonly writer: BatchWriter;
  private readonly file: string;
  private readonly runner: WriterJobs;
  private failures = 0;
  private timer: NodeJS.Timeout | undefined;
  private scheduled = false;
  private closing = false;
  private readonly pruning: NodeJS.Timeout;

  constructor(
    private readonly db: Database,
    directory: string,
    private readonly tell: (message: FromWriter) => void,
    private readonly closed: () => void,
  ) {
    this.file = join(directory, FILE_NAME);
    this.writer = new BatchWriter(db);
    this.runner = new WriterJobs(db);
    this.jobs.add({ id: undefined, start: () => this.runner.resume(), after: 0 });
    this.pruning = setInterval(() => this.prune(), PRUNE_EVERY_MS);
    this.prune();
    this.tell({ type: 'ready', batch: this.writer.lastBatch });
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
        this.jobs.add({ id, start, after, isShort: command.type === 'retire' });
        break;
      }
      case 'close':
        this.closing = true;
        break;
    }
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.turn();
    });
  }

  /** One batch and one step of a job, then the thread listens again. */
  private turn(): void {
    if (!this.timer || this.closing) this.writeNext();
    const more = this.stepJob();
    if (this.closing && (this.timer !== undefined || (this.batches.length === 0 && !more))) this.close();
    else if ((this.batches.length > 0 && !this.timer) || more) this.schedule();
  }

  private writeNext(): void {
    const batch = this.batches[0];
    if (!batch) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    try {
      this.writer.write(batch);
    } catch (error) {
      this.failed(error);
      return;
    }
    this.batches.shift();
    this.recovered();
    this.tell({ type: 'committed', batch: batch.number });
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
        const reason = `Observations could not be deleted or retired: ${explainFileError(this.file, turn.error)}`;
        this.tell({ type: 'rejected', id: turn.id, reason });
        return true;
      }
      case 'done':
        // What it deleted may be the room that a waiting batch needs.
        clearTimeout(this.timer);
        this.timer = undefined;
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
    try {
      this.db.pragma('wal_checkpoint(TRUNCATE)');
    } catch {
      // The log is read again at the next start.
    }
    this.db.close();
    this.closed();
  }
}
