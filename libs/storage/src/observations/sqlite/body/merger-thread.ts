import type { Database } from 'better-sqlite3';
import { Checkpoint, type Noted } from '../../../sqlite-file/checkpoint.js';
import { explainFileError } from '../../../sqlite-file/errors.js';
import { filesOf, type FileSettings } from '../files.js';
import { HeadTable } from '../head/head-table.js';
import { JobQueue } from '../job-queue.js';
import { BlockWriter } from './block-writer.js';
import { BodyTable } from './body-table.js';
import { DeleteRows } from './delete-rows.js';
import { Directions } from './directions.js';
import { HeadRows } from '../head/head-rows.js';
import { Merge, type MergeParts } from './merge.js';
import { PageComparison } from './page-comparison.js';
import type { FromMerger, MergerCommand, ToMerger } from './merger-protocol.js';

/** Frames of the logs, of 8 KiB each, at which they are brought to their files. */
const HEAD_FRAMES = 2048;
const BODY_FRAMES = 4000;
const COMPARE_EVERY_MS = 100;

/**
 * Tries of a step of a deletion. A merge is given up at once, since the main thread asks for the next soon: nothing may
 * stand before a deletion that makes room on a disk that is full.
 */
const DELETE_TRIES = 6;

/** The merger's loop, the one writer of the body's file: one step of a command a turn. */
export class MergerThread {
  private readonly jobs = new JobQueue(() => this.schedule());
  private readonly parts: MergeParts;
  private readonly files: ReturnType<typeof filesOf>;
  private readonly bodyLog: Checkpoint;
  private readonly headLog: Checkpoint;
  private comparison: PageComparison | undefined;
  private readonly comparing: NodeJS.Timeout;
  private scheduled = false;
  private closing = false;
  private inTrouble = false;
  private isDamaged = false;

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
    this.comparison = PageComparison.begin(this.files.body, this.bodyLog);
    this.comparing = setInterval(() => this.compare(), COMPARE_EVERY_MS);
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
    this.inTrouble = true;
    this.tell({ type: 'trouble', reason: explainFileError(this.files.body, error) });
  }

  private recovered(): void {
    if (!this.inTrouble || this.isDamaged) return;
    this.inTrouble = false;
    this.tell({ type: 'trouble', reason: undefined });
  }

  /**
   * Brings the head's log to its file beside the writer's commits, which would wait for it. The few frames that come
   * meanwhile are the writer's to bring, after which the log begins anew.
   */
  private bringHead(): Noted | undefined {
    const { frames, brought } = this.headLog.log;
    if (frames < HEAD_FRAMES || brought === frames) return undefined;
    try {
      // What is committed from here on stays in the log: it may be without checksums.
      this.head.exec('begin');
      try {
        this.head.prepare('select 1 from store').get();
        return this.headLog.run();
      } finally {
        this.head.exec('commit');
      }
    } catch {
      // The disk is in trouble, as the writer will tell.
      return undefined;
    }
  }

  private bringBody(): void {
    const { frames, brought } = this.bodyLog.log;
    if (frames < BODY_FRAMES || brought === frames) return;
    try {
      this.bodyLog.run();
    } catch {
      // The disk is in trouble, as the next step will tell.
    }
  }

  /** Compares some pages of a large body with their checksums. */
  private compare(): void {
    try {
      if (this.comparison?.step()) return;
    } catch (error) {
      this.troubled(error);
      this.isDamaged = true;
    }
    this.comparison = undefined;
    clearInterval(this.comparing);
  }

  private close(): void {
    this.jobs.stop();
    clearInterval(this.comparing);
    for (const log of [this.bodyLog, this.headLog]) {
      try {
        log.run(true);
      } catch {
        // The log is read again at the next start.
      }
      log.close();
    }
    for (const db of [this.body, this.head, this.bringing]) db.close();
    this.closed();
  }
}
