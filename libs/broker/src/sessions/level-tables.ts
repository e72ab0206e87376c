import { crc32c, masked, Reader } from './level-bytes.js';

/** Two places and two sizes, which are filled up with zeros, and a number that tells what it is. */
const FOOTER = 48;
const MAGIC = 0xdb4775248b80fb57n;
/** After each block: how it is compressed, and its checksum. */
const TRAILER = 5;
const SNAPPY = 1;

/**
 * Whether a block of a table differs from its checksum. LevelDB does not look, and `level` has no setting for it: where
 * a bit says "deleted", the entry is not there. What has no end is not judged: LevelDB itself says so.
 * @see https://github.com/google/leveldb/blob/main/doc/table_format.md
 */
export function isDamagedTable(table: Buffer): boolean {
  const end = table.length - FOOTER;
  if (end < 0 || table.readBigUInt64LE(table.length - 8) !== MAGIC) return false;
  try {
    const footer = new Reader(table.subarray(end));
    const about = handle(footer);
    const index = handle(footer);
    if (!isWhole(table, about) || !isWhole(table, index)) return true;
    // Nothing is between the blocks, and these two are the last.
    let at = 0;
    for (const block of [...handlesOf(contents(table, index)), ...handlesOf(contents(table, about))]) {
      if (block.at !== at || !isWhole(table, block)) return true;
      at = block.end;
    }
    return about.at !== at || index.at !== about.end || index.end !== end;
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

function handle(from: Reader): Handle {
  const at = from.varint();
  const size = from.varint();
  return { at, size, end: at + size + TRAILER };
}

function isWhole(table: Buffer, { at, size, end }: Handle): boolean {
  if (end > table.length - FOOTER) return false;
  return table.readUInt32LE(end - 4) === masked(crc32c(table, at, at + size + 1));
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
    yield handle(entries);
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
