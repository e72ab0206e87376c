import type { Database, Statement } from 'better-sqlite3';
import { LEDGER_STATES, TIME_CROWDED, VALUES_AT_ONE_TIME, type SchemaRef, type Series } from '#model';
import { isOfData } from '../../sqlite-file/errors.js';
import { messageState } from '../message-state.js';
import {
  ARRIVAL,
  BITS,
  CROWDED,
  FAILED,
  FLAGGED,
  GONE,
  KIND,
  MESSAGE,
  OPEN,
  ROW,
  partOf,
  type BatchData,
} from './batch.js';
import { DeadLetterTable, type TakenLetter } from './dead-letter-table.js';
import { LedgerTable, type LedgerRow } from './ledger-row.js';
import { ResendMemory } from './resend-memory.js';
import { packCell, type HeadRows } from './head/head-rows.js';
import { sumOf } from './head/head-table.js';
import type { KnownRows } from './known-rows.js';
import { ResentValues } from './resent-values.js';
import { Siblings, type SiblingSeries } from './siblings.js';

const STATES = new Map(LEDGER_STATES.map((state, index) => [state, index]));
const DUPLICATE = STATES.get('duplicate')!;

/** Messages of a batch that are not stored: the state of each, which says why. */
type LeftOut = ReadonlyMap<number, number>;

/** A batch is to be written again without some of its messages. */
class CrowdedMessages extends Error {
  constructor(readonly messages: readonly number[]) {
    super('The times of values are crowded');
  }
}

/** Writes a batch in one transaction: rows, statuses, states, ledger, dead letters, resends. */
export class BatchWriter {
  readonly letters: DeadLetterTable;
  private readonly ledger: LedgerTable;
  private readonly resends: ResendMemory;
  private readonly siblings: Siblings;
  /** Rows of the batch in series whose datastream has several. */
  private readonly shared: number[] = [];
  /** Rows of the batch that are one too many at their time. */
  private readonly overfull: number[] = [];
  /** Series that had such a row: their values are looked up before others of their message are stored. */
  private readonly crowded = new Set<number>();
  /** Texts of the batch's rows. */
  private texts: string[] = [];
  private readonly addRows: Statement<[number, number, number, string | null, Buffer]>;
  private readonly addSeries: Statement;
  private readonly addMapping: Statement;
  private readonly begin: Statement<[]>;
  private readonly commit: Statement<[]>;
  private current: LedgerRow;
  /** The batch that failed as a whole, though each of its messages can be written alone. */
  private failedTogether: number | undefined;

