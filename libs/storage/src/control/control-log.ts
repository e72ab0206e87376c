import Database from 'better-sqlite3';
import { Checkpoint } from '../sqlite-file/checkpoint.js';
import { closeSettled } from '../sqlite-file/closing.js';
import { explainFileError, sqliteCode } from '../sqlite-file/errors.js';
import { BUSY_MS } from './open-file.js';

/** Frames of the log at which it is brought to the file: 4 MiB. */
const LOG_FRAMES = 1000;

/** A second connection to the control store's file, which brings the log to it, and closes last. */
export class ControlLog {
  /** Why it could not be brought. */
  warning: string | undefined;
  private readonly db: Database.Database;
  private readonly checkpoint: Checkpoint;

  constructor(private readonly file: string) {
    this.db = new Database(file, { fileMustExist: true, timeout: BUSY_MS });
    // It has its lock when it has read.
    this.db.pragma('user_version');
    this.checkpoint = new Checkpoint(file, this.db);
  }

  /**
   * To be called after each commit: a program that ends in disorder may bring the log to the file, and leaves it noted.
   */
  written(): void {
    try {
      this.checkpoint.note();
      const { frames, checkpointed } = this.checkpoint.log;
      if (frames >= LOG_FRAMES && checkpointed < frames) this.checkpoint.run();
      this.warning = undefined;
    } catch (error) {
      // It stays in the log, and is noted by the next one.
      if (sqliteCode(error) !== 'SQLITE_BUSY')
        this.warning = `What is written to ${this.file} is kept, but its log grows: ${explainFileError(this.file, error)}`;
    }
  }

  close(): void {
    this.checkpoint.close();
    try {
      closeSettled(this.file, this.db);
    } catch {
      // The log is read again at the next start.
    }
  }
}
