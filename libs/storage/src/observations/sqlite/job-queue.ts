import type { Job } from './writer-jobs.js';
import { backOff } from './back-off.js';
import { sqliteCode } from '../../sqlite-file/errors.js';

/** Tries of a step before its job is given up. */
const TRIES = 6;

/** A command or what an earlier process had left of one. */
export interface QueuedJob {
  /** Undefined for what an earlier process had left. */
  readonly id: number | undefined;
  readonly start: () => Job;
  /** Batches up to this one were appended before it. */
  readonly after: number;
  /** Short: goes before those that are not, running ones too. */
  readonly isShort?: boolean;
  job?: Job;
  failures?: number;
}

/** What became of a turn. */
export type JobTurn =
  | { readonly type: 'none' | 'waits' | 'goes-on' }
  | { readonly type: 'done'; readonly id: number | undefined; readonly rows: number }
  | { readonly type: 'rejected'; readonly id: number | undefined; readonly error: unknown };

/**
 * Jobs in the order they were given, short ones first; one step of the first a turn. A step that fails is tried again
 * after a while, with a clock of its own: batches go on meanwhile.
 */
export class JobQueue {
  private readonly jobs: QueuedJob[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly wake: () => void) {}

  add(job: QueuedJob): void {
    const place = job.isShort ? this.jobs.findIndex(({ isShort }) => !isShort) : -1;
    if (place < 0) this.jobs.push(job);
    else this.jobs.splice(place, 0, job);
    // What is new need not wait for the clock of another's failure.
    if (place === 0) this.stop();
  }

  /** One step. A job whose batches are still to come waits for them, unless they cannot be written. */
  turn(lastBatch: number, batchesFail: boolean): JobTurn {
    const queued = this.jobs[0];
    if (!queued) return { type: 'none' };
    if (this.timer || (queued.after > lastBatch && !batchesFail)) return { type: 'waits' };
    const { id } = queued;
    try {
      queued.job ??= queued.start();
      const done = queued.job.step();
      queued.failures = 0;
      if (!done) return { type: 'goes-on' };
      this.jobs.shift();
      return { type: 'done', id, rows: queued.job.rows };
    } catch (error) {
      const failures = (queued.failures = (queued.failures ?? 0) + 1);
      if (failures >= TRIES && !passes(error)) {
        this.jobs.shift();
        return { type: 'rejected', id, error };
      }
      this.timer = setTimeout(() => {
        this.timer = undefined;
        this.wake();
      }, backOff(failures));
      return { type: 'waits' };
    }
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}

/** Whether an error is one that ends by itself or with room: the disk is full, another program holds the file. */
function passes(error: unknown): boolean {
  return /^SQLITE_(FULL|BUSY|LOCKED)/.test(sqliteCode(error) ?? '');
}
