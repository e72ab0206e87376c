import { join } from 'node:path';
import Database from 'better-sqlite3';
import { closeUnsettled } from '../../sqlite-file/closing.js';
import { guarded, NewerFileError } from '../../sqlite-file/errors.js';
import { refuseDamaged } from '../../sqlite-file/refuse-damaged.js';
import { BODY_FILE } from './body/body-schema.js';
import { HEAD_FILE } from './head/head-schema.js';

/** What a commit waits for: `fsync` survives a power cut, `os` only the end of the process. */
export type Durability = 'fsync' | 'os';

/** How the files are opened. */
export interface FileSettings {
  readonly directory: string;
  readonly durability: Durability;
  /** Caps each file, in pages of 4 KiB: a disk that is full can be had in a test. */
  readonly maxPages?: number;
}

/** A body up to this size is compared with the checksums of its pages before the start; a larger one after it. */
export const COMPARED_AT_START = 64 * 1024 * 1024;

/** Several blocks of rows fit a page. */
const PAGE_SIZE = 8192;

/** Paths of the two files. */
export function filesOf(directory: string): { readonly head: string; readonly body: string } {
  return { head: join(directory, HEAD_FILE), body: join(directory, BODY_FILE) };
}

/** Opens, or makes, a file with its tables. `first` is the version before the first migration. */
export function openFile(
  file: string,
  settings: Partial<FileSettings>,
  migrations: readonly string[],
  first: number,
): Database.Database {
  return guarded(file, () => {
    const db = new Database(file);
    try {
      db.pragma(`page_size = ${PAGE_SIZE}`);
      db.pragma('journal_mode = WAL');
      // See Checkpoint.
      db.pragma('wal_autocheckpoint = 0');
      db.pragma(`synchronous = ${settings.durability === 'fsync' ? 'FULL' : 'NORMAL'}`);
      refuseDamaged(db, file);
      migrate(db, migrations, first);
      limit(db, settings);
      return db;
    } catch (error) {
      closeUnsettled(file, db);
      throw error;
    }
  });
}

/** Caps a file as a test wants it. */
export function limit(db: Database.Database, { maxPages }: Partial<FileSettings>): void {
  if (maxPages === undefined) return;
  const size = db.pragma('page_size', { simple: true }) as number;
  db.pragma(`max_page_count = ${Math.floor((maxPages * 4096) / size)}`);
}

/** Throws for a file of a newer version. */
function migrate(db: Database.Database, migrations: readonly string[], first: number): void {
  const version = Math.max(first, db.pragma('user_version', { simple: true }) as number);
  if (version > first + migrations.length) {
    throw new NewerFileError(
      `its tables have version ${version}, this program knows ${first + migrations.length}`,
    );
  }
  for (let next = version; next < first + migrations.length; next++) {
    db.transaction(() => {
      db.exec(migrations[next - first]!);
      db.pragma(`user_version = ${next + 1}`);
    }).immediate();
  }
}
