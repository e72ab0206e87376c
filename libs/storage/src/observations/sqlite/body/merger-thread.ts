import { performance } from 'node:perf_hooks';
import type { Database } from 'better-sqlite3';
import { Checkpoint } from '../../../sqlite-file/checkpoint.js';
import { closeUnsettled } from '../../../sqlite-file/closing.js';
import { explainFileError, sqliteCode } from '../../../sqlite-file/errors.js';
import type { Noted } from '../../../sqlite-file/page-sums.js';
import { filesOf, type FileSettings } from '../files.js';
import { HeadTable } from '../head/head-table.js';
import { JobQueue } from '../job-queue.js';
import { BlockWriter } from './block-writer.js';
import { BodyTable } from './body-table.js';
import { DeleteRows } from './delete-rows.js';
import { Directions } from './directions.js';
import { HeadRows } from '../head/head-rows.js';
import { Merge, type MergeParts } from './merge.js';
import { Comparing } from './comparing.js';
import type { FromMerger, MergerCommand, ToMerger } from './merger-protocol.js';

/** Frames of the logs, of 8 KiB each, at which they are brought to their files. */
const HEAD_FRAMES = 2048;
const BODY_FRAMES = 4000;
/** How often the body's is, at most. */
const BODY_PAUSE_MS = 200;
/** What a close waits for readers. */
const CLOSE_BUSY_MS = 500;

/**
 * Tries of a step of a deletion. A merge is given up at once, since the main thread asks for the next soon: nothing may
 * stand before a deletion that makes room on a disk that is full.
 */
const DELETE_TRIES = 6;

/** What hinders merges, and that logs get to their files. */
interface Troubles {
  readonly merges?: string | undefined;
  readonly bodyLog?: string | undefined;
  readonly headLog?: string | undefined;
}

function worst({ merges, bodyLog, headLog }: Troubles): string | undefined {
  return merges ?? bodyLog ?? headLog;
}

/** The merger's loop, the one writer of the body's file: one step of a command a turn. */
export class MergerThread {
  private readonly jobs = new JobQueue(() => this.schedule());
  private readonly parts: MergeParts;
  private readonly files: ReturnType<typeof filesOf>;
  private readonly bodyLog: Checkpoint;
  private readonly headLog: Checkpoint;
  private readonly comparing: Comparing;
  /** When the body's log was brought to its file last. */
  private brought = 0;
  private scheduled = false;
  private closing = false;
  private troubles: Troubles = {};

  constructor(
    private readonly body: Database,
    private readonly head: Database,
    /** A second connection to the head, for what needs one that reads nothing. */
    private readonly bringing: Database,
    { directory, durability }: FileSettings,
    private readonly tell: (message: FromMerger) => void,
    private readonly closed: () => void,
  ) {
    this.files = filesOf(directory);
    this.bodyLog = new Checkpoint(this.files.body, body);
    this.headLog = new Checkpoint(this.files.head, bringing);
    this.comparing = new Comparing(this.files.body, body, this.bodyLog, (message) => this.tell(message));
    const blocks = new BodyTable(body);
    this.parts = {
      body,
      blocks,
      writer: new BlockWriter(body, blocks),
      head,
      headTable: new HeadTable(head),
      directions: new Directions(head),
      durable: durability === 'fsync',
      checkpoint: this.bodyLog,
      rows: new HeadRows(),
      merged: (batch, rows, took) => this.tell({ type: 'merged', batch, rows, took }),
    };
  }

  /** Takes a message of the main thread. */
  handle(message: ToMerger): void {
    switch (message.type) {
      case 'command': {
        const { id, command, after } = message;
        const tries = command.type === 'merge' ? 1 : DELETE_TRIES;
        this.jobs.add({ id, start: () => this.begin(command, after), after: 0, tries });
        break;
      }
      case 'checkpoint':
        this.tell({ type: 'checkpointed', noted: this.bringHead() });
        break;
      case 'compare':
        this.comparing.begin(message.handle);
        break;
      case 'open':
        break;
      case 'hang':
        for (;;);
      case 'close':
        this.closing = true;
        break;
    }
    this.schedule();
  }

