import type { Database, Statement } from 'better-sqlite3';
import { LEDGER_STATES, type SchemaRef, type Series } from '#model';
import { ARRIVAL_SPREAD, HIGHEST_NTH } from '../limits.js';
import { messageState } from '../message-state.js';
import { BITS, GONE, KIND, MESSAGE, ROW, type BatchData } from './batch.js';
import { DeadLetterTable, type TakenLetter } from './dead-letter-table.js';
import { LedgerTable, type LedgerRow } from './ledger-row.js';
import { ResendMemory } from './resend-memory.js';
import { Siblings, type SiblingSeries } from './siblings.js';

const STATES = new Map(LEDGER_STATES.map((state, index) => [state, index]));
const DUPLICATE = STATES.get('duplicate')!;
/** In `states` while a batch is written: the message's values are to be stored. */
const OPEN = 254;

interface StoredRow {
  readonly t: number;
  readonly n: number;
  readonly resultTime: number;
}

/** Writes a batch in one transaction: rows, statuses, states, ledger, dead letters, resends. */
export class BatchWriter {
  readonly letters: DeadLetterTable;
  private readonly ledger: LedgerTable;
  private readonly resends: ResendMemory;
  private readonly insert: Statement;
  private readonly sameValue: Statement<unknown[], number>;
  private readonly storedAt: Statement<unknown[], StoredRow>;
  private readonly arrivedAt: Statement<unknown[], StoredRow>;
  private readonly highest: Statement<[number, number], number>;
  private readonly insertNth: Statement;
  private readonly siblings: Siblings;
  /** Rows of the batch in series whose datastream has several. */
  private shared: number[] = [];
  private readonly addSeries: Statement;
  private readonly addMapping: Statement;
  private readonly begin: Statement<[]>;
  private readonly commit: Statement<[]>;
  private order = new Uint32Array(1024);
  private current: LedgerRow;

  constructor(private readonly db: Database) {
    this.letters = new DeadLetterTable(db);
    this.ledger = new LedgerTable(db);
    this.resends = new ResendMemory(db);
    this.insert = db.prepare(
      'insert into observation values (?, ?, 0, ?, ?, ?, ?, ?) on conflict do nothing',
    );
    this.sameValue = db
      .prepare<unknown[], number>('select n from observation where s = ? and t = ? and v = ?')
      .pluck();
    this.storedAt = db.prepare(
      'select t, n, t + lag as resultTime from observation where s = ? and t = ? and v = ?',
    );
    this.arrivedAt = db.prepare(
      `select t, n, t + lag as resultTime from observation
       where s = ? and t >= ? and t <= ? and v = ? and t + lag = ? order by t limit 1`,
    );
    this.highest = db
      .prepare<[number, number], number>(
        'select n from observation where s = ? and t = ? order by n desc limit 1',
      )
      .pluck();
    this.insertNth = db.prepare('insert into observation values (?, ?, ?, ?, ?, ?, ?, ?)');
    this.siblings = new Siblings(db);
    this.addSeries = db.prepare('insert or ignore into series values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)');
    this.addMapping = db.prepare('insert or ignore into mapping values (?, ?, ?)');
    this.begin = db.prepare('begin immediate');
    this.commit = db.prepare('commit');
    this.current = this.ledger.read();
  }

  /** Number of the newest committed batch. */
  get lastBatch(): number {
    return this.current.batch;
  }

