import type { Checkpoint } from '../../../sqlite-file/checkpoint.js';
import type { PageSums } from '../../../sqlite-file/page-sums.js';

/** Pages that a step compares: 8 MiB. */
const STEP = 1024;
/** Steps without a moment at which the log was in the file. */
const PATIENCE = 10;

/** Compares the pages of a file that is too large to be read at the start, some at a time, beside the work. */
export class PageComparison {
  private page = 1;
  private waited = 0;

  constructor(
    private readonly sums: PageSums,
    /** A handle of the file, which is not to be closed while the process has it open. */
    private readonly database: number,
    private readonly log: Checkpoint,
  ) {}

  /**
   * To be called by the one thread that writes the file, between its commits. Answers whether there is more to compare;
   * throws DamagedFileError, or what the disk does: then the step can be tried again.
   */
  step(): boolean {
    if (!this.isBrought()) return true;
    const isMore = this.sums.compare(this.database, this.page, STEP, new Map());
    this.page += STEP;
    return isMore;
  }

  close(): void {
    this.sums.close();
  }

  /** Whether all of the log is in the file: what is not may differ. */
  private isBrought(): boolean {
    const { frames, checkpointed } = this.log.log;
    if (frames === checkpointed) return true;
    if (++this.waited % PATIENCE !== 0) return false;
    this.log.run();
    const now = this.log.log;
    return now.frames === now.checkpointed;
  }
}
