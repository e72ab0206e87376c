import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { DamagedFileError } from './errors.js';

/** https://sqlite.org/fileformat2.html#walformat: the header of the log, and of each frame in it. */
const HEADER = 32;
const FRAME_HEADER = 24;
const MAGIC = 0x377f0682;
/** https://sqlite.org/walformat.html#the_wal_index_header: what the companion -shm holds of the log. */
const INDEX = { length: 48, isInit: 12, frames: 16, salt: 32 } as const;
const CHUNK = 4 * 1024 * 1024;

/**
 * Throws DamagedFileError when the write-ahead log of a file holds commits that SQLite would leave out in silence: it
 * reads as far as the checksums are right. A commit that a power cut tore is none of those: it is the last one, and
 * nobody was told of it. To be called before anyone opens the file, and for `synchronous = full` alone: without it a
 * power cut may leave the frames of a log in any order.
 */
export function refuseDamagedLog(file: string): void {
  const log = `${file}-wal`;
  const size = existsSync(log) ? statSync(log).size : 0;
  if (size === 0) return;
  const handle = openSync(log, 'r');
  try {
    const promised = promisedFrames(`${file}-shm`, handle);
    const { whole, lost } = size < HEADER ? { whole: 0, lost: 0 } : readFrames(handle, size);
    const missing = Math.max(lost, promised);
    if (missing > whole)
      throw new DamagedFileError(`of ${missing} pages in its write-ahead log, ${whole} can be read`);
  } finally {
    closeSync(handle);
  }
}

/**
 * How many frames belong to commits that can be read, and up to which one there are later commits of the same log.
 */
function readFrames(handle: number, size: number): { whole: number; lost: number } {
  const header = Buffer.alloc(HEADER);
  readSync(handle, header, 0, HEADER, 0);
  const magic = header.readUInt32BE(0);
  const pageSize = header.readUInt32BE(8);
  const length = FRAME_HEADER + pageSize;
  const sum = new Checksum((magic & 1) === 1);
  const headerWhole =
    (magic & ~1) >>> 0 === MAGIC &&
    pageSize >= 512 &&
    pageSize <= 65_536 &&
    sum.add(header, 0, 24).equals(header, 24);
  // It is on the disk before the first frame: where there are frames, no power cut tore it.
  if (!headerWhole) return { whole: 0, lost: size >= HEADER + FRAME_HEADER + 512 ? 1 : 0 };

  const perChunk = Math.max(1, Math.floor(CHUNK / length));
  const chunk = Buffer.alloc(perChunk * length);
  let whole = 0;
  let lost = 0;
  let broken = false;
  let index = 0;
  for (let at = HEADER; at + length <= size; at += perChunk * length) {
    const read = readSync(handle, chunk, 0, chunk.length, at);
    for (let start = 0; start + length <= read; start += length) {
      index++;
      const salted = chunk.compare(header, 16, 24, start + 8, start + 16) === 0;
      const committed = chunk.readUInt32BE(start + 4) !== 0;
      if (!broken) {
        sum.add(chunk, start, start + 8).add(chunk, start + FRAME_HEADER, start + length);
        broken = !salted || !sum.equals(chunk, start + 16);
      }
      // What is left of an earlier log has other salts.
      if (!committed || !salted) continue;
      if (broken) lost = index;
      else whole = index;
    }
  }
  return { whole, lost };
}

/** How many frames were committed, as shared memory tells that a killed process left; 0 when it is of another log. */
function promisedFrames(index: string, log: number): number {
  if (!existsSync(index) || statSync(index).size < INDEX.length) return 0;
  const header = Buffer.alloc(INDEX.length);
  const handle = openSync(index, 'r');
  try {
    readSync(handle, header, 0, INDEX.length, 0);
  } finally {
    closeSync(handle);
  }
  const salt = Buffer.alloc(8);
  const read = readSync(log, salt, 0, 8, 16);
  const same = read < 8 || header.compare(salt, 0, 8, INDEX.salt, INDEX.salt + 8) === 0;
  // In the order of bytes of this machine.
  return header[INDEX.isInit] === 1 && same ? header.readUInt32LE(INDEX.frames) : 0;
}

/** The checksum of a log: over pairs of words, each frame's on top of the one before. */
class Checksum {
  #a = 0;
  #b = 0;

  constructor(private readonly bigEndian: boolean) {}

  add(bytes: Buffer, start: number, end: number): this {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const little = !this.bigEndian;
    let a = this.#a;
    let b = this.#b;
    for (let at = start; at < end; at += 8) {
      a = (a + view.getUint32(at, little) + b) | 0;
      b = (b + view.getUint32(at + 4, little) + a) | 0;
    }
    this.#a = a;
    this.#b = b;
    return this;
  }

  equals(bytes: Buffer, at: number): boolean {
    return bytes.readInt32BE(at) === this.#a && bytes.readInt32BE(at + 4) === this.#b;
  }
}
