import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { checkFile } from '../sqlite-file/check-file.js';
import { closeSettled, closeUnsettled } from '../sqlite-file/closing.js';
import { guarded } from '../sqlite-file/errors.js';
import { refuseDamaged } from '../sqlite-file/refuse-damaged.js';
import { migrate, readMigrations, refuseForeign, type Migration } from './migrations.js';

/** How long a statement waits for another program's lock. It stops the thread, so it is short. */
export const BUSY_MS = 1000;

/**
 * Makes the file ready for Prisma: creates it with its folder, checks it, brings its tables up to date.
 * Throws GlossaError('unavailable').
 */
export function prepareFile(file: string, migrations: readonly Migration[] = readMigrations()): void {
  guarded(file, () => {
    mkdirSync(dirname(file), { recursive: true });
    checkFile(file, { isSynced: true });
    const db = new Database(file, { timeout: BUSY_MS });
    try {
      refuseDamaged(db, file);
      refuseForeign(db);
      db.pragma('journal_mode = wal');
      db.pragma('wal_autocheckpoint = 0');
      db.pragma('synchronous = full');
      migrate(db, migrations);
    } catch (error) {
      closeUnsettled(file, db);
      throw error;
    }
    closeSettled(file, db);
  });
}
