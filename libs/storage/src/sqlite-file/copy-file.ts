import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { GlossaError } from '#model';

/**
 * Writes a consistent copy of the open file to `target`, which must not exist; batches go on being written.
 * The copy appears under its name when it is complete and on the disk.
 */
export function copyFile(db: Database.Database, target: string): void {
  refuseExisting(target);
  const partial = `${target}.partial`;
  rmSync(partial, { force: true });
  try {
    db.prepare('vacuum into ?').run(partial);
    disown(partial);
    finishCopy(target);
  } finally {
    rmSync(partial, { force: true });
  }
}

/** Takes from a copy what tells whose checksums of pages those of the original are. */
function disown(file: string): void {
  const db = new Database(file);
  try {
    db.pragma('application_id = 0');
  } finally {
    db.close();
  }
}

/** Throws GlossaError('unavailable') when there is something that a copy would replace. */
export function refuseExisting(target: string): void {
  if (!existsSync(target)) return;
  throw new GlossaError('unavailable', `${target} exists already. Choose an empty folder for the backup.`);
}

/** Gives `target.partial`, which is complete, its name, when it is on the disk. */
export function finishCopy(target: string): void {
  const partial = `${target}.partial`;
  syncPath(partial);
  renameSync(partial, target);
  syncPath(dirname(target));
}

/** Brings a file or folder to the disk. */
export function syncPath(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
