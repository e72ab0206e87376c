import type { Database } from 'better-sqlite3';

/** Rows, and pieces of work, that one transaction takes at most: batches go between. */
export const STEP_ROWS = 2000;
const STEP_TASKS = 200;

/**
 * One piece of a job: answers the rows it deleted, and whether it is done or must be called again. `commit` ends the
 * step, so that it stands whatever becomes of the next piece.
 */
export type Task = () => { readonly rows: number; readonly done: boolean; readonly commit?: boolean };

/** Work in steps. */
export interface Step {
  /** Rows deleted so far. */
  readonly rows: number;
  /** Does one transaction's worth; answers whether all is done. When it throws, the step can be tried again. */
  step(): boolean;
}

/** A command under way. */
export class Job implements Step {
  rows = 0;
  private next = 0;

  constructor(
    /** Undefined for what must not be done in a transaction. */
    private readonly db: Database | undefined,
    private readonly tasks: readonly Task[],
    /** Called after the last transaction. */
    private readonly ended: () => void = () => undefined,
  ) {}

  step(): boolean {
    let { next, rows } = this;
    const run = () => {
      const limit = rows + STEP_ROWS;
      for (let calls = 0; calls < STEP_TASKS && rows < limit && next < this.tasks.length; calls++) {
        const result = this.tasks[next]!();
        rows += result.rows;
        if (result.done) next++;
        if (result.commit) break;
      }
    };
    if (this.db) this.db.transaction(run).immediate();
    else run();
    if (next === this.tasks.length) this.ended();
    this.next = next;
    this.rows = rows;
    return next === this.tasks.length;
  }
}

export function once(action: () => unknown): Task {
  return () => {
    action();
    return { rows: 0, done: true };
  };
}
