import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { guarded } from '../../sqlite-file/errors.js';
import { refuseDamaged } from '../../sqlite-file/refuse-damaged.js';
import { refuseDamagedLog } from '../../sqlite-file/refuse-damaged-log.js';
import { FILE_NAME, migrate } from './schema.js';

/** What a commit waits for: `fsync` survives a power cut, `os` only the end of the process. */
export type Durability = 'fsync' | 'os';

/** How the writer opens the file. */
export interface WriterSettings {
  readonly directory: string;
  readonly durability: Durability;
  /** Caps the file, in pages of 4 KiB: a disk that is full can be had in a test. */
  readonly maxPages?: number;
}

/** Opens the file for the one writer, creates and migrates it. Throws GlossaError('unavailable'). */
export function openForWriting({ directory, durability, maxPages }: WriterSettings): Database.Database {
  const file = join(directory, FILE_NAME);
  return guarded(file, () => {
    mkdirSync(directory, { recursive: true });
    if (durability === 'fsync') refuseDamagedLog(file);
    const db = new Database(file);
    try {
      db.pragma('journal_mode = WAL');
      db.pragma(`synchronous = ${durability === 'fsync' ? 'FULL' : 'NORMAL'}`);
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
