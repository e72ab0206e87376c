import { sqliteCode } from '../../../sqlite-file/errors.js';
import { Job, type Step, type Task } from '../job.js';
import { DROP_BLOCKS } from './block-writer.js';
import { Merge, type MergeParts } from './merge.js';
import type { MergerCommand } from './merger-protocol.js';

type Deletion = Extract<MergerCommand, { type: 'delete' }>;

/**
 * Deletes rows of batches up to one. What of them is in the head still is brought over first, so that they are in one
 * place. Where the disk is full and that cannot be, what is in the body goes before: it is the room that is needed.
 */
export class DeleteRows implements Step {
  private readonly merge: Merge;
  private job: Job | undefined;
  /** Rows that were deleted when room was made last: it is made again as long as that deletes something. */
  private relieved = -1;
  private merged = false;
  private deleted = 0;

  constructor(
    private readonly parts: MergeParts,
    private readonly command: Deletion,
    private readonly batch: number,
  ) {
    this.merge = new Merge(parts, batch);
  }

  get rows(): number {
    return this.deleted + (this.job?.rows ?? 0);
  }

  /** Whether it is still bringing rows over. */
  get isMerging(): boolean {
    return !this.job;
  }

  step(): boolean {
    if (this.job) return this.stepJob(this.job);
    try {
      this.merged = this.merge.step();
    } catch (error) {
      if (sqliteCode(error) !== 'SQLITE_FULL' || this.deleted <= this.relieved) throw error;
      this.relieved = this.deleted;
      this.job = this.begin();
    }
    if (this.merged) this.job = this.begin();
    return false;
  }

  private stepJob(job: Job): boolean {
    if (!job.step()) return false;
    if (this.merged) return true;
    this.deleted += job.rows;
    this.job = undefined;
    return false;
  }

  private begin(): Job {
    this.parts.directions.refresh();
    return new Job(
      this.parts.body,
      this.command.series.map((id) => this.deletion(id)),
      // It stands whatever becomes of the power.
      this.parts.durable ? () => void this.parts.checkpoint.run() : undefined,
    );
  }

  private deletion(series: number): Task {
    const { writer, directions } = this.parts;
    const { from, to } = this.command;
    return () => {
      const dropped = writer.drop(series, from, to, this.batch);
      const rows = dropped.reduce((sum, count) => sum + count, 0);
      if (dropped.length === DROP_BLOCKS) return { rows, done: false };
      const cut = writer.cut(series, from, to, this.batch, directions.radians(series));
      return { rows: rows + cut, done: true };
    };
  }
}
