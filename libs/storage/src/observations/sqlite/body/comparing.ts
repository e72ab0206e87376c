import type { Database } from 'better-sqlite3';
import { idOf, type Checkpoint } from '../../../sqlite-file/checkpoint.js';
import { DamagedFileError, explainFileError } from '../../../sqlite-file/errors.js';
import { PageSums } from '../../../sqlite-file/page-sums.js';
import type { FromMerger } from './merger-protocol.js';
import { PageComparison } from './page-comparison.js';

const EVERY_MS = 100;
/** What a disk does is tried again so often. */
const TRIES = 100;

/** Compares the pages of a large body beside the merger's work, a step at a time. */
export class Comparing {
  private comparison: PageComparison | undefined;
  private timer: NodeJS.Timeout | undefined;
  private failures = 0;

  constructor(
    private readonly file: string,
    private readonly body: Database,
    private readonly log: Checkpoint,
    private readonly tell: (message: FromMerger) => void,
  ) {}

  /** Begins at the first page. @param handle of the file */
  begin(handle: number): void {
    this.end();
    this.failures = 0;
    this.timer = setInterval(() => this.step(handle), EVERY_MS);
  }

  end(): void {
    clearInterval(this.timer);
    this.comparison?.close();
    this.comparison = undefined;
  }

  private step(handle: number): void {
    try {
      this.comparison ??= this.open(handle);
      if (!this.comparison?.step()) return this.compared(undefined);
      this.failures = 0;
    } catch (error) {
      if (error instanceof DamagedFileError || ++this.failures === TRIES)
        return this.compared(explainFileError(this.file, error));
    }
    this.tell({ type: 'progress' });
  }

  /** Undefined where there are no checksums. */
  private open(handle: number): PageComparison | undefined {
    const sums = PageSums.open(this.file, idOf(this.body));
    return sums && new PageComparison(sums, handle, this.log);
  }

  private compared(damage: string | undefined): void {
    this.end();
    this.tell({ type: 'compared', damage });
  }
}
