import {
  LEDGER_STATES,
  TIME_CROWDED,
  type MessageAppend,
  type SchemaRef,
  type Series,
  type ValueAppend,
} from '#model';
import { DEAD_LETTER_PAYLOAD } from '../limits.js';

/** Doubles of one value. */
export const ROW = { series: 0, time: 1, value: 2, resultTime: 3, schema: 4, flags: 5, width: 6 } as const;

/** How `ROW.value` is read; the low two bits of `ROW.flags`; the next is that its time is of arrival. */
export const KIND = { number: 0, boolean: 1, text: 2 } as const;

/** Of `ROW.flags`: that its time is of arrival, and where the observation's own flags begin. */
export const ARRIVAL = 4;
export const FLAGGED = 8;

/** Doubles of one message. */
export const MESSAGE = {
  values: 0,
  rejected: 1,
  fallback: 2,
  bits: 3,
  /** Where its strings begin: a resend's two, then a dead letter's seven. */
  strings: 4,
  packetId: 5,
  replay: 6,
  received: 7,
  qos: 8,
  payloadStart: 9,
  payloadLength: 10,
  payloadSize: 11,
  width: 12,
} as const;

/** Bits of `MESSAGE.bits`. */
export const BITS = { resend: 1, dup: 2, replay: 4, letter: 8 } as const;

/**
 * A byte of {@link BatchData.states} is an index of LEDGER_STATES, or one of these: the dead letter to replay is gone;
 * the message's values are still to be stored; it alone cannot be written; the time of one of its values is crowded.
 */
export const GONE = 255;
export const OPEN = 254;
export const FAILED = 253;
export const CROWDED = 252;

/**
 * A batch as both threads see it. The arrays are shared memory: nothing is copied to hand it over, and should
 * the writer die, the main thread still has all of it. `statuses` and `states` are the writer's answer, complete
 * before it commits; so are the times in `rows` of a message that was sent again, NaN for a value that is gone.
 */
export interface BatchData {
  readonly number: number;
  readonly rowCount: number;
  readonly messageCount: number;
  readonly rows: Float64Array;
  readonly messages: Float64Array;
  readonly bytes: Uint8Array;
  readonly strings: readonly (string | null)[];
  readonly series: readonly Series[];
  readonly schemas: readonly SchemaRef[];
  readonly statuses: Uint16Array;
  readonly states: Uint8Array;
}

/** The messages of a batch in [from, to), of the same memory. */
export function partOf(batch: BatchData, from: number, to: number): BatchData {
  const firstRow = rowsUpTo(batch, from);
  return {
    ...batch,
    messageCount: to - from,
    rowCount: rowsUpTo(batch, to) - firstRow,
    messages: batch.messages.subarray(from * MESSAGE.width),
    rows: batch.rows.subarray(firstRow * ROW.width),
    statuses: batch.statuses.subarray(firstRow),
    states: batch.states.subarray(from),
  };
}

function rowsUpTo({ messages }: BatchData, end: number): number {
  let rows = 0;
  for (let i = 0; i < end; i++) rows += messages[i * MESSAGE.width + MESSAGE.values]!;
  return rows;
}

const DUPLICATE = LEDGER_STATES.indexOf('duplicate');
const FALLBACKS = new Map(LEDGER_STATES.map((state, index) => [state, index]));

/** Collects messages in growing shared arrays. */
export class Batch {
  rowCount = 0;
  messageCount = 0;
  private byteCount = 0;
  private characters = 0;
  private rows = new Float64Array(new SharedArrayBuffer(1024 * ROW.width * 8));
  private messages = new Float64Array(new SharedArrayBuffer(256 * MESSAGE.width * 8));
  private bytes = new Uint8Array(new SharedArrayBuffer(1024));
  private statuses = new Uint16Array(new SharedArrayBuffer(1024 * 2));
  private states = new Uint8Array(new SharedArrayBuffer(256));
  private strings: (string | null)[] = [];
  readonly series: Series[] = [];
  readonly schemas: SchemaRef[] = [];

  /** Bytes it holds, a character counting one. */
  get size(): number {
    const doubles = this.rowCount * ROW.width + this.messageCount * MESSAGE.width;
    return doubles * 8 + this.byteCount + this.characters;
  }

  add(message: MessageAppend): void {
    const { values, resend, replay, deadLetter } = message;
    this.reserve(values.length);
    for (const value of values) this.addValue(value);
    const at = this.messageCount++ * MESSAGE.width;
    const messages = this.messages;
    messages[at + MESSAGE.values] = values.length;
    messages[at + MESSAGE.rejected] = message.rejectedValues;
    messages[at + MESSAGE.fallback] = FALLBACKS.get(message.fallback)!;
    messages[at + MESSAGE.strings] = this.strings.length;
    let bits = 0;
    if (resend) {
      bits |= BITS.resend | (resend.dup ? BITS.dup : 0);
      messages[at + MESSAGE.packetId] = resend.packetId;
      messages[at + MESSAGE.received] = values[0]?.resultTime ?? 0;
      this.strings.push(resend.client, resend.hash);
    }
    if (replay) {
      bits |= BITS.replay;
      messages[at + MESSAGE.replay] = replay.deadLetter;
    }
    if (deadLetter) {
      bits |= BITS.letter;
      this.addLetter(deadLetter, at);
    }
    messages[at + MESSAGE.bits] = bits;
  }

