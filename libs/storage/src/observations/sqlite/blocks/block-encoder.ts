import { checksum } from '../../../sqlite-file/checksum.js';
import { Facts } from './facts.js';
import {
  ABSOLUTE,
  base,
  DECIMAL_LIMIT,
  HEADER,
  MORE,
  POWERS,
  SAME_BATCH,
  SAME_LAG,
  SAME_STEP,
  VALUE,
  VARINT_LIMIT,
} from './format.js';
import type { Rows } from './rows.js';

/** Rows and bytes at which a block is full; a row of a long text may make it longer. */
export const BLOCK_ROWS = 256;
const BLOCK_BYTES = 3600;
/**
 * Blocks of this many rows end with their hour, so that windows of whole hours need not look into them; where an hour
 * has fewer rows, all of them are few.
 */
const HOUR_ROWS = 64;
export const HOUR = 3_600_000_000;
/** A row without its text, at most. */
const ROW_BYTES = 96;

const LONE_SURROGATE = /\p{Surrogate}/u;

const double = new Float64Array(1);
const doubleBytes = new Uint8Array(double.buffer);

/** Writes the rows of one block after each other, or goes on with a block that has room. */
export class BlockEncoder {
  count = 0;
  facts = new Facts();
  private bytes = Buffer.allocUnsafe(16 * 1024);
  private at = HEADER;
  private time = 0;
  private lag = 0;
  private text: string | undefined;
  /** Radians of a unit of direction; undefined where values are none. */
  private radians: number | undefined;
  /** Newest batch of its rows. */
  batch = 0;

  /** Begins an empty block. */
  begin(radians: number | undefined): void {
    this.count = 0;
    this.batch = 0;
    this.at = HEADER;
    this.facts = new Facts();
    this.time = this.lag = 0;
    this.text = undefined;
    this.radians = radians;
  }

  /** Goes on after the last row of a block, whose bytes are known to be whole. */
  resume(
    data: Uint8Array,
    facts: Facts,
    { count, batch, lastTime }: { count: number; batch: number; lastTime: number },
    radians: number | undefined,
  ): void {
    this.reserve(data.length);
    this.bytes.set(data);
    this.at = data.length;
    this.count = count;
    this.batch = batch;
    this.facts = facts;
    this.time = lastTime;
    this.lag = facts.lastResultTime - lastTime;
    this.text = undefined;
    this.radians = radians;
  }

  /** Whether a row at this time is better the first of the next block. */
  isFull(time: number): boolean {
    if (this.count >= BLOCK_ROWS || this.at >= BLOCK_BYTES) return true;
    return this.count >= HOUR_ROWS && Math.floor(time / HOUR) !== Math.floor(this.time / HOUR);
  }

  /** Adds a row; its key is after those before. */
  add(rows: Rows, i: number): void {
    const facts = this.facts;
    const time = rows.times[i]!;
    const nth = rows.nths[i]!;
    const resultTime = rows.resultTimes[i]!;
    const batch = rows.batches[i]!;
    const mapping = rows.mappings[i]!;
    const flags = rows.flags[i]!;
    const text = rows.texts[i];
    this.reserve(this.at + ROW_BYTES);
    const start = this.at++;
    const step = time - this.time;
    const lag = resultTime - time;
    const stepChange = step - facts.lastStep;
    const lagChange = lag - this.lag;
    const batchChange = batch - facts.lastBatch;
    const mappingChange = mapping - facts.lastMapping;
    let bits = 0;
    if (
      this.count > 0 &&
      fits(step) &&
      fits(stepChange) &&
      fits(lag) &&
      fits(lagChange) &&
      fits(batchChange) &&
      fits(mappingChange)
    ) {
      if (stepChange === 0) bits |= SAME_STEP;
      else this.putSigned(stepChange);
      if (lagChange === 0) bits |= SAME_LAG;
      else this.putSigned(lagChange);
      if (batchChange === 0) bits |= SAME_BATCH;
      else this.putSigned(batchChange);
      if (nth !== 0 || mappingChange !== 0 || flags !== facts.lastFlags) {
        bits |= MORE;
        this.putVarint(nth);
        this.putSigned(mappingChange);
        this.putVarint(flags);
      }
      facts.lastStep = step;
    } else {
      bits |= ABSOLUTE;
      this.putDouble(time);
      this.putDouble(resultTime);
      this.putDouble(batch);
      this.putDouble(mapping);
      if (nth !== 0 || flags !== facts.lastFlags) {
        bits |= MORE;
        this.putVarint(nth);
        this.putSigned(0);
        this.putVarint(flags);
      }
      facts.lastStep = 0;
    }
    bits |= text === undefined ? this.putNumber(rows.numbers[i]!) : this.putText(text);
    this.bytes[start] = bits;
    this.count++;
    this.time = time;
    this.lag = lag;
    if (batch > this.batch) this.batch = batch;
    facts.lastNth = nth;
    facts.lastResultTime = resultTime;
    facts.lastMapping = mapping;
    facts.lastFlags = flags;
    facts.lastBatch = batch;
  }