  /**
   * Writes and commits; throws SQLite's error after rolling back, and may then be called again with the same
   * batch. A batch that was committed before its writer died is left alone: its answer is in its shared memory.
   */
  write(batch: BatchData): void {
    if (batch.number <= this.current.batch) return;
    try {
      this.begin.run();
      const next = this.fill(batch);
      this.ledger.write(next);
      this.commit.run();
      this.current = next;
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  /** Undoes the open transaction, if the error has not done so, and forgets what it may have cached. */
  rollback(): void {
    if (this.db.inTransaction) this.db.exec('rollback');
    this.resends.reset();
    this.letters.reset();
    this.current = this.ledger.read();
  }

  private fill(batch: BatchData): LedgerRow {
    const next: LedgerRow = { ...this.current, batch: batch.number, messages: [...this.current.messages] };
    for (const series of batch.series) this.defineSeries(series, next);
    for (const mapping of batch.schemas) this.defineMapping(mapping);
    const replayed = this.settleFirst(batch, next);
    this.storeRows(batch);
    this.settleMessages(batch, next, replayed);
    this.resends.finish(batch.number);
    return next;
  }

  private defineSeries(series: Series, next: LedgerRow): void {
    const { id, device, name, property, unit, feature, kind, type, origin, circular } = series;
    this.addSeries.run(id, device, name, property, unit, feature, kind, type, origin, circular ? 1 : 0);
    this.siblings.add(series);
    next.lastSeries = Math.max(next.lastSeries, id);
  }

  private defineMapping({ id, schema, version }: SchemaRef): void {
    this.addMapping.run(id, schema, version);
  }

  /** In order of arrival: recognises resends, remembers the others, takes the dead letters that are replayed. */
  private settleFirst({ messages, messageCount, strings, states, number }: BatchData, next: LedgerRow) {
    const replayed = new Map<number, TakenLetter>();
    for (let i = 0; i < messageCount; i++) {
      const at = i * MESSAGE.width;
      const bits = messages[at + MESSAGE.bits]!;
      states[i] = OPEN;
      if (bits & BITS.resend) {
        const text = messages[at + MESSAGE.strings]!;
        const client = strings[text]!;
        const hash = strings[text + 1]!;
        const packetId = messages[at + MESSAGE.packetId]!;
        const arrival = bits & BITS.dup ? this.resends.arrivalOf(client, packetId, hash) : undefined;
        if (arrival !== undefined) {
          states[i] = DUPLICATE;
          messages[at + MESSAGE.received] = arrival;
          continue;
        }
        this.resends.remember(client, packetId, hash, messages[at + MESSAGE.received]!, number);
      }
      if (bits & BITS.replay) {
        const letter = this.letters.take(messages[at + MESSAGE.replay]!);
        if (!letter) {
          states[i] = GONE;
          continue;
        }
        replayed.set(i, letter);
        next.messages[letter.state]!--;
        next.rejected -= letter.rejected;
      }
    }
    return replayed;
  }

  /**
   * Stores the values of open messages in key order; equal keys keep the order of arrival. Those of datastreams with
   * several series follow in the order of arrival, so that their nth does not depend on the series' ids.
   */
  private storeRows(batch: BatchData): void {
    const count = this.sortOpen(batch);
    this.shared.length = 0;
    for (let k = 0; k < count; k++) {
      const i = this.order[k]!;
      const siblings = this.siblings.of(batch.rows[i * ROW.width]!);
      if (siblings) this.shared.push(i);
      else batch.statuses[i] = this.store(batch, i, undefined);
    }
    this.shared.sort((a, b) => a - b);
    for (const i of this.shared) {
      batch.statuses[i] = this.store(batch, i, this.siblings.of(batch.rows[i * ROW.width]!));
    }
  }

  /** Stores one value, unless it is known; answers its status. */
  private store(
    { rows, strings, number }: BatchData,
    row: number,
    siblings: SiblingSeries | undefined,
  ): number {
    const at = row * ROW.width;
    const s = rows[at]!;
    const t = rows[at + ROW.time]!;
    const packed = rows[at + ROW.flags]!;
    const v = valueAt(rows, at, strings);
    const lag = rows[at + ROW.resultTime]! - t;
    const m = rows[at + ROW.schema]!;
    const q = (packed - (packed % 4)) / 4;
    const alone = !siblings || siblings.isNewer(t);
    if (alone && this.insert.run(s, t, v, lag, number, m, q).changes === 1) return 0;
    const known = this.sameValue.get(s, t, v);
    if (known !== undefined) return known * 2 + 1;
    const n = (siblings ? siblings.highest(t) : this.highest.get(s, t)!) + 1;
    if (n > HIGHEST_NTH) return HIGHEST_NTH * 2 + 1;
    this.insertNth.run(s, t, n, v, lag, number, m, q);
    return n * 2;
  }

  private sortOpen({ rows, rowCount, messages, messageCount, states }: BatchData): number {
    if (this.order.length < rowCount) this.order = new Uint32Array(rowCount * 2);
    const order = this.order;
    let count = 0;
    for (let i = 0, row = 0; i < messageCount; i++) {
      const end = row + messages[i * MESSAGE.width + MESSAGE.values]!;
      if (states[i] === OPEN) for (; row < end; row++) order[count++] = row;
      row = end;
    }
    order.subarray(0, count).sort((a, b) => {
      const x = a * ROW.width;
      const y = b * ROW.width;
      return rows[x]! - rows[y]! || rows[x + 1]! - rows[y + 1]! || a - b;
    });
    return count;
  }

  /** Decides each message's state, counts it, and records its dead letter. */
  private settleMessages(batch: BatchData, next: LedgerRow, replayed: Map<number, TakenLetter>): void {
    const { messages, messageCount, rows, statuses, states } = batch;
    let lettersAdded = false;
    for (let i = 0, row = 0; i < messageCount; i++) {
      const at = i * MESSAGE.width;
      const end = row + messages[at + MESSAGE.values]!;
      if (states[i] === GONE) {
        row = end;
        continue;
      }
      const open = states[i] === OPEN;
      const taken = replayed.get(i);
      const before = taken && LEDGER_STATES[taken.state];
      let stored = 0;
      let duplicate = 0;
      for (; row < end; row++) {
        if (!open) statuses[row] = this.storedBefore(batch, row, messages[at + MESSAGE.received]!);
        if (statuses[row]! & 1) duplicate++;
        else {
          stored++;
          if (rows[row * ROW.width + ROW.flags]! >= 4) next.flagged++;
        }
      }
      next.stored += stored;
      // Values that the first run of a replayed message had counted are not counted again.
      if (before !== 'stored' && before !== 'duplicate') next.duplicate += duplicate;
      const fallback = LEDGER_STATES[messages[at + MESSAGE.fallback]!]!;
      const state = open ? STATES.get(messageState(stored, duplicate, fallback, before))! : DUPLICATE;
      states[i] = state;
      next.messages[state]!++;
      if (!open) continue;
      next.rejected += messages[at + MESSAGE.rejected]!;
      const bits = messages[at + MESSAGE.bits]!;
      if (bits & BITS.letter) {
        const first = messages[at + MESSAGE.strings]! + (bits & BITS.resend ? 2 : 0);
        this.letters.add(++next.lastLetter, state, batch, at, first);
        lettersAdded = true;
      }
    }
    if (lettersAdded) this.letters.prune();
  }

  /**
   * Status of a value whose message was sent again: known, as the nth that it was stored as. It gets the times that
   * it has here: one without a time of its own has that of its first arrival.
   */
  private storedBefore({ rows, strings }: BatchData, row: number, arrival: number): number {
    const at = row * ROW.width;
    const s = rows[at];
    const v = valueAt(rows, at, strings);
    const found =
      this.storedAt.get(s, rows[at + ROW.time], v) ??
      this.arrivedAt.get(s, arrival, arrival + ARRIVAL_SPREAD, v, arrival);
    rows[at + ROW.time] = found?.t ?? Number.NaN;
    rows[at + ROW.resultTime] = found?.resultTime ?? Number.NaN;
    return (found?.n ?? 0) * 2 + 1;
  }
}

function valueAt(rows: Float64Array, at: number, strings: readonly (string | null)[]): number | string {
  const value = rows[at + ROW.value]!;
  return rows[at + ROW.flags]! % 4 === KIND.text ? strings[value]! : value;
}
