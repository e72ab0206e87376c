import type { Database, Statement } from 'better-sqlite3';
import type { Checkpoint } from '../../sqlite-file/checkpoint.js';
import type { Noted } from '../../sqlite-file/page-sums.js';
import type { HeadRows } from './head/head-rows.js';
import { Job, once, type Task } from './job.js';
import type { KnownRows } from './known-rows.js';
import type { WriterCommand } from './protocol.js';

/** Rows, and batches, that one transaction takes out of the head at most. */
const TRIM_ROWS = 16_384;
const TRIM_BATCHES = 256;

/** Retirements, and what deletions and merges need of the head. */
export class WriterJobs {
  private readonly retire: Statement<[number, number]>;
  private readonly forget: Statement<[number]>;
  private readonly markPurge: Statement<[number, number]>;
  private readonly endPurge: Statement<[number]>;
  private readonly oldest: Statement<[number, number], { batch: number; count: number }>;
  private readonly deleteTo: Statement<[number]>;
  private readonly noteMerged: Statement<[number]>;

  constructor(
    private readonly db: Database,
    private readonly head: HeadRows,
    private readonly known: KnownRows,
    private readonly log: Checkpoint,
  ) {
    this.retire = db.prepare('update series set retired = ? where id = ?');
    this.forget = db.prepare('delete from series where id = ?');
    this.markPurge = db.prepare('insert into purging values (?, ?) on conflict do update set b = excluded.b');
    this.endPurge = db.prepare('delete from purging where s = ?');
    this.oldest = db.prepare('select batch, count from head where batch <= ? order by batch limit ?');
    this.deleteTo = db.prepare('delete from head where batch <= ?');
    this.noteMerged = db.prepare('update store set merged = max(merged, ?)');
  }

  /** Series whose rows are still to be deleted, and up to which batch. */
  purging(): [number, number][] {
    return this.db.prepare<[], [number, number]>('select s, b from purging order by s').raw().all();
  }

  /** Begins a command that was given after a batch. */
  start(command: WriterCommand, batch: number): Job {
    switch (command.type) {
      case 'retire':
        return new Job(this.db, [once(() => command.series.forEach((id) => this.retire.run(batch, id)))]);
      case 'forget':
        // All at once, so that no reader sees half of it.
        return new Job(this.db, [
          once(() => {
            for (const id of command.series) {
              this.forget.run(id);
              this.markPurge.run(id, batch);
            }
          }),
        ]);
      case 'forgotten':
        return new Job(this.db, [once(() => command.series.forEach((id) => this.endPurge.run(id)))]);
      case 'trim':
        return new Job(this.db, [this.trimming(command.batch)]);
      case 'checkpoint':
        return new Job(undefined, [once(() => this.bring(command.noted))]);
    }
  }

  /** Brings the end of the log to the file, which the merger has brought up to what is noted. */
  private bring(noted: Noted): void {
    try {
      this.log.goOn(noted);
      this.log.run();
    } catch {
      // The disk is in trouble, as the next batch will tell.
    }
  }

  private trimming(batch: number): Task {
    return () => {
      if (this.head.drop(batch)) this.known.forgetHead();
      let rows = 0;
      let last = 0;
      for (const one of this.oldest.all(batch, TRIM_BATCHES)) {
        if (rows > 0 && rows + one.count > TRIM_ROWS) break;
        rows += one.count;
        last = one.batch;
      }
      if (last === 0) return { rows: 0, done: true };
      this.deleteTo.run(last);
      this.noteMerged.run(last);
      return { rows: 0, done: false, commit: true };
    };
  }
}
