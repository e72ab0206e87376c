import type { Step } from './job.js';
import { backOff } from './back-off.js';
import { sqliteCode } from '../../sqlite-file/errors.js';

/** Tries of a step before its job is given up. */
const TRIES = 6;

/** A command or what an earlier process had left of one. */
export interface QueuedJob {
  /** Undefined for what an earlier process had left. */
  readonly id: number | undefined;
  readonly start: () => Step;
  /** Batches up to this one were appended before it. */
  readonly after: number;
  /** Tries of a step whatever the error; without it a disk that is full is waited for. */
  readonly tries?: number;
  job?: Step;
  failures?: number;
}

/** What became of a turn. */
export type JobTurn =
  | { readonly type: 'none' }
  /** With the error, if it is why. */
  | { readonly type: 'waits'; readonly error?: unknown; readonly step?: Step | undefined }
  | { readonly type: 'goes-on'; readonly step: Step }
  | { readonly type: 'done'; readonly id: number | undefined; readonly rows: number }
  | {
      readonly type: 'rejected';
      readonly id: number | undefined;
      readonly error: unknown;
      readonly step: Step | undefined;
    };

/**
 * Jobs in the order they were given; one step of the first a turn. A step that fails is tried again
 * after a while, with a clock of its own: batches go on meanwhile.
 */
export class JobQueue {
  private readonly jobs: QueuedJob[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly wake: () => void) {}

  add(job: QueuedJob): void {
    this.jobs.push(job);
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
      if (!done) return { type: 'goes-on', step: queued.job };
      this.jobs.shift();
      return { type: 'done', id, rows: queued.job.rows };
    } catch (error) {
      const failures = (queued.failures = (queued.failures ?? 0) + 1);
      if (failures >= (queued.tries ?? TRIES) && (queued.tries !== undefined || !passes(error))) {
        this.jobs.shift();
        return { type: 'rejected', id, error, step: queued.job };
      }
      this.timer = setTimeout(() => {
        this.timer = undefined;
        this.wake();
      }, backOff(failures));
      return { type: 'waits', error, step: queued.job };
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
