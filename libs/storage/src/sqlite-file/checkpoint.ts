import Database from 'better-sqlite3';
import { syncPath } from './copy-file.js';
import { DamagedFileError } from './errors.js';
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
  get log(): { readonly frames: number; readonly checkpointed: number } {
    const [{ busy, log, checkpointed }] = this.db.pragma('wal_checkpoint(NOOP)') as [
      { busy: number; log: number; checkpointed: number },
    ];
    if (busy) throw new Database.SqliteError('its log is being written', 'SQLITE_BUSY');
    // Both are -1 where nothing was written yet.
    return { frames: Math.max(0, log), checkpointed: Math.max(0, checkpointed) };
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

/** The application id of a database, which tells whose checksums are whose. */
export function idOf(db: Database.Database): number {
  return db.pragma('application_id', { simple: true }) as number;
}