  private begin(command: MergerCommand, batch: number): Merge | DeleteRows {
    return command.type === 'merge'
      ? new Merge(this.parts, batch)
      : new DeleteRows(this.parts, command, batch);
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      if (this.closing) this.close();
      else if (this.step()) this.schedule();
    });
  }

  /** Answers whether there is more to do at once. */
  private step(): boolean {
    const turn = this.jobs.turn(0, false);
    this.bringBody();
    switch (turn.type) {
      case 'none':
        return false;
      case 'waits':
        if (turn.error !== undefined && this.isMerge(turn.step)) this.troubled(turn.error);
        return false;
      case 'goes-on':
        if (this.isMerge(turn.step)) this.recovered();
        this.tell({ type: 'progress' });
        return true;
      case 'rejected': {
        if (this.isMerge(turn.step)) this.troubled(turn.error);
        const why = explainFileError(this.files.body, turn.error);
        const reason = this.isMerge(turn.step) ? why : `Observations could not be deleted: ${why}`;
        this.tell({ type: 'rejected', id: turn.id, reason });
        return true;
      }
      case 'done':
        this.recovered();
        if (turn.id !== undefined) this.tell({ type: 'done', id: turn.id, rows: turn.rows });
        return true;
    }
  }

  private isMerge(step: unknown): boolean {
    return !(step instanceof DeleteRows) || step.isMerging;
  }

  private troubled(error: unknown): void {
    this.tellTrouble({ merges: explainFileError(this.files.body, error) });
  }

  private recovered(): void {
    this.tellTrouble({ merges: undefined });
  }

  private tellTrouble(news: Troubles): void {
    const before = worst(this.troubles);
    this.troubles = { ...this.troubles, ...news };
    const reason = worst(this.troubles);
    if (reason !== before) this.tell({ type: 'trouble', reason });
  }

  /**
   * Brings the head's log to its file beside the writer's commits, which would wait for it. The few frames that come
   * meanwhile are the writer's to bring, after which the log begins anew.
   */
  private bringHead(): Noted | undefined {
    try {
      const { frames, checkpointed } = this.headLog.log;
      if (frames < HEAD_FRAMES || checkpointed === frames) {
        this.tellTrouble({ headLog: undefined });
        return undefined;
      }
      // What is committed from here on stays in the log: it may be without checksums.
      this.head.exec('begin');
      try {
        this.head.prepare('select 1 from store').get();
        const noted = this.headLog.run();
        this.tellTrouble({ headLog: undefined });
        return noted;
      } finally {
        this.head.exec('commit');
      }
    } catch (error) {
      // The writer is at it: soon it is not.
      if (sqliteCode(error) !== 'SQLITE_BUSY')
        this.tellTrouble({ headLog: explainFileError(this.files.head, error) });
      return undefined;
    }
  }

  private bringBody(): void {
    // Where a reader hinders it, not with each step.
    if (performance.now() - this.brought < BODY_PAUSE_MS) return;
    try {
      const { frames, checkpointed } = this.bodyLog.log;
      if (frames >= BODY_FRAMES && checkpointed < frames) this.bodyLog.run();
      this.tellTrouble({ bodyLog: undefined });
    } catch (error) {
      this.tellTrouble({ bodyLog: explainFileError(this.files.body, error) });
    }
    this.brought = performance.now();
  }

  private close(): void {
    this.jobs.stop();
    this.comparing.end();
    this.head.close();
    for (const [log, file, db] of [
      [this.bodyLog, this.files.body, this.body],
      [this.headLog, this.files.head, this.bringing],
    ] as const) {
      try {
        // A backup may be reading; what is not brought now is at the next start.
        db.pragma(`busy_timeout = ${CLOSE_BUSY_MS}`);
        log.run(true);
      } catch {
        // The log is read again at the next start.
      }
      log.close();
      closeUnsettled(file, db);
    }
    this.closed();
  }
}
