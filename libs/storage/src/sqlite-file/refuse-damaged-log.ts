import { existsSync, statSync } from 'node:fs';
import { DamagedFileError } from './errors.js';
import type { Noted } from './page-sums.js';
import { promisedFrames, type Log } from './write-ahead-log.js';

/**
 * Throws DamagedFileError when the write-ahead log of a file holds commits that SQLite would leave out in silence: it
 * reads as far as the checksums are right. A commit that a power cut tore is none of those: it is the last one, and
 * nobody was told of it. To be called before anyone opens the file.
 *
 * @param isSynced the file is written with `synchronous = full`. Without it a power cut may leave the frames of a log in
 *   any order, except for those that were brought to the disk with the checksums of pages
 * @param noted how far that was
 */
export function refuseDamagedLog(file: string, log: Log, isSynced: boolean, noted?: Noted): void {
  const missing = Math.max(
    log.isHeadless ? 1 : 0,
    isSynced ? log.lost : 0,
    isSynced && hasLog(file) ? promisedFrames(file) : 0,
    noted?.salt === log.salt ? (noted?.frames ?? 0) : 0,
  );
  if (missing > log.whole)
    throw new DamagedFileError(`of ${missing} pages in its write-ahead log, ${log.whole} can be read`);
}

function hasLog(file: string): boolean {
  return existsSync(`${file}-wal`) && statSync(`${file}-wal`).size > 0;
}
