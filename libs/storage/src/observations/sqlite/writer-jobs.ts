import type { Database, Statement } from 'better-sqlite3';
import type { WriterCommand } from './protocol.js';

/** Rows, and pieces of work, that one transaction takes at most: batches go between. */
const STEP_ROWS = 2000;
const STEP_TASKS = 200;

/**
 * One piece of a job: answers the rows it deleted, and whether it is done or must be called again. `commit` ends the
 * step, so that it stands whatever becomes of the next piece.
 */
type Task = () => { readonly rows: number; readonly done: boolean; readonly commit?: boolean };

/** A command under way. */
export class Job {
  /** Rows deleted so far. */
  rows = 0;
  private next = 0;

  constructor(
    private readonly db: Database,
    private readonly tasks: readonly Task[],
  ) {}

  /** Does one transaction's worth; answers whether all is done. When it throws, the step can be tried again. */
  step(): boolean {
    let { next, rows } = this;
    this.db
      .transaction(() => {
        const limit = rows + STEP_ROWS;
        for (let calls = 0; calls < STEP_TASKS && rows < limit && next < this.tasks.length; calls++) {
          const result = this.tasks[next]!();
          rows += result.rows;
          if (result.done) next++;
          if (result.commit) break;
        }
      })
      .immediate();
    this.next = next;
    this.rows = rows;
    return next === this.tasks.length;
  }
}

/** Retirements and deletions, in steps. */
export class WriterJobs {
  private readonly retire: Statement<[number, number]>;
  private readonly forget: Statement<[number]>;
  private readonly markPurge: Statement<[number, number]>;
  private readonly endPurge: Statement<[number]>;
  private readonly purges: Statement<[], [number, number]>;
  private readonly deleteSome: Statement<[number, number, number, number, number]>;

  constructor(private readonly db: Database) {
    this.retire = db.prepare('update series set retired = ? where id = ?');
    this.forget = db.prepare('delete from series where id = ?');
    this.markPurge = db.prepare('insert into purging values (?, ?) on conflict do update set b = excluded.b');
    this.endPurge = db.prepare('delete from purging where s = ?');
    this.purges = db.prepare<[], [number, number]>('select s, b from purging order by s').raw();
    this.deleteSome = db.prepare(
      `delete from observation where (s, t, n) in
         (select s, t, n from observation where s = ? and t >= ? and t < ? and b <= ? limit ?)`,
    );
  }

  /** Begins a command. Rows of batches after `batch` came after it and stay. */
  start(command: WriterCommand, batch: number): Job {
    const { series } = command;
    switch (command.type) {
      case 'retire':
        return new Job(this.db, [once(() => series.forEach((id) => this.retire.run(batch, id)))]);
      case 'delete':
        return new Job(
          this.db,
          series.map((id) => this.deletion(id, command.from, command.to, batch)),
        );
      case 'purge': {
        // The definitions go at once, so that no reader sees half of it; the rows follow.
        const forgetAll = () => {
          for (const id of series) {
            this.forget.run(id);
            this.markPurge.run(id, batch);
          }
          return { rows: 0, done: true, commit: true };
        };
        return new Job(this.db, [forgetAll, ...series.flatMap((id) => this.purging(id, batch))]);
      }
    }
  }

  /** Goes on with purges that the end of the process interrupted. */
  resume(): Job {
    return new Job(
      this.db,
      this.purges.all().flatMap(([id, batch]) => this.purging(id, batch)),
    );
  }

  private purging(series: number, batch: number): Task[] {
    const rows = this.deletion(series, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, batch);
    return [rows, once(() => this.endPurge.run(series))];
  }

  private deletion(series: number, from: number, to: number, batch: number): Task {
    return () => {
      const rows = this.deleteSome.run(series, from, to, batch, STEP_ROWS).changes;
      return { rows, done: rows < STEP_ROWS };
    };
  }
}

function once(action: () => unknown): Task {
  return () => {
    action();
    return { rows: 0, done: true };
  };
}
