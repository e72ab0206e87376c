import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Database } from 'better-sqlite3';
import { GlossaError } from '#model';

/**
 * Writes a consistent copy of the open file to `target`, which must not exist; batches go on being written.
 * The copy appears under its name when it is complete and on the disk.
 */
export function copyFile(db: Database, target: string): void {
  if (existsSync(target)) {
    throw new GlossaError('unavailable', `${target} exists already. Choose an empty folder for the backup.`);
  }
  const partial = `${target}.partial`;
  rmSync(partial, { force: true });
  try {
    db.prepare('vacuum into ?').run(partial);
    sync(partial);
    renameSync(partial, target);
    sync(dirname(target));
  } finally {
    rmSync(partial, { force: true });
  }
}

function sync(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
