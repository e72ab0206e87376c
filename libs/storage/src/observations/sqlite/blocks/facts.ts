import { DamagedFileError } from '../../../sqlite-file/errors.js';
import { CHECKSUM_SEED, checksum } from '../../../sqlite-file/checksum.js';

const FIELDS = 13;
const BYTES = FIELDS * 8;
/** Set in `lastFlags`' field: the last value is a text. */
const TEXT = 0.5;

const doubles = new Float64Array(FIELDS);
const asBytes = new Uint8Array(doubles.buffer);
const keyDoubles = new Float64Array(6);
const keyBytes = new Uint8Array(keyDoubles.buffer);

/** What identifies a block beside its facts, as columns of its row. */
export interface BlockKey {
  readonly series: number;
  readonly time: number;
  readonly nth: number;
  readonly lastTime: number;
  readonly count: number;
  /** Newest batch of its rows. */
  readonly batch: number;
}

/** What a block's rows add up to, and its last row: known without a look at the rows. */
export class Facts {
  lastNth = 0;
  lastResultTime = 0;
  lastMapping = 0;
  lastFlags = 0;
  lastBatch = 0;
  /** Time of the last row - time of the one before it. */
  lastStep = 0;
  /** NaN where it is a text; so is `firstNumber`. */
  lastNumber = Number.NaN;
  lastIsText = false;
  firstNumber = Number.NaN;
  /** Of numbers. Not finite when it is too great for a double. */
  sum = 0;
  min = Infinity;
  max = -Infinity;
  /** Of directions, else 0. */
  sine = 0;
  cosine = 0;

  /** The bytes of the column, with a checksum over them and the key. */
  encode(key: BlockKey): Buffer {
    doubles[0] = this.lastNth;
    doubles[1] = this.lastResultTime;
    doubles[2] = this.lastMapping;
    doubles[3] = this.lastFlags + (this.lastIsText ? TEXT : 0);
    doubles[4] = this.lastBatch;
    doubles[5] = this.lastStep;
    doubles[6] = this.lastNumber;
    doubles[7] = this.firstNumber;
    doubles[8] = this.sum;
    doubles[9] = this.min;
    doubles[10] = this.max;
    doubles[11] = this.sine;
    doubles[12] = this.cosine;
    const bytes = Buffer.allocUnsafe(BYTES + 4);
    bytes.set(asBytes);
    bytes.writeUInt32LE(checksum(bytes, 0, BYTES, seedOf(key)), BYTES);
    return bytes;
  }

  /** Reads {@link encode}'s bytes. Throws DamagedFileError. */
  static decode(bytes: Uint8Array, key: BlockKey): Facts {
    if (bytes.length !== BYTES + 4 || checksum(bytes, 0, BYTES, seedOf(key)) !== readUInt32(bytes, BYTES))
      throw new DamagedFileError(
        `what a block of series ${key.series} at ${key.time} adds up to is not what was written`,
      );
    asBytes.set(bytes.subarray(0, BYTES));
    const facts = new Facts();
    const flags = doubles[3]!;
    facts.lastNth = doubles[0]!;
    facts.lastResultTime = doubles[1]!;
    facts.lastMapping = doubles[2]!;
    facts.lastIsText = flags % 1 !== 0;
    facts.lastFlags = Math.floor(flags);
    facts.lastBatch = doubles[4]!;
    facts.lastStep = doubles[5]!;
    facts.lastNumber = doubles[6]!;
    facts.firstNumber = doubles[7]!;
    facts.sum = doubles[8]!;
    facts.min = doubles[9]!;
    facts.max = doubles[10]!;
    facts.sine = doubles[11]!;
    facts.cosine = doubles[12]!;
    return facts;
  }
}

function seedOf({ series, time, nth, lastTime, count, batch }: BlockKey): number {
  keyDoubles[0] = series;
  keyDoubles[1] = time;
  keyDoubles[2] = nth;
  keyDoubles[3] = lastTime;
  keyDoubles[4] = count;
  keyDoubles[5] = batch;
  return checksum(keyBytes, 0, keyBytes.length, CHECKSUM_SEED);
}

function readUInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}
