import { join } from 'node:path';
import Database from 'better-sqlite3';
import { GlossaError } from '#model';
import { guarded, sqliteCode } from './errors.js';

const FILE_NAME = 'gateway.lock';

/**
 * Keeps a data folder for one process. The lock is the operating system's, on a file of its own: it ends with the
 * process, however that ends, so a stale one cannot be.
 */
export class FolderLock {
  private constructor(private readonly db: Database.Database) {}

  /** Throws GlossaError('unavailable') when another process has it. */
  static take(directory: string): FolderLock {
    const file = join(directory, FILE_NAME);
    return guarded(file, () => {
      const db = new Database(file, { timeout: 0 });
      try {
        db.exec('begin exclusive');
      } catch (error) {
        db.close();
        if (sqliteCode(error) !== 'SQLITE_BUSY') throw error;
        throw new GlossaError(
          'unavailable',
          `The data folder ${directory} is in use by another gateway. Stop that one, or give this one its own folder with GLOSSA_DATA_DIR.`,
        );
      }
      return new FolderLock(db);
    });
  }

  release(): void {
    this.db.close();
  }
}
