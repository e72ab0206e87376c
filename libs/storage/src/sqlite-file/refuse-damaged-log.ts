import { existsSync, statSync } from 'node:fs';
import { DamagedFileError } from './errors.js';
import { promisedFrames, readLog, type Log } from './write-ahead-log.js';

/**
 * Throws DamagedFileError when the write-ahead log of a file holds commits that SQLite would leave out in silence: it
 * reads as far as the checksums are right. A commit that a power cut tore is none of those: it is the last one, and
 * nobody was told of it. To be called before anyone opens the file, and for `synchronous = full` alone: without it a
 * power cut may leave the frames of a log in any order. Answers what the log holds.
 */
export function refuseDamagedLog(file: string): Log {
  const log = readLog(file);
  const size = existsSync(`${file}-wal`) ? statSync(`${file}-wal`).size : 0;
  const missing = Math.max(log.lost, size === 0 ? 0 : promisedFrames(file));
  if (missing > log.whole)
    throw new DamagedFileError(`of ${missing} pages in its write-ahead log, ${log.whole} can be read`);
  return log;
}
