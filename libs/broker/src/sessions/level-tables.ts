import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Two places and two sizes, which are filled up with zeros, and a number that tells what it is. */
const FOOTER = 48;
const MAGIC = 0xdb4775248b80fb57n;
/** After each block: how it is compressed, and its checksum. */
const TRAILER = 5;
const SNAPPY = 1;
const MASK_DELTA = 0xa282ead8;

/**
 * Looks for a table of a LevelDB folder that is not as it was written; answers its name. LevelDB checks its logs but
 * not its tables, for which `level` has no setting: where a bit says "deleted", the entry is not there.
 */
export async function damagedTable(directory: string): Promise<string | undefined> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names)
    if (/\.(ldb|sst)$/.test(name) && isDamaged(await readFile(join(directory, name)))) return name;
  return undefined;
}

/**
 * Whether a block of a table differs from its checksum. What has no end is not judged: a table that was being written
 * when the process ended has none and is in no use, and of others LevelDB itself says so.
 * @see https://github.com/google/leveldb/blob/main/doc/table_format.md
 */
export function isDamaged(table: Buffer): boolean {
  const end = table.length - FOOTER;
  if (end < 0 || table.readBigUInt64LE(table.length - 8) !== MAGIC) return false;
  try {
    const footer = new Reader(table.subarray(end));
    const about = footer.handle();
    const index = footer.handle();
    if (!isWhole(table, about) || !isWhole(table, index)) return true;
    // Nothing is between the blocks, and these two are the last.
    let at = 0;
    const blocks = [...handlesOf(contents(table, index)), ...handlesOf(contents(table, about)), about, index];
    for (const block of blocks) {
      if (block.at !== at || !isWhole(table, block)) return true;
      at = block.end;
    }
    return at !== end;
  } catch (error) {
    if (error instanceof RangeError) return true;
    throw error;
  }
}

/** Where a block begins, how long it is without its trailer, and where the next one begins. */
interface Handle {
  readonly at: number;
  readonly size: number;
  readonly end: number;
}

class Reader {
  at = 0;

  constructor(readonly bytes: Buffer) {}

  byte(): number {
    return this.bytes.readUInt8(this.at++);
  }

  /** Seven bits a byte, the lowest first. @throws RangeError at the end of the bytes */
  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  /** The next bytes, as a number, the lowest byte first. */
  number(bytes: number): number {
    this.at += bytes;
    return this.bytes.readUIntLE(this.at - bytes, bytes);
  }

  handle(): Handle {
    const at = this.varint();
    const size = this.varint();
    return { at, size, end: at + size + TRAILER };
  }
}

function isWhole(table: Buffer, { at, size, end }: Handle): boolean {
  if (end > table.length - FOOTER) return false;
  return table.readUInt32LE(end - 4) === masked(crc32c(table.subarray(at, at + size + 1)));
}

/** What a block holds, of one that is whole. */
function contents(table: Buffer, { at, size }: Handle): Buffer {
  const block = table.subarray(at, at + size);
  return table[at + size] === SNAPPY ? inflated(block) : block;
}

/** The values of an index, or of the block about filters, which are places of blocks. */
function* handlesOf(index: Buffer): Generator<Handle> {
  const restarts = index.readUInt32LE(index.length - 4);
  const entries = new Reader(index.subarray(0, index.length - 4 * (restarts + 1)));
  while (entries.at < entries.bytes.length) {
    entries.varint();
    const key = entries.varint();
    const value = entries.varint();
    entries.at += key;
    const next = entries.at + value;
    yield entries.handle();
    entries.at = next;
  }
}

/** @see https://github.com/google/snappy/blob/main/format_description.txt */
function inflated(block: Buffer): Buffer {
  const from = new Reader(block);
  const target = Buffer.alloc(from.varint());
  for (let at = 0; from.at < block.length;) {
    const tag = from.byte();
    const high = tag >> 2;
    if ((tag & 3) === 0) {
      const length = (high < 60 ? high : from.number(high - 59)) + 1;
      block.copy(target, at, from.at, from.at + length);
      from.at += length;
      at += length;
      continue;
    }
    const isShort = (tag & 3) === 1;
    const length = isShort ? (high & 7) + 4 : high + 1;
    const back = isShort ? (high >> 3) * 256 + from.byte() : from.number((tag & 3) === 2 ? 2 : 4);
    // Byte by byte: it may reach into what it writes.
    for (const until = at + length; at < until; at++) target[at] = target[at - back]!;
  }
  return target;
}

/** Of each byte, what it makes of a checksum by Castagnoli's polynomial. */
const CRC32C = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  return crc;
});

function crc32c(bytes: Buffer): number {
  let crc = ~0;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ CRC32C[(crc ^ bytes[i]!) & 255]!;
  return ~crc >>> 0;
}

/** As LevelDB keeps a checksum. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}
