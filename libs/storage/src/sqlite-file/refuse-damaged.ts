import { existsSync, statSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { DamagedFileError } from './errors.js';

/** Files up to this size are checked as a whole at start; larger ones would delay it by seconds. */
const QUICK_CHECK_BYTES = 16 * 1024 * 1024;

/** Throws DamagedFileError for an open file that is cut short or not consistent. */
export function refuseDamaged(db: Database, file: string): void {
  const pages = db.pragma('page_count', { simple: true }) as number;
  const bytes = pages * (db.pragma('page_size', { simple: true }) as number);
  const size = statSync(file).size;
  const wal = existsSync(`${file}-wal`) ? statSync(`${file}-wal`).size : 0;
  if (size < bytes && wal === 0) throw new DamagedFileError(`it ends after ${size} of ${bytes} bytes`);
  if (size > QUICK_CHECK_BYTES) return;
  const verdict = db.pragma('quick_check(1)', { simple: true }) as string;
  if (verdict !== 'ok') throw new DamagedFileError(verdict.replaceAll('\n', ' '));
}
