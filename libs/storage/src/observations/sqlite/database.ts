import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { GlossaError } from '#model';
import { FILE_NAME, migrate, NewerFileError } from './schema.js';

/** What a commit waits for: `fsync` survives a power cut, `os` only the end of the process. */
export type Durability = 'fsync' | 'os';

/** How the writer opens the file. */
export interface WriterSettings {
  readonly directory: string;
  readonly durability: Durability;
  /** Caps the file, in pages of 4 KiB: a disk that is full can be had in a test. */
  readonly maxPages?: number;
}

/** Files up to this size are checked as a whole at start; larger ones would delay it by seconds. */
const QUICK_CHECK_BYTES = 16 * 1024 * 1024;

/** Opens the file for the one writer, creates and migrates it. Throws GlossaError('unavailable'). */
export function openForWriting({ directory, durability, maxPages }: WriterSettings): Database.Database {
  const file = join(directory, FILE_NAME);
  return guarded(file, () => {
    mkdirSync(directory, { recursive: true });
    const db = new Database(file);
    try {
      db.pragma('journal_mode = WAL');
      db.pragma(`synchronous = ${durability === 'fsync' ? 'FULL' : 'OFF'}`);
      db.pragma('wal_autocheckpoint = 8000');
      db.pragma('journal_size_limit = 67108864');
      db.pragma('cache_size = -32768');
      db.pragma('temp_store = MEMORY');
      refuseDamaged(db, file);
      migrate(db);
      if (maxPages !== undefined) db.pragma(`max_page_count = ${maxPages}`);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

/** Opens the file for a reader. Throws GlossaError('unavailable'). */
export function openForReading(directory: string): Database.Database {
  const file = join(directory, FILE_NAME);
  return guarded(file, () => {
    const db = new Database(file, { readonly: true, fileMustExist: true });
    db.pragma('cache_size = -8192');
    db.pragma('temp_store = MEMORY');
    return db;
  });
}

/** The SQLite code of an error (`SQLITE_FULL`, ...), undefined for others. */
export function sqliteCode(error: unknown): string | undefined {
  return error instanceof Database.SqliteError ? error.code : undefined;
}

/** A sentence that tells people what an error of the file means and what to do. */
export function explainFileError(file: string, error: unknown): string {
  const code = sqliteCode(error);
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof NewerFileError) {
    return `${file} belongs to a newer version of Glossa: ${detail}. Start that version, or restore a backup.`;
  }
  if (code?.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB' || error instanceof DamagedFileError) {
    return `${file} is damaged (${detail}). Stop the gateway, move the file and its -wal and -shm companions away, and restore a backup.`;
  }
  if (code === 'SQLITE_FULL') {
    return `The disk that holds ${file} is full: nothing is stored until there is room. Free space or delete old observations.`;
  }
  if (code?.startsWith('SQLITE_BUSY') || code?.startsWith('SQLITE_LOCKED')) {
    return `${file} is locked by another program. Stop the other gateway, or give this one its own data folder.`;
  }
  if (code?.startsWith('SQLITE_READONLY') || code?.startsWith('SQLITE_CANTOPEN') || code === 'SQLITE_PERM') {
    return `${file} cannot be opened for writing (${detail}). Check the folder's owner and permissions.`;
  }
  if (code?.startsWith('SQLITE_IOERR')) {
    return `Reading or writing ${file} failed (${code}: ${detail}). Check the disk.`;
  }
  return `${file} cannot be used (${code ? `${code}: ` : ''}${detail}).`;
}

/** Runs a step on the file; its errors become GlossaError('unavailable') with a sentence. */
export function guarded<T>(file: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof GlossaError) throw error;
    throw new GlossaError('unavailable', explainFileError(file, error));
  }
}

class DamagedFileError extends Error {}

function refuseDamaged(db: Database.Database, file: string): void {
  const pages = db.pragma('page_count', { simple: true }) as number;
  const bytes = pages * (db.pragma('page_size', { simple: true }) as number);
  const size = statSync(file).size;
  const wal = existsSync(`${file}-wal`) ? statSync(`${file}-wal`).size : 0;
  if (size < bytes && wal === 0) throw new DamagedFileError(`it ends after ${size} of ${bytes} bytes`);
  if (size > QUICK_CHECK_BYTES) return;
  const verdict = db.pragma('quick_check(1)', { simple: true }) as string;
  if (verdict !== 'ok') throw new DamagedFileError(verdict.replaceAll('\n', ' '));
}
