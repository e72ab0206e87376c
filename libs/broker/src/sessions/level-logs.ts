import { crc32c, masked } from './level-bytes.js';

const BLOCK = 32 * 1024;
/** In front of each record: its checksum, its length, and its type. */
const HEADER = 7;
export const FULL = 1;
export const FIRST = 2;
export const MIDDLE = 3;
export const LAST = 4;
const TYPES = [FULL, FIRST, MIDDLE, LAST];

/**
 * A piece of a log, as LevelDB reads it: a record or a part of one, or what it leaves out up to the end of the block.
 * - `whole`: it has its checksum.
 * - `wrong`: it has not, and LevelDB says so.
 * - `empty`: as room that was made beforehand.
 * - `cut`: it reaches beyond the end of the log.
 */
export interface Piece {
  readonly kind: 'whole' | 'wrong' | 'empty' | 'cut';
  readonly at: number;
  readonly end: number;
}

/** What there is to say of a log that LevelDB does not say. */
export interface LogReading {
  /** A length is not as it was written, by which the log would end there. */
  readonly isDamaged: boolean;
  /** Bytes that LevelDB leaves out, as it does where it says so. */
  readonly skipped: number;
  /** Whole records stand behind what it leaves out: no power cut did that. */
  readonly isFollowed: boolean;
}

/**
 * Reads a log, or a manifest, for what LevelDB passes over in silence. It takes a record that reaches beyond the end for
 * one that was being written when the process ended, and zeros for room; a power cut leaves both at the end only. After
 * a disk that was full, whole records stand behind such a one.
 * @see https://github.com/google/leveldb/blob/main/doc/log_format.md
 */
export function readingOf(log: Buffer): LogReading {
  const last = log.findLastIndex((byte) => byte !== 0);
  let skipped = 0;
  let isFollowed = false;
  for (const { kind, at, end } of piecesOf(log)) {
    if (kind === 'whole') isFollowed ||= skipped > 0;
    else if (kind === 'empty' && at <= last) {
      skipped += end - at;
      isFollowed ||= hidesRecord(log.subarray(0, end), at);
    } else if (kind === 'cut') {
      if (hasOtherLength(log, at)) return { isDamaged: true, skipped, isFollowed };
      if (!hidesRecord(log, at)) continue;
      skipped += end - at;
      isFollowed = true;
    }
  }
  return { isDamaged: false, skipped, isFollowed };
}

export function* piecesOf(log: Buffer): Generator<Piece> {
  for (let block = 0; block < log.length; block += BLOCK) {
    const end = Math.min(block + BLOCK, log.length);
    for (let at = block; at + HEADER <= end;) {
      const next = endOf(log, at);
      const kind = kindOf(log, at, next, end);
      yield { kind, at, end: kind === 'whole' ? next : end };
      if (kind !== 'whole') break;
      at = next;
    }
  }
}

/** The type of a piece that is whole, and what it holds. */
export function contentsOf(log: Buffer, { at, end }: Piece): [type: number, data: Buffer] {
  return [log[at + 6]!, log.subarray(at + HEADER, end)];
}

function kindOf(log: Buffer, at: number, next: number, end: number): Piece['kind'] {
  // Only of the last block, and where that is not full, LevelDB knows that the log ends.
  if (next > end) return end % BLOCK === 0 ? 'wrong' : 'cut';
  if (log[at + 6] === 0 && next === at + HEADER) return 'empty';
  return isWhole(log, at, next) ? 'whole' : 'wrong';
}

function endOf(log: Buffer, at: number): number {
  return at + HEADER + log.readUInt16LE(at + 4);
}

function isWhole(log: Buffer, at: number, end: number): boolean {
  return log.readUInt32LE(at) === masked(crc32c(log, at + 6, end));
}

/** Whether a record is whole with another length, and maybe with a type that differs by one bit. */
function hasOtherLength(log: Buffer, at: number): boolean {
  const wanted = log.readUInt32LE(at);
  return TYPES.filter((type) => isPowerOf2OrZero(type ^ log[at + 6]!)).some((type) => {
    let crc = crc32c(Buffer.of(type), 0, 1);
    for (let end = at + HEADER; end < log.length && masked(crc) !== wanted; end++)
      crc = crc32c(log, end, end + 1, crc);
    return masked(crc) === wanted;
  });
}

function isPowerOf2OrZero(bits: number): boolean {
  return (bits & (bits - 1)) === 0;
}

/** Whether a whole record begins anywhere behind. */
function hidesRecord(log: Buffer, after: number): boolean {
  for (let at = after + 1; at + HEADER <= log.length; at++) {
    if (!TYPES.includes(log[at + 6]!)) continue;
    const end = endOf(log, at);
    if (end <= log.length && isWhole(log, at, end)) return true;
  }
  return false;
}
