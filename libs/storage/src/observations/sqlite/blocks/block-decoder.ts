import { DamagedFileError } from '../../../sqlite-file/errors.js';
import { checksum } from '../../../sqlite-file/checksum.js';
import { ABSOLUTE, base, HEADER, MORE, POWERS, SAME_BATCH, SAME_LAG, SAME_STEP, VALUE } from './format.js';
import type { Rows } from './rows.js';

const double = new Float64Array(1);
const doubleBytes = new Uint8Array(double.buffer);

let bytes: Buffer = Buffer.alloc(0);
let at = 0;

/** Throws DamagedFileError for bytes of a block that are not what was written. */
export function checkBlock(data: Buffer): void {
  if (data.length <= HEADER || checksum(data, HEADER, data.length) !== data.readUInt32LE(0))
    throw new DamagedFileError('the bytes of a block are not what was written');
}

/** Adds a block's rows to others. Throws DamagedFileError. */
export function decodeBlock(data: Buffer, rows: Rows): void {
  checkBlock(data);
  bytes = data;
  at = HEADER;
  const end = data.length;
  let time = 0;
  let step = 0;
  let lag = 0;
  let resultTime = 0;
  let batch = 0;
  let mapping = 0;
  let flags = 0;
  let number = 0;
  let text: string | undefined;
  while (at < end) {
    const bits = bytes[at++]!;
    let nth = 0;
    if (bits & ABSOLUTE) {
      time = readDouble();
      resultTime = readDouble();
      batch = readDouble();
      mapping = readDouble();
      step = 0;
      lag = resultTime - time;
    } else {
      if (!(bits & SAME_STEP)) step += readSigned();
      time += step;
      if (!(bits & SAME_LAG)) lag += readSigned();
      resultTime = time + lag;
      if (!(bits & SAME_BATCH)) batch += readSigned();
    }
    if (bits & MORE) {
      nth = readVarint();
      mapping += readSigned();
      flags = readVarint();
    }
    const how = bits & VALUE.mask;
    if (how === VALUE.double) {
      number = readDouble();
      text = undefined;
    } else if (how === VALUE.text) {
      const length = readVarint();
      const stop = at + Math.floor(length / 2);
      text = bytes.toString(length % 2 ? 'utf16le' : 'utf8', at, stop);
      at = stop;
    } else if (how !== VALUE.same) {
      const power = POWERS[how - VALUE.decimal]!;
      number = (base(text === undefined ? number : 0, power) + readSigned()) / power;
      text = undefined;
    }
    rows.add(time, nth, resultTime, batch, mapping, flags, text ?? number);
  }
  if (at !== end) throw new DamagedFileError('the rows of a block end elsewhere than the block');
}

function readSigned(): number {
  const value = readVarint();
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function readVarint(): number {
  let byte = bytes[at++]!;
  if (byte < 128) return byte;
  let value = byte & 127;
  byte = bytes[at++]!;
  value |= (byte & 127) << 7;
  if (byte < 128) return value;
  byte = bytes[at++]!;
  value |= (byte & 127) << 14;
  if (byte < 128) return value;
  byte = bytes[at++]!;
  value |= (byte & 127) << 21;
  if (byte < 128) return value;
  for (let factor = 2 ** 28; ; factor *= 128) {
    byte = bytes[at++]!;
    value += (byte & 127) * factor;
    if (byte < 128) return value;
  }
}

function readDouble(): number {
  for (let i = 0; i < 8; i++) doubleBytes[i] = bytes[at + i]!;
  at += 8;
  return double[0]!;
}
