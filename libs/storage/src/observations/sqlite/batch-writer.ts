import type { Database, Statement } from 'better-sqlite3';
import { LEDGER_STATES, type SchemaRef, type Series } from '#model';
import { ARRIVAL_SPREAD, HIGHEST_NTH } from '../limits.js';
import { messageState } from '../message-state.js';
import { ARRIVAL, BITS, FLAGGED, GONE, KIND, MESSAGE, ROW, type BatchData } from './batch.js';
import { DeadLetterTable, type TakenLetter } from './dead-letter-table.js';
import { LedgerTable, type LedgerRow } from './ledger-row.js';
import { ResendMemory } from './resend-memory.js';
import { packCell, type HeadRows } from './head/head-rows.js';
import { sumOf } from './head/head-table.js';
import type { KnownRow, KnownRows } from './known-rows.js';
import { Siblings, type SiblingSeries } from './siblings.js';

const STATES = new Map(LEDGER_STATES.map((state, index) => [state, index]));
const DUPLICATE = STATES.get('duplicate')!;
/** In `states` while a batch is written: the message's values are to be stored. */
const OPEN = 254;

/** Writes a batch in one transaction: rows, statuses, states, ledger, dead letters, resends. */
export class BatchWriter {
  readonly letters: DeadLetterTable;
  private readonly ledger: LedgerTable;
  private readonly resends: ResendMemory;
  private readonly siblings: Siblings;
  /** Rows of the batch in series whose datastream has several. */
  private readonly shared: number[] = [];
  /** Texts of the batch's rows. */
  private texts: string[] = [];
  private readonly addRows: Statement<[number, number, number, string | null, Buffer]>;
  private readonly addSeries: Statement;
  private readonly addMapping: Statement;
  private readonly begin: Statement<[]>;
  private readonly commit: Statement<[]>;
  private current: LedgerRow;

  constructor(
    private readonly db: Database,
    private readonly head: HeadRows,
    private readonly known: KnownRows,
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
   * Writes and commits; throws SQLite's error after rolling back, and may then be called again with the same
   * batch. A batch that was committed before its writer died is left alone: its answer is in its shared memory.
   */
  write(batch: BatchData): void {
    if (batch.number <= this.current.batch) return;
    const from = this.head.end;
    try {
      this.begin.run();
      const next = this.fill(batch, from);
      this.ledger.write(next);
      this.commit.run();
      this.current = next;
      this.head.endBatch(batch.number, from);
    } catch (error) {
      this.rollback(from);
      throw error;
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

  private fill(batch: BatchData, from: number): LedgerRow {
    const next: LedgerRow = { ...this.current, batch: batch.number, messages: [...this.current.messages] };
    for (const series of batch.series) this.defineSeries(series, next);
    for (const mapping of batch.schemas) this.defineMapping(mapping);
    const replayed = this.settleFirst(batch, next);
    this.head.reserve(batch.rowCount);
    this.storeRows(batch);
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
   * Stores the values of open messages. Those of datastreams with several series follow, so that their nth does not
   * depend on which of the batch's values came between.
   */
  private storeRows(batch: BatchData): void {
    const { messages, messageCount, rows, states, statuses } = batch;
    this.shared.length = 0;
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

  /** Stores one value, unless it is known; answers its status. */
  private store(batch: BatchData, row: number, siblings: SiblingSeries | undefined): number {
    const { rows, strings } = batch;
    const at = row * ROW.width;
    const s = rows[at]!;
    const t = rows[at + ROW.time]!;
    const slot = this.head.slots.of(s);
    const packed = rows[at + ROW.flags]!;
    let nth = 0;
    if (siblings ? !this.isNewest(siblings, t) : t <= this.known.newestTime(slot, s)) {
      const value = valueAt(rows, at, strings);
      const same = this.known.at(slot, s, t);
      const known = same.find((one) => one.value === value);
      if (known && (packed & ARRIVAL) === 0) return known.nth * 2 + 1;
      nth = highest(same) + 1;
      for (const id of siblings?.ids ?? [])
        if (id !== s) nth = Math.max(nth, highest(this.known.at(this.head.slots.of(id), id, t)) + 1);
      if (nth > HIGHEST_NTH) return HIGHEST_NTH * 2 + 1;
    }
    const kind = packed % 4;
    const isText = kind === KIND.text;
    let value = rows[at + ROW.value]!;
    const text = isText ? strings[value]! : '';
    if (isText) value = this.texts.push(text) - 1;
    const cell = packCell((packed - (packed % FLAGGED)) / FLAGGED, nth, isText);
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
    return nth * 2;
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
    const s = rows[at]!;
    const v = valueAt(rows, at, strings);
    const slot = this.head.slots.of(s);
    const found =
      this.known.at(slot, s, rows[at + ROW.time]!).find(({ value }) => value === v) ??
      this.known
        .between(slot, s, arrival, arrival + ARRIVAL_SPREAD)
        .find(({ value, resultTime }) => value === v && resultTime === arrival);
    rows[at + ROW.time] = found?.time ?? Number.NaN;
    rows[at + ROW.resultTime] = found?.resultTime ?? Number.NaN;
    return (found?.nth ?? 0) * 2 + 1;
  }
}

function valueAt(rows: Float64Array, at: number, strings: readonly (string | null)[]): number | string {
  const value = rows[at + ROW.value]!;
  return rows[at + ROW.flags]! % 4 === KIND.text ? strings[value]! : value;
}

function highest(rows: readonly KnownRow[]): number {
  let nth = -1;
  for (const row of rows) if (row.nth > nth) nth = row.nth;
  return nth;
}
