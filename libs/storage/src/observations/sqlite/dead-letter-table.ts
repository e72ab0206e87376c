import type { Database, Statement } from 'better-sqlite3';
import { nowMicros } from '#model';
import { DEAD_LETTER_AGE, DEAD_LETTER_COUNT } from '../limits.js';
import { MESSAGE, type BatchData } from './batch.js';

/** What the ledger must take back when a dead letter is replayed. */
export interface TakenLetter {
  /** Index of LEDGER_STATES. */
  readonly state: number;
  readonly rejected: number;
}

/** Old letters deleted in one transaction at most, beside as many as came. */
const PRUNE_STEP = 200;

/** Writes dead letters and keeps them bounded. */
export class DeadLetterTable {
  private count: number | undefined;
  private readonly insert: Statement;
  private readonly find: Statement<[number], TakenLetter>;
  private readonly remove: Statement<[number]>;
  private readonly countAll: Statement<[], number>;
  private readonly removeOldest: Statement<[number]>;
  private readonly removeAged: Statement<[number, number]>;

  constructor(db: Database) {
    this.insert = db.prepare(
      `insert into dead_letter(id, state, received, v_rejected, qos, topic, client, username, device, schema, rule,
         rejections, size, payload) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.find = db.prepare('select state, v_rejected as rejected from dead_letter where id = ?');
    this.remove = db.prepare('delete from dead_letter where id = ?');
    this.countAll = db.prepare<[], number>('select count(*) from dead_letter').pluck();
    this.removeOldest = db.prepare(
      'delete from dead_letter where id in (select id from dead_letter order by id limit ?)',
    );
    this.removeAged = db.prepare(
      'delete from dead_letter where id in (select id from dead_letter where received < ? order by received limit ?)',
    );
  }

  /** Removes a letter for its replay; undefined when it is not there any more. */
  take(id: number): TakenLetter | undefined {
    const letter = this.find.get(id);
    if (!letter) return undefined;
    this.remove.run(id);
    if (this.count !== undefined) this.count--;
    return letter;
  }

  /** Adds the letter of the message whose doubles begin at `at`. */
  add(id: number, state: number, batch: BatchData, at: number, firstString: number): void {
    const { messages, strings, bytes } = batch;
    const start = messages[at + MESSAGE.payloadStart]!;
    const [topic, client, username, device, schema, rule, rejections] = strings.slice(
      firstString,
      firstString + 7,
    );
    this.insert.run(
      id,
      state,
      messages[at + MESSAGE.received],
      messages[at + MESSAGE.rejected],
      messages[at + MESSAGE.qos],
      topic,
      client,
      username,
      device,
      schema,
      rule,
      rejections,
      messages[at + MESSAGE.payloadSize],
      Buffer.from(bytes.buffer, start, messages[at + MESSAGE.payloadLength]),
    );
    if (this.count !== undefined) this.count++;
  }

  /** Deletes what is over the limits, a bounded number; answers whether anything was deleted. */
  prune(): boolean {
    this.count ??= this.countAll.get()!;
    let deleted = 0;
    if (this.count > DEAD_LETTER_COUNT)
      deleted += this.removeOldest.run(this.count - DEAD_LETTER_COUNT).changes;
    deleted += this.removeAged.run(nowMicros() - DEAD_LETTER_AGE, PRUNE_STEP).changes;
    this.count -= deleted;
    return deleted > 0;
  }

  /** After a rollback. */
  reset(): void {
    this.count = undefined;
  }
}
