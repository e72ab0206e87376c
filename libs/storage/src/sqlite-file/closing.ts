import { randomInt } from 'node:crypto';
import { closeSync, openSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { Checkpoint, idOf } from './checkpoint.js';
import { isPassing } from './errors.js';
import { PageSums } from './page-sums.js';

/**
 * Closes the one connection to a file: its pages have their checksums then, which are made where there are none, and
 * its log is empty. Where the disk is full, or another program reads, that is left for another time. Throws what else
 * the disk does.
 */
export function closeSettled(file: string, db: Database.Database): void {
  let id: number | undefined;
  try {
    id = settle(file, db);
  } catch (error) {
    closeUnsettled(file, db);
    if (isPassing(error)) return;
    throw error;
  }
  db.close();
  if (id === undefined) return;
  try {
    PageSums.make(file, id);
  } catch (error) {
    if (!isPassing(error)) throw error;
  }
}

/** Closes the one connection to a file, whose log stays as it is. */
export function closeUnsettled(file: string, db: Database.Database): void {
  let anchor: Database.Database | undefined;
  try {
    anchor = hold(file);
  } catch {
    // SQLite brings it now.
    bringNoted(file, db);
  }
  db.close();
  anchor?.close();
}

function bringNoted(file: string, db: Database.Database): void {
  const checkpoint = new Checkpoint(file, db);
  try {
    checkpoint.run();
  } catch {
    // No database, or a disk that takes nothing.
  } finally {
    checkpoint.close();
  }
}

/**
 * Keeps files open, without a connection that can write being the last to close: SQLite would have that one bring the
 * log to the file.
 */
export class Anchors {
  private readonly held: Database.Database[] = [];
  private readonly handles: number[] = [];

  constructor(private readonly files: readonly string[]) {
    try {
      for (const file of files) this.held.push(hold(file));
    } catch (error) {
      for (const db of this.held) db.close();
      throw error;
    }
  }

  /** Opens a file to read its bytes: closed before the connections, it would end their locks. */
  handle(file: string): number {
    const handle = openSync(file, 'r');
    this.handles.push(handle);
    return handle;
  }

  /** To be called when all others have closed. An empty log goes with its companion. */
  release(): void {
    for (const db of this.held) db.close();
    for (const handle of this.handles) closeSync(handle);
    for (const file of this.files) if (sizeOf(`${file}-wal`) === 0) removeLog(file);
  }
}

function sizeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.size;
}

/** Has SQLite remove an empty log. */
function removeLog(file: string): void {
  try {
    const db = new Database(file);
    db.pragma('user_version');
    db.close();
  } catch {
    // It does no harm.
  }
}

function hold(file: string): Database.Database {
  const db = new Database(file, { readonly: true, fileMustExist: true });
  try {
    // It takes its lock when it reads first.
    db.pragma('user_version');
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
}

/** Answers the id of a file that has no checksums yet, which can be made when it is closed. */
function settle(file: string, db: Database.Database): number | undefined {
  const sums = PageSums.open(file, idOf(db));
  sums?.close();
  if (sums) {
    const checkpoint = new Checkpoint(file, db);
    try {
      checkpoint.run(true);
    } finally {
      checkpoint.close();
    }
    return undefined;
  }
  PageSums.remove(file);
  const id = randomInt(1, 2 ** 31);
  db.pragma(`application_id = ${id}`);
  const [{ busy }] = db.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }];
  if (busy) throw new Database.SqliteError('it is being read', 'SQLITE_BUSY');
  return id;
}
