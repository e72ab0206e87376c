import { MICROS_BYTES, writeMicros, type ObservationRecord, type SchemaRef, type Series } from '#model';
import type { ObservationRenderer } from './observation-renderer.js';
import { TimeText, writeAscii } from './time-text.js';

/** The bytes around times and value that do not change from one observation of a series to the next. */
interface Frame {
  readonly series: Series;
  readonly schema: SchemaRef;
  /** All before the value, with room for times of six fraction digits, which most have. */
  readonly text: Buffer;
  /** Where those times stand in it: of the id, of the phenomenon, of the result. */
  readonly timeAt: readonly [number, number, number];
  /** All behind the value. */
  readonly tail: Buffer;
  /** Bytes of an observation at most. */
  readonly bound: number;
}

const RESULT_TIME = '","resultTime":"';
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
/** Digits of a double, sign, point and exponent; `~` and an nth. */
const NUMBER_BYTES = 32;
/** `2026-11-24T12:00:00.123456Z` */
const SIX_DIGITS = 27;
const MAX_FRAMES = 100_000;

/**
 * Writes observations into a buffer, byte for byte what {@link ObservationRenderer.json} prints. The constant bytes
 * of a series are encoded once and copied, so that an observation of the usual kind (a quantity or state, unflagged)
 * makes no text for the garbage collector; the others are printed and copied.
 */
export class ObservationEncoder {
  #frames: (Frame | undefined)[] = [];
  #count = 0;
  readonly #time = new TimeText();
  readonly #resultTime = new TimeText();

  constructor(private readonly renderer: ObservationRenderer) {}

  /** Bytes that {@link write} needs at most. */
  bound(record: ObservationRecord): number {
    return (this.#frameOf(record)?.bound ?? this.renderer.json(record).length * 3) + NUMBER_BYTES;
  }

  /** Writes at a place with room for {@link bound}; answers where it ends. */
  write(record: ObservationRecord, target: Buffer, at: number): number {
    const frame = this.#frameOf(record);
    if (!frame) return at + target.write(this.renderer.json(record), at);
    const { time, nth, value, resultTime } = record;
    const phenomenon = this.#time.of(time);
    const produced = resultTime === time ? phenomenon : this.#resultTime.of(resultTime);
    const { tail } = frame;
    if (nth === 0 && phenomenon.length === SIX_DIGITS && produced.length === SIX_DIGITS) {
      const { text, timeAt } = frame;
      target.set(text, at);
      target.set(phenomenon, at + timeAt[0]);
      target.set(phenomenon, at + timeAt[1]);
      target.set(produced, at + timeAt[2]);
      at += text.length;
    } else at = this.#writeParts(frame, record, target, at);
    if (typeof value === 'number') at = writeAscii(target, at, String(value));
    else at += (value ? TRUE : FALSE).copy(target, at);
    target.set(tail, at);
    return at + tail.length;
  }

  /** Writes what comes before the value, piece by piece: the times are of other lengths, or there is an nth. */
  #writeParts(
    { text, timeAt: [id, phenomenon, result] }: Frame,
    { time, nth, resultTime }: ObservationRecord,
    target: Buffer,
    at: number,
  ): number {
    at += text.copy(target, at, 0, id);
    const timeAt = at;
    at = writeMicros(target, at, time);
    const timeEnd = at;
    if (nth > 0) at = writeAscii(target, at, `~${nth + 1}`);
    at += text.copy(target, at, id + SIX_DIGITS, phenomenon);
    at = copyTime(target, at, timeAt, timeEnd);
    at += text.copy(target, at, phenomenon + SIX_DIGITS, result);
    at = resultTime === time ? copyTime(target, at, timeAt, timeEnd) : writeMicros(target, at, resultTime);
    return at + text.copy(target, at, result + SIX_DIGITS);
  }

  /** Undefined for what is printed instead. */
  #frameOf({ series, schema, flags }: ObservationRecord): Frame | undefined {
    if (flags !== 0 || (series.type !== 'quantity' && series.type !== 'state')) return undefined;
    const known = this.#frames[series.id];
    if (known && known.series === series && known.schema === schema) return known;
    return this.#make(series, schema);
  }

  #make(series: Series, schema: SchemaRef): Frame {
    const parts = this.renderer.constantParts(series, schema);
    const quantity = series.type === 'quantity';
    const unit = quantity ? `,"unit":"unit:${series.unit}"}` : '';
    const head = Buffer.byteLength(parts.head);
    const result = quantity
      ? '","hasResult":{"type":"QuantityValue","numericValue":'
      : '","hasSimpleResult":';
    const gap = ' '.repeat(SIX_DIGITS);
    const text = Buffer.from([parts.head, parts.middle, RESULT_TIME, result].join(gap));
    const tail = Buffer.from(`${unit}${parts.tail}}`);
    const second = head + SIX_DIGITS + Buffer.byteLength(parts.middle);
    const frame: Frame = {
      series,
      schema,
      text,
      timeAt: [head, second, second + SIX_DIGITS + RESULT_TIME.length],
      tail,
      bound: text.length + tail.length + 3 * MICROS_BYTES + NUMBER_BYTES,
    };
    if (series.id > 0 && schema.id > 0) this.#remember(frame);
    return frame;
  }

  #remember(frame: Frame): void {
    if (this.#count >= MAX_FRAMES) {
      this.#frames = [];
      this.#count = 0;
    }
    if (!this.#frames[frame.series.id]) this.#count++;
    this.#frames[frame.series.id] = frame;
  }
}

function copyTime(target: Buffer, at: number, from: number, to: number): number {
  target.copyWithin(at, from, to);
  return at + to - from;
}
