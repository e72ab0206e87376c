import { randomInt } from 'node:crypto';
import { closeSync, openSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { syncPath } from './copy-file.js';
import { DamagedFileError, isPassing } from './errors.js';
import { PageSums, sumOf, type Noted } from './page-sums.js';
import { OpenLog } from './write-ahead-log.js';

const NOTHING: Noted = { salt: '', frames: 0 };

/**
 * Brings a file's write-ahead log to it, and keeps the checksums of its pages: what the log has of a page is noted, and
 * is on the disk, before it gets to the file. So nothing else may bring it there: connections are opened with
 * `wal_autocheckpoint = 0`, and none that can write is the last to close while the log holds anything. Of one file, one
 * is at work at a time.
 *
 * It never opens the file itself, nor its `-shm`: who closes one of these ends all locks that the process has on it.
 * https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_
 */
export class Checkpoint {
  private noted = NOTHING;
  /** Something was noted and is perhaps not on the disk. */
  private isAhead = true;
  private sums: PageSums | undefined;
  private readonly bytes: OpenLog;

  constructor(
    private readonly file: string,
    /** A connection that has no transaction open while this is at work. */
    private readonly db: Database.Database,
  ) {
    this.bytes = new OpenLog(file);
  }

  /** Frames of the log, and of them those that are in the file already. */
  get log(): { readonly frames: number; readonly brought: number } {
    const [{ busy, log, checkpointed }] = this.db.pragma('wal_checkpoint(NOOP)') as [
      { busy: number; log: number; checkpointed: number },
    ];
    if (busy) throw new Database.SqliteError('its log is being written', 'SQLITE_BUSY');
    // Both are -1 where nothing was written yet.
    return { frames: Math.max(0, log), brought: Math.max(0, checkpointed) };
  }

  /** Takes over from another, perhaps of another thread, what that one noted. */
  goOn(noted: Noted): void {
    this.noted = noted;
  }

  /**
   * Notes the checksums of what was committed. For a file that is written with `synchronous = full`, since nothing waits
   * for the disk. Throws what the disk does.
   */
  note(): void {
    this.noteLog(() => undefined);
  }

  /**
   * Brings to the file what no reader hinders; answers what was noted. `whole`, when nobody else is at work, also waits
   * for those, and ends the log. Throws what the disk does.
   */
  run(whole = false): Noted {
    try {
      // First the log: after a power cut it may not lack what the checksums are of.
      this.noteLog(() => syncPath(`${this.file}-wal`));
      if (this.isAhead) this.open()?.sync(this.noted);
      this.isAhead = false;
    } catch (error) {
      // What could not be brought to the disk is perhaps not there, and never will be: it is noted again.
      this.noted = NOTHING;
      throw error;
    }
    this.db.pragma(`wal_checkpoint(${whole ? 'TRUNCATE' : 'PASSIVE'})`);
    return this.noted;
  }

  close(): void {
    this.bytes.close();
    this.sums?.close();
    this.sums = undefined;
  }

  /** Undefined where they were deleted: the next start makes others. */
  private open(): PageSums | undefined {
    this.sums ??= PageSums.open(this.file, idOf(this.db));
    if (!this.sums && PageSums.areThere(this.file))
      throw new DamagedFileError('the checksums of its pages are of another file');
    return this.sums;
  }

  private noteLog(sync: () => void): void {
    const { frames } = this.log;
    if (frames === 0) return;
    const salt = this.bytes.salt();
    const from = salt === this.noted.salt ? this.noted.frames : 0;
    if (frames > from) {
      const sums = new Map<number, number>();
      this.bytes.each(from, frames, (page, bytes, start, end) => sums.set(page, sumOf(bytes, start, end)));
      sync();
      this.isAhead = true;
      this.open()?.note(sums);
    }
    this.noted = { salt, frames };
  }
}

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

function idOf(db: Database.Database): number {
  return db.pragma('application_id', { simple: true }) as number;
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
