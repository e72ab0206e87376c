import { Reader } from './level-bytes.js';
import { contentsOf, FIRST, FULL, LAST, MIDDLE, piecesOf } from './level-logs.js';

/** What an edit of a manifest says. */
const COMPARATOR = 1;
const LOG = 2;
const NEXT_FILE = 3;
const LAST_SEQUENCE = 4;
const COMPACT_POINTER = 5;
const DELETED_FILE = 6;
const NEW_FILE = 7;
const PREVIOUS_LOG = 9;

/** The files that a LevelDB folder is made of. */
export interface LiveFiles {
  /** The size of each table, by its number. */
  readonly tables: ReadonlyMap<number, number>;
  /** Whether LevelDB reads a log, by its number: others are left over. */
  isLog(number: number): boolean;
}

/**
 * What a manifest names; undefined for one that LevelDB cannot read either, and says so.
 * @see https://github.com/google/leveldb/blob/main/doc/impl.md#manifest
 */
export function liveFiles(manifest: Buffer): LiveFiles | undefined {
  const tables = new Map<number, { level: number; size: number }>();
  let log = 0;
  let previous = 0;
  try {
    for (const edit of editsOf(manifest)) {
      const from = new Reader(edit);
      while (from.at < edit.length) {
        const tag = from.varint();
        if (tag === COMPARATOR) skip(from);
        else if (tag === LOG) log = from.varint();
        else if (tag === PREVIOUS_LOG) previous = from.varint();
        else if (tag === NEXT_FILE || tag === LAST_SEQUENCE) from.varint();
        else if (tag === COMPACT_POINTER) {
          from.varint();
          skip(from);
        } else if (tag === DELETED_FILE) {
          const level = from.varint();
          const number = from.varint();
          if (tables.get(number)?.level === level) tables.delete(number);
        } else if (tag === NEW_FILE) {
          const level = from.varint();
          tables.set(from.varint(), { level, size: from.varint() });
          skip(from);
          skip(from);
        } else throw new RangeError(`an edit says ${tag}`);
      }
      if (from.at > edit.length) throw new RangeError('an edit ends early');
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  return {
    tables: new Map([...tables].map(([number, { size }]) => [number, size])),
    isLog: (number) => number >= log || number === previous,
  };
}

/** A text or a key, with its length in front. */
function skip(from: Reader): void {
  const length = from.varint();
  from.at += length;
}

/** @throws RangeError where LevelDB finds something wrong */
function* editsOf(manifest: Buffer): Generator<Buffer> {
  /** The parts of one that is not at its end yet. */
  let parts: Buffer[] = [];
  for (const piece of piecesOf(manifest)) {
    if (piece.kind === 'wrong') throw new RangeError('a checksum differs');
    if (piece.kind !== 'whole') continue;
    const [type, data] = contentsOf(manifest, piece);
    const isNext = parts.length > 0 ? type === MIDDLE || type === LAST : type === FULL || type === FIRST;
    if (!isNext) throw new RangeError(`a record of type ${type} is not the next`);
    parts.push(data);
    if (type !== FULL && type !== LAST) continue;
    yield Buffer.concat(parts);
    parts = [];
  }
}