  /** The batch for the writer; nothing may be added until it is cleared. */
  data(number: number): BatchData {
    const { rowCount, messageCount, rows, messages, bytes, strings, series, schemas, statuses, states } =
      this;
    return {
      number,
      rowCount,
      messageCount,
      rows,
      messages,
      bytes,
      strings,
      series,
      schemas,
      statuses,
      states,
    };
  }

  /** The writer's statuses, copied. */
  takeStatuses(): Uint16Array {
    return new Uint16Array(this.statuses.subarray(0, this.rowCount));
  }

  /** Which of a message's values are one too many at their time. */
  crowdedOf(message: number, firstRow: number): number[] {
    const own = this.statuses.subarray(firstRow, firstRow + this.valuesOf(message));
    return [...own.keys()].filter((i) => own[i] === TIME_CROWDED);
  }

  /** Times of a message's values as they were stored first, if it was sent again: time and result time of each. */
  timesOf(message: number, firstRow: number): Float64Array | undefined {
    const at = message * MESSAGE.width;
    const sentAgain = BITS.resend | BITS.dup;
    if (this.states[message] !== DUPLICATE || (this.messages[at + MESSAGE.bits]! & sentAgain) !== sentAgain)
      return undefined;
    const times = new Float64Array(this.valuesOf(message) * 2);
    for (let i = 0, row = firstRow * ROW.width; i < times.length; i += 2, row += ROW.width) {
      times[i] = this.rows[row + ROW.time]!;
      times[i + 1] = this.rows[row + ROW.resultTime]!;
    }
    return times;
  }

  /** The dead letter that a message replays. */
  replayedBy(message: number): number {
    return this.messages[message * MESSAGE.width + MESSAGE.replay]!;
  }

  state(message: number): number {
    return this.states[message]!;
  }

  /** Number of values of a message. */
  valuesOf(message: number): number {
    return this.messages[message * MESSAGE.width + MESSAGE.values]!;
  }

  /** Empties it for the next messages; what grew stays. */
  clear(): void {
    this.rowCount = this.messageCount = this.byteCount = this.characters = 0;
    this.strings = [];
    this.series.length = this.schemas.length = 0;
  }

  private addValue({ series, time, value, resultTime, schema, flags, arrival }: ValueAppend): void {
    const at = this.rowCount++ * ROW.width;
    const rows = this.rows;
    rows[at] = series.id;
    rows[at + ROW.time] = time;
    rows[at + ROW.resultTime] = resultTime;
    rows[at + ROW.schema] = schema.id;
    const packed = flags * FLAGGED + (arrival ? ARRIVAL : 0);
    if (typeof value === 'number') {
      rows[at + ROW.value] = value;
      rows[at + ROW.flags] = packed;
    } else if (typeof value === 'boolean') {
      rows[at + ROW.value] = value ? 1 : 0;
      rows[at + ROW.flags] = packed + KIND.boolean;
    } else {
      this.characters += value.length;
      rows[at + ROW.value] = this.strings.push(value) - 1;
      rows[at + ROW.flags] = packed + KIND.text;
    }
  }

  private addLetter(letter: NonNullable<MessageAppend['deadLetter']>, at: number): void {
    const { payload, topic, client, username, device, schema, rule, rejections } = letter;
    const length = Math.min(payload.length, DEAD_LETTER_PAYLOAD);
    if (this.byteCount + length > this.bytes.length) {
      const grown = new Uint8Array(new SharedArrayBuffer((this.byteCount + length) * 2));
      grown.set(this.bytes);
      this.bytes = grown;
    }
    this.bytes.set(length === payload.length ? payload : payload.subarray(0, length), this.byteCount);
    this.messages[at + MESSAGE.payloadStart] = this.byteCount;
    this.messages[at + MESSAGE.payloadLength] = length;
    this.messages[at + MESSAGE.payloadSize] = payload.length;
    this.messages[at + MESSAGE.received] = letter.received;
    this.messages[at + MESSAGE.qos] = letter.qos;
    this.byteCount += length;
    this.strings.push(topic, client, username, device ?? null, schema ?? null, rule ?? null);
    const reasons = JSON.stringify(rejections);
    this.characters += topic.length + client.length + username.length + reasons.length;
    this.strings.push(reasons);
  }

  private reserve(values: number): void {
    if ((this.rowCount + values) * ROW.width > this.rows.length) {
      const capacity = (this.rowCount + values) * 2;
      this.rows = grow(this.rows, capacity * ROW.width);
      this.statuses = new Uint16Array(new SharedArrayBuffer(capacity * 2));
    }
    if (this.messageCount === this.states.length) {
      const capacity = this.messageCount * 2;
      this.messages = grow(this.messages, capacity * MESSAGE.width);
      this.states = new Uint8Array(new SharedArrayBuffer(capacity));
    }
  }
}

function grow(array: Float64Array, length: number): Float64Array<SharedArrayBuffer> {
  const grown = new Float64Array(new SharedArrayBuffer(length * 8));
  grown.set(array);
  return grown;
}