  /** A copy of the block's bytes, its checksum first. */
  data(): Buffer {
    this.bytes.writeUInt32LE(checksum(this.bytes, HEADER, this.at), 0);
    return Buffer.from(this.bytes.subarray(0, this.at));
  }

  get lastTime(): number {
    return this.time;
  }

  private putNumber(number: number): number {
    const facts = this.facts;
    const before = facts.lastNumber;
    const wasText = facts.lastIsText;
    if (this.count === 0) facts.firstNumber = number;
    facts.lastNumber = number;
    facts.lastIsText = false;
    this.text = undefined;
    facts.sum += number;
    if (number < facts.min) facts.min = number;
    if (number > facts.max) facts.max = number;
    if (this.radians !== undefined) {
      facts.sine += Math.sin(number * this.radians);
      facts.cosine += Math.cos(number * this.radians);
    }
    if (!wasText && this.count > 0 && Object.is(number, before)) return VALUE.same;
    const known = wasText || this.count === 0 ? 0 : before;
    if (number !== 0 || 1 / number > 0) {
      for (let digits = 0; digits < POWERS.length; digits++) {
        const power = POWERS[digits]!;
        const scaled = Math.round(number * power);
        if (scaled / power !== number || Math.abs(scaled) >= DECIMAL_LIMIT) continue;
        this.putSigned(scaled - base(known, power));
        return VALUE.decimal + digits;
      }
    }
    this.putDouble(number);
    return VALUE.double;
  }

  private putText(text: string): number {
    const facts = this.facts;
    if (this.count === 0) facts.firstNumber = Number.NaN;
    facts.lastNumber = Number.NaN;
    facts.lastIsText = true;
    if (this.text === text) return VALUE.same;
    this.text = text;
    // UTF-8 cannot tell surrogates that stand alone.
    const encoding = LONE_SURROGATE.test(text) ? 'utf16le' : 'utf8';
    const length = Buffer.byteLength(text, encoding);
    this.reserve(this.at + length + ROW_BYTES);
    this.putVarint(length * 2 + (encoding === 'utf8' ? 0 : 1));
    this.at += this.bytes.write(text, this.at, encoding);
    return VALUE.text;
  }

  private putSigned(value: number): void {
    this.putVarint(value < 0 ? -value * 2 - 1 : value * 2);
  }

  private putVarint(value: number): void {
    const bytes = this.bytes;
    let at = this.at;
    while (value > 0x7fffffff) {
      const rest = Math.floor(value / 128);
      bytes[at++] = (value - rest * 128) | 128;
      value = rest;
    }
    while (value > 127) {
      bytes[at++] = (value & 127) | 128;
      value >>>= 7;
    }
    bytes[at++] = value;
    this.at = at;
  }

  private putDouble(value: number): void {
    double[0] = value;
    this.bytes.set(doubleBytes, this.at);
    this.at += 8;
  }

  private reserve(length: number): void {
    if (length <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(length * 2);
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
  }
}

function fits(value: number): boolean {
  return value < VARINT_LIMIT && value > -VARINT_LIMIT;
}