  constructor(
    private readonly db: Database,
    private readonly head: HeadRows,
    private readonly known: KnownRows,
    /** Called as it goes on, where it may wait for the disk. */
    private readonly beat: () => void,
  ) {
    this.letters = new DeadLetterTable(db);
    this.ledger = new LedgerTable(db);
    this.resends = new ResendMemory(db);
    this.addRows = db.prepare('insert into head(batch, count, sum, texts, data) values (?, ?, ?, ?, ?)');
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
   * Writes and commits; throws the file's error after rolling back, and may then be called again with the same
   * batch. A batch that was committed before its writer died is left alone: its answer is in its shared memory.
   * What no further try would write is left out, so that its neighbours need not wait for it: answers why, if a
   * message is. A batch of messages that fail only together is tried once more before.
   */
  write(batch: BatchData): string | undefined {
    if (batch.number <= this.current.batch) return undefined;
    const leftOut = new Map<number, number>();
    let reason: string | undefined;
    for (;;) {
      try {
        this.attempt(batch, leftOut);
        return reason;
      } catch (error) {
        const before = leftOut.size;
        if (error instanceof CrowdedMessages) for (const i of error.messages) leftOut.set(i, CROWDED);
        else if (!isOfData(error) || before === batch.messageCount) throw error;
        else {
          reason ??= String(error);
          this.leaveOutFailing(batch, 0, batch.messageCount, leftOut);
          if (leftOut.size > before) continue;
          // What was short for a moment, as memory, may be there at the next try.
          if (this.failedTogether !== batch.number) {
            this.failedTogether = batch.number;
            throw error;
          }
          // None of them is to be acknowledged.
          for (let i = 0; i < batch.messageCount; i++) leftOut.set(i, FAILED);
        }
      }
    }
  }

  /** Writes and commits all but some messages; throws after rolling back. */
  private attempt(batch: BatchData, leftOut: LeftOut): void {
    const from = this.head.end;
    try {
      this.begin.run();
      const next = this.fill(batch, from, leftOut);
      this.ledger.write(next);
      this.commit.run();
      this.current = next;
      this.head.endBatch(batch.number, from);
    } catch (error) {
      this.rollback(from);
      throw error;
    }
  }

  /** Finds the messages in [from, to) that cannot be written, each alone. */
  private leaveOutFailing(batch: BatchData, from: number, to: number, leftOut: Map<number, number>): void {
    if (!this.fails(batch, from, to, leftOut)) return;
    if (to - from === 1) {
      leftOut.set(from, FAILED);
      return;
    }
    const middle = (from + to) >> 1;
    this.leaveOutFailing(batch, from, middle, leftOut);
    this.leaveOutFailing(batch, middle, to, leftOut);
  }

  private fails(batch: BatchData, from: number, to: number, leftOut: LeftOut): boolean {
    const end = this.head.end;
    try {
      this.begin.run();
      this.fill(partOf(batch, from, to), end, new Map([...leftOut].map(([i, state]) => [i - from, state])));
      return false;
    } catch (error) {
      if (error instanceof CrowdedMessages) return false;
      if (!isOfData(error)) throw error;
      return true;
    } finally {
      this.rollback(end);
    }
  }

  /** Undoes the open transaction, if the error has not done so, and forgets what it may have cached. */
  private rollback(from: number): void {
    if (this.db.inTransaction) this.db.exec('rollback');
    this.head.undo(from);
    this.known.forgetHead();
    this.resends.reset();
    this.letters.reset();
    this.current = this.ledger.read();
  }

  private fill(batch: BatchData, from: number, leftOut: LeftOut): LedgerRow {
    const next: LedgerRow = { ...this.current, batch: batch.number, messages: [...this.current.messages] };
    this.known.begin();
    for (const series of batch.series) this.defineSeries(series, next);
    for (const mapping of batch.schemas) this.defineMapping(mapping);
    const replayed = this.settleFirst(batch, next, leftOut);
    this.head.reserve(batch.rowCount);
    this.storeRows(batch);
    if (this.overfull.length > 0) throw this.crowdedMessages(batch);
    this.writeRows(batch.number, from);
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
  private settleFirst(batch: BatchData, next: LedgerRow, leftOut: LeftOut): Map<number, TakenLetter> {
    const { messages, messageCount, strings, states, number } = batch;
    const replayed = new Map<number, TakenLetter>();
    for (let i = 0, end = 0; i < messageCount; i++) {
      const at = i * MESSAGE.width;
      const bits = messages[at + MESSAGE.bits]!;
      const first = end;
      end += messages[at + MESSAGE.values]!;
      const out = leftOut.size > 0 ? leftOut.get(i) : undefined;
      states[i] = out ?? OPEN;
      if (out !== undefined) continue;
      if (bits & (BITS.resend | BITS.replay)) this.beat();
      const text = messages[at + MESSAGE.strings]!;
      const packetId = messages[at + MESSAGE.packetId]!;
      if (bits & BITS.dup) {
        const arrival = this.resends.arrivalOf(strings[text]!, packetId, strings[text + 1]!);
        if (arrival !== undefined) {
          states[i] = DUPLICATE;
          messages[at + MESSAGE.received] = arrival;
          continue;
        }
      }
      if (this.crowded.size > 0 && this.isCrowded(batch, first, end)) {
        states[i] = CROWDED;
        continue;
      }
      if (bits & BITS.resend) {
        const received = messages[at + MESSAGE.received]!;
        this.resends.remember(strings[text]!, packetId, strings[text + 1]!, received, number);
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

  /** Whether a value of a message is one too many at its time, as far as can be known before any is stored. */
  private isCrowded(batch: BatchData, first: number, end: number): boolean {
    const { rows, statuses } = batch;
    let isCrowded = false;
    for (let row = first; row < end; row++) {
      const s = rows[row * ROW.width]!;
      statuses[row] = this.crowded.has(s)
        ? this.statusOf(batch, row, this.head.slots.of(s), this.siblings.of(s))
        : 0;
      if (statuses[row] === TIME_CROWDED) isCrowded = true;
    }
    return isCrowded;
  }

  /** The messages of the rows that are one too many. */
  private crowdedMessages({ messages, messageCount }: BatchData): CrowdedMessages {
    const rows = this.overfull.sort((a, b) => a - b);
    const found: number[] = [];
    for (let i = 0, end = 0, next = 0; i < messageCount; i++) {
      end += messages[i * MESSAGE.width + MESSAGE.values]!;
      if (next < rows.length && rows[next]! < end) found.push(i);
      while (next < rows.length && rows[next]! < end) next++;
    }
    return new CrowdedMessages(found);
  }

  /**
   * Stores the values of open messages. Those of datastreams with several series follow, so that their nth does not
   * depend on which of the batch's values came between.
   */
  private storeRows(batch: BatchData): void {
    const { messages, messageCount, rows, states, statuses } = batch;
    this.shared.length = this.overfull.length = 0;
    this.texts = [];
    for (let i = 0, row = 0; i < messageCount; i++) {
      const end = row + messages[i * MESSAGE.width + MESSAGE.values]!;
      if (states[i] === OPEN) {
        for (; row < end; row++) {
          if (this.siblings.of(rows[row * ROW.width]!)) this.shared.push(row);
          else statuses[row] = this.store(batch, row, undefined);
        }
      }
      row = end;
    }
    for (const row of this.shared) {
      statuses[row] = this.store(batch, row, this.siblings.of(rows[row * ROW.width]!));
    }
  }

  /** Stores one value, unless it is known or one too many; answers its status. */
  private store(batch: BatchData, row: number, siblings: SiblingSeries | undefined): number {
    const { rows, strings } = batch;
    const at = row * ROW.width;
    const s = rows[at]!;
    const t = rows[at + ROW.time]!;
    const slot = this.head.slots.of(s);
    const status = this.statusOf(batch, row, slot, siblings);
    if (status & 1) return status;
    if (status === TIME_CROWDED) {
      this.overfull.push(row);
      this.crowded.add(s);
      return status;
    }
    const packed = rows[at + ROW.flags]!;
    const kind = packed % 4;
    const isText = kind === KIND.text;
    let value = rows[at + ROW.value]!;
    const text = isText ? strings[value]! : '';
    if (isText) value = this.texts.push(text) - 1;
    const cell = packCell((packed - (packed % FLAGGED)) / FLAGGED, status >> 1, isText);
    const number = this.head.push(
      slot,
      s,
      t,
      value,
      rows[at + ROW.resultTime]!,
      rows[at + ROW.schema]!,
      cell,
    );
    if (isText) this.head.setText(number, text);
    this.known.added(slot, number, t);
    return status;
  }

  /** The status that a value has, by what is there. */
  private statusOf(
    { rows, strings }: BatchData,
    row: number,
    slot: number,
    siblings: SiblingSeries | undefined,
  ): number {
    const at = row * ROW.width;
    const s = rows[at]!;
    const t = rows[at + ROW.time]!;
    if (siblings ? this.isNewest(siblings, t) : t > this.known.newestTime(slot, s)) return 0;
    const same = this.known.at(slot, s, t);
    const known = (rows[at + ROW.flags]! & ARRIVAL) === 0 ? same.find(valueAt(rows, at, strings)) : undefined;
    if (known) return known.nth * 2 + 1;
    let { highest } = same;
    for (const id of siblings?.ids ?? [])
      if (id !== s) highest = Math.max(highest, this.known.at(this.head.slots.of(id), id, t).highest);
    return highest + 1 < VALUES_AT_ONE_TIME ? (highest + 1) * 2 : TIME_CROWDED;
  }

  private isNewest({ ids }: SiblingSeries, time: number): boolean {
    return ids.every((id) => time > this.known.newestTime(this.head.slots.of(id), id));
  }

  /** The batch's new rows as one row of the file. */
  private writeRows(batch: number, from: number): void {
    const count = this.head.end - from;
    if (count === 0) return;
    const data = this.head.bytes(from);
    const texts = this.texts.length > 0 ? JSON.stringify(this.texts) : null;
    this.addRows.run(batch, count, sumOf(batch, data, texts), texts, data);
  }

  /** Decides each message's state, counts it, and records its dead letter. */
  private settleMessages(batch: BatchData, next: LedgerRow, replayed: Map<number, TakenLetter>): void {
    const { messages, messageCount, rows, statuses, states } = batch;
    let lettersAdded = false;
    for (let i = 0, row = 0; i < messageCount; i++) {
      const at = i * MESSAGE.width;
      const end = row + messages[at + MESSAGE.values]!;
      const open = states[i] === OPEN;
      if (!open && states[i] !== DUPLICATE) {
        row = end;
        continue;
      }
      const taken = replayed.get(i);
      const before = taken && LEDGER_STATES[taken.state];
      let stored = 0;
      let duplicate = 0;
      const resent = open ? undefined : new ResentValues(this.known, messages[at + MESSAGE.received]!);
      for (; row < end; row++) {
        if (resent) statuses[row] = this.storedBefore(batch, row, resent);
        if (statuses[row]! & 1) duplicate++;
        else {
          stored++;
          if (rows[row * ROW.width + ROW.flags]! >= FLAGGED) next.flagged++;
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
        this.beat();
        const first = messages[at + MESSAGE.strings]! + (bits & BITS.resend ? 2 : 0);
        // One that ran again and is rejected again is the same letter.
        const id = taken ? messages[at + MESSAGE.replay]! : ++next.lastLetter;
        this.letters.add(id, state, batch, at, first);
        lettersAdded = true;
      }
    }
    if (lettersAdded) this.letters.prune();
  }

  /**
   * Status of a value whose message was sent again: known, as the nth that it was stored as. It gets the times that
   * it has here: one without a time of its own has that of its first arrival.
   */
  private storedBefore({ rows, strings }: BatchData, row: number, resent: ResentValues): number {
    const at = row * ROW.width;
    const s = rows[at]!;
    const v = valueAt(rows, at, strings);
    const slot = this.head.slots.of(s);
    const found = this.known.at(slot, s, rows[at + ROW.time]!).find(v) ?? resent.next(slot, s, v);
    rows[at + ROW.time] = found?.time ?? Number.NaN;
    rows[at + ROW.resultTime] = found?.resultTime ?? Number.NaN;
    return (found?.nth ?? 0) * 2 + 1;
  }
}

function valueAt(rows: Float64Array, at: number, strings: readonly (string | null)[]): number | string {
  const value = rows[at + ROW.value]!;
  return rows[at + ROW.flags]! % 4 === KIND.text ? strings[value]! : value;
}
