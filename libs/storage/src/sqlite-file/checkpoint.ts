import { randomInt } from 'node:crypto';
import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { syncPath } from './copy-file.js';
import { PageSums, sumOf } from './page-sums.js';
import { eachFrame, logIndex } from './write-ahead-log.js';

/** How far the pages of a log have their checksums. */
export interface Noted {
  readonly salt: string;
  readonly frames: number;
}

/** What the companion of a file's log tells before anyone committed. */
const NOTHING = { salt: '', frames: 0, brought: 0 } as const;

/**
 * Brings a file's write-ahead log to it, and keeps the checksums of its pages: what the log has of a page is noted, and
 * is on the disk, before it gets to the file. So nothing else may bring it there: connections are opened with
 * `wal_autocheckpoint = 0`, and none that can write is the last to close while the log holds anything. Of one file, one
 * is at work at a time.
 */
export class Checkpoint {
  private noted: Noted = { salt: '', frames: 0 };
  private sums: PageSums | undefined;

  constructor(
    private readonly file: string,
    /** A connection that has no transaction open while this is at work. */
    private readonly db: Database.Database,
  ) {}

  /** Frames of the log, and of them those that are in the file already. */
  get log(): { readonly frames: number; readonly brought: number } {
    return logIndex(this.file) ?? NOTHING;
  }

  /** Takes over from another, perhaps of another thread, what that one noted. */
  goOn(noted: Noted): void {
    this.noted = noted;
  }

  /**
   * Notes the checksums of what was committed. For a file that is written with `synchronous = full`, since nothing waits
   * for the disk. Throws what the disk does.
   */
  note(): Noted {
    return this.noteLog(() => undefined);
  }

  /**
   * Brings to the file what no reader hinders. `whole`, when nobody else is at work, also waits for those, and ends the
   * log. Throws what the disk does.
   */
  run(whole = false): Noted {
    // First the log: after a power cut it may not lack what the checksums are of.
    const noted = this.noteLog(() => syncPath(`${this.file}-wal`));
    this.sums?.sync();
    this.db.pragma(`wal_checkpoint(${whole ? 'TRUNCATE' : 'PASSIVE'})`);
    return noted;
  }

  close(): void {
    this.sums?.close();
    this.sums = undefined;
  }

  private open(): PageSums {
    this.sums ??= PageSums.open(this.file);
    if (!this.sums) throw new Error(`${this.file} has no checksums of its pages`);
    return this.sums;
  }

  private noteLog(sync: () => void): Noted {
    const { salt, frames } = logIndex(this.file) ?? NOTHING;
    const from = salt === this.noted.salt ? this.noted.frames : 0;
    if (frames > from) {
      const sums = new Map<number, number>();
      eachFrame(this.file, from, frames, (page, bytes, start, end) =>
        sums.set(page, sumOf(bytes, start, end)),
      );
      sync();
      this.open().note(sums);
    }
    return (this.noted = { salt, frames });
  }
}

/**
 * Closes the one connection to a file: its pages have their checksums then, which are made where there are none, and
 * its log is empty. Throws what the disk does.
 */
export function closeSettled(file: string, db: Database.Database): void {
  try {
    settle(file, db);
  } catch (error) {
    closeUnsettled(file, db);
    throw error;
  }
  db.close();
}

/** Closes the one connection to a file, whose log stays as it is. */
export function closeUnsettled(file: string, db: Database.Database): void {
  let anchor: Database.Database | undefined;
  try {
    anchor = hold(file);
  } catch {
    // Where it cannot be read, nothing is brought to it either.
  }
  db.close();
  anchor?.close();
}

/**
 * Keeps files open, without a connection that can write being the last to close: SQLite would have that one bring the
 * log to the file.
 */
export class Anchors {
  private readonly held: Database.Database[];

  constructor(private readonly files: readonly string[]) {
    this.held = files.map(hold);
  }

  /** To be called when all others have closed. An empty log goes with its companion. */
  release(): void {
    for (const db of this.held) db.close();
    for (const file of this.files) {
      if (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size !== 0) continue;
      const db = new Database(file);
      db.pragma('user_version');
      db.close();
    }
  }
}

function hold(file: string): Database.Database {
  const db = new Database(file, { readonly: true, fileMustExist: true });
  // It takes its lock when it reads first.
  db.pragma('user_version');
  return db;
}

function settle(file: string, db: Database.Database): void {
  const sums = PageSums.open(file);
  sums?.close();
  if (sums) {
    const checkpoint = new Checkpoint(file, db);
    try {
      checkpoint.run(true);
    } finally {
      checkpoint.close();
    }
    return;
  }
  const id = randomInt(1, 2 ** 31);
  db.pragma(`application_id = ${id}`);
  db.pragma('wal_checkpoint(TRUNCATE)');
  PageSums.make(file, id);
}
