import { closeSync, openSync, statSync } from 'node:fs';
import { syncPath } from './copy-file.js';
import { isPassing } from './errors.js';
import { headerOf, PageSums } from './page-sums.js';
import { refuseDamagedLog } from './refuse-damaged-log.js';
import { readLog } from './write-ahead-log.js';

/** How a file is written, and looked at. */
export interface CheckSettings {
  /** With `synchronous = full`. */
  readonly isSynced: boolean;
  /** Pages of a file that is larger, in bytes, are not looked at. */
  readonly upTo?: number;
}

/**
 * Looks at a file before this process opens it. Throws DamagedFileError when a commit in its log cannot be read, or when
 * a page that is not in the log is not as it was written. What the log holds has its checksums then, so that nothing is
 * amiss whoever brings it to the file.
 */
export function checkFile(file: string, { isSynced, upTo = Infinity }: CheckSettings): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found?.isFile()) return;
  const log = readLog(file);
  const database = openSync(file, 'r');
  let sums: PageSums | undefined;
  try {
    sums = PageSums.open(file, headerOf(database).id);
    refuseDamagedLog(file, log, isSynced, sums?.promised);
    if (!sums) return;
    if (found.size <= upTo) sums.compare(database, 1, Infinity, log.pages);
    if (log.salt === undefined || log.whole === 0) return;
    // First the log, see Checkpoint.
    syncPath(`${file}-wal`);
    sums.note(log.pages);
    sums.sync({ salt: log.salt, frames: log.whole });
  } catch (error) {
    // Without room it is noted when there is some.
    if (!isPassing(error)) throw error;
  } finally {
    sums?.close();
    closeSync(database);
  }
}
