import { statSync } from 'node:fs';
import type { Checkpoint } from '../../../sqlite-file/checkpoint.js';
import { PageSums } from '../../../sqlite-file/page-sums.js';
import { COMPARED_AT_START } from '../files.js';

/** Pages that a step compares: 8 MiB. */
const STEP = 1024;
/** Steps without a moment at which the log was in the file. */
const PATIENCE = 10;

/** Compares the pages of a body that is too large to be read at the start, some at a time, beside the work. */
export class PageComparison {
  private page = 1;
  private waited = 0;

  private constructor(
    private readonly sums: PageSums,
    private readonly log: Checkpoint,
  ) {}

  /** Undefined for a file that was compared at the start. */
  static begin(file: string, log: Checkpoint, larger = COMPARED_AT_START): PageComparison | undefined {
    if (statSync(file).size <= larger) return undefined;
    const sums = PageSums.open(file);
    return sums && new PageComparison(sums, log);
  }

  /**
   * To be called by the one thread that writes the file, between its commits. Answers whether there is more to compare;
   * throws DamagedFileError.
   */
  step(): boolean {
    if (!this.isBrought()) return true;
    try {
      this.sums.compare(this.page, STEP, new Set());
    } catch (error) {
      this.sums.close();
      throw error;
    }
    this.page += STEP;
    if (this.page <= this.sums.pages) return true;
    this.sums.close();
    return false;
  }

  /** Whether all of the log is in the file: what is not may differ. */
  private isBrought(): boolean {
    const { frames, brought } = this.log.log;
    if (frames === brought) return true;
    if (++this.waited % PATIENCE === 0) this.log.run();
    return false;
  }
}
