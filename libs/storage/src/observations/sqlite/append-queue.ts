import {
  LEDGER_STATES,
  TimeCrowdedError,
  type MessageAppend,
  type SchemaRef,
  type Series,
  type Settled,
} from '#model';
import { unstorable } from '../check-append.js';
import { closedError, failedError, goneError } from '../errors.js';
import { Batch, CROWDED, FAILED, GONE } from './batch.js';
import type { StoreMeter } from './figures.js';
import type { WriterClient } from './writer-client.js';

/** A batch is handed over at the latest when it holds this much. */
const BATCH_ROWS = 32_768;
const BATCH_BYTES = 8 * 1024 * 1024;
/** A second batch follows the one in flight when it holds this many rows, so that the writer never idles. */
const SECOND_ROWS = 4096;
/** Batches kept for reuse, and the most that one may have held. */
const SPARE_BATCHES = 3;

interface Filling {
  readonly batch: Batch;
  /** The batch's messages, in their order, and who waits for each. */
  readonly messages: MessageAppend[];
  readonly waiters: Settled[];
}

/**
 * Group commit. One batch is with the writer while the next grows: under load batches grow to what one commit
 * takes, and a lone message waits for nothing.
 */
export class AppendQueue {
  private filling = newFilling();
  private readonly full: Filling[] = [];
  private readonly inFlight = new Map<number, Filling>();
  private readonly spare: Batch[] = [];
  /** What the store has, or what is on its way there. */
  readonly series = new Map<number, Series>();
  readonly schemas = new Map<number, SchemaRef>();
  private scheduled = false;
  private number = 0;
  private idle: (() => void)[] = [];

  constructor(
    private readonly writer: Pick<WriterClient, 'sendBatch'>,
    private readonly meter: Pick<StoreMeter, 'sent'> = { sent: () => undefined },
  ) {}

  /** Rows that were appended and are not committed. */
  get waiting(): number {
    const open = [...this.inFlight.values(), ...this.full, this.filling];
    return open.reduce((sum, { batch }) => sum + batch.rowCount, 0);
  }

  /** Before the first append: the newest committed batch, and what the store knows. */
  begin(lastBatch: number, series: Iterable<Series>, schemas: Iterable<SchemaRef>): void {
    this.number = lastBatch;
    for (const one of series) this.series.set(one.id, one);
    for (const one of schemas) this.schemas.set(one.id, one);
  }

  /** `settled` is called once, later: after the commit, or with the error of a message that cannot be stored. */
  submit<Message extends MessageAppend>(message: Message, settled: Settled<Message>): void {
    const reason = unstorable(message);
    if (reason !== undefined) {
      setImmediate(settled, undefined, new TypeError(`The message cannot be stored: ${reason}.`), message);
      return;
    }
    // A message of very many values has a batch to itself, so that others do not wait for it.
    const rows = this.filling.batch.rowCount;
    if (rows > 0 && rows + message.values.length > BATCH_ROWS) this.next();
    const { batch, messages, waiters } = this.filling;
    for (const { series, schema } of message.values) {
      if (!this.series.has(series.id)) {
        this.series.set(series.id, series);
        batch.series.push(series);
      }
      if (!this.schemas.has(schema.id)) {
        this.schemas.set(schema.id, schema);
        batch.schemas.push(schema);
      }
    }
    batch.add(message);
    messages.push(message);
    waiters.push(settled as Settled);
    if (batch.rowCount >= BATCH_ROWS || batch.size >= BATCH_BYTES) this.next();
    this.schedule();
  }

  /** Series that were purged: should one come again, its definition goes with it. */
  forget(series: readonly number[]): void {
    for (const id of series) this.series.delete(id);
  }

  /** Hands over what was appended so far, so that a command given next comes after it. */
  flush(): void {
    if (this.filling.waiters.length > 0) this.next();
    while (this.full.length > 0) this.send(this.full.shift()!);
  }

  /** Resolves when everything appended so far has its answer. */
  async drained(): Promise<void> {
    this.flush();
    if (this.inFlight.size > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  /**
   * The writer committed a batch: answers its messages and hands over the next.
   * @param refused why messages of it could not be written, if some could not
   */
  committed(number: number, refused?: string): void {
    const done = this.inFlight.get(number);
    if (!done) return;
    this.inFlight.delete(number);
    this.pump();
    this.answer(done, refused);
    done.batch.clear();
    if (this.spare.length < SPARE_BATCHES) this.spare.push(done.batch);
    if (this.inFlight.size === 0) for (const resolve of this.idle.splice(0)) resolve();
  }

  /** Rejects everything that has no answer. */
  fail(): void {
    const open = [...this.inFlight.values(), ...this.full, this.filling];
    this.inFlight.clear();
    this.full.length = 0;
    this.filling = newFilling();
    for (const { messages, waiters } of open)
      for (const [i, settled] of waiters.entries()) settled(undefined, closedError(), messages[i]!);
    for (const resolve of this.idle.splice(0)) resolve();
  }

  private schedule(): void {
    if (this.scheduled || (this.inFlight.size > 0 && !this.wantsSecond())) return;
    this.scheduled = true;
    // After the messages that the present turn of the event loop brings.
    setImmediate(() => {
      this.scheduled = false;
      this.pump();
    });
  }

  private wantsSecond(): boolean {
    return this.inFlight.size === 1 && (this.full.length > 0 || this.filling.batch.rowCount >= SECOND_ROWS);
  }

  private pump(): void {
    while (this.inFlight.size === 0 || this.wantsSecond()) {
      if (this.full.length === 0) {
        if (this.filling.waiters.length === 0) return;
        this.next();
      }
      this.send(this.full.shift()!);
    }
  }

  private next(): void {
    this.full.push(this.filling);
    this.filling = newFilling(this.spare.pop());
  }

  private send(filling: Filling): void {
    const number = ++this.number;
    this.inFlight.set(number, filling);
    this.meter.sent(filling.batch.rowCount, filling.batch.messageCount);
    this.writer.sendBatch(filling.batch.data(number));
  }

  private answer({ batch, messages, waiters }: Filling, refused: string | undefined): void {
    const statuses = batch.takeStatuses();
    for (let i = 0, first = 0; i < waiters.length; i++) {
      const state = batch.state(i);
      const message = messages[i]!;
      if (state === GONE) waiters[i]!(undefined, goneError(batch.replayedBy(i)), message);
      else if (state === FAILED) waiters[i]!(undefined, failedError(refused), message);
      else if (state === CROWDED)
        waiters[i]!(undefined, new TimeCrowdedError(batch.crowdedOf(i, first)), message);
      else {
        const times = batch.timesOf(i, first);
        waiters[i]!({ state: LEDGER_STATES[state]!, statuses, first, times }, undefined, message);
      }
      first += batch.valuesOf(i);
    }
    // A list that the garbage collector has moved to old memory would keep alive what it lists.
    messages.length = waiters.length = 0;
  }
}

function newFilling(batch = new Batch()): Filling {
  return { batch, messages: [], waiters: [] };
}
