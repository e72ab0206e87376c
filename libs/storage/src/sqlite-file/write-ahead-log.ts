import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';

/** https://sqlite.org/fileformat2.html#walformat: the header of a log, and of each frame in it. */
const HEADER = 32;
const FRAME_HEADER = 24;
const MAGIC = 0x377f0682;
/**
 * https://sqlite.org/walformat.html#the_wal_index_header: what the companion -shm holds of the log. The header is there
 * twice, one copy after the other, so that one that is being written is known.
 */
const INDEX = { copy: 48, length: 100, isInit: 12, frames: 16, salt: 32, brought: 96 } as const;
const CHUNK = 4 * 1024 * 1024;
/** How often a header that is being written is read again. */
const TRIES = 1000;

/** What shared memory tells of a log. */
export interface LogIndex {
  /** Tells this log from the one before, which had the same file. */
  readonly salt: string;
  /** Frames that were committed, and of them those that were brought to the file. */
  readonly frames: number;
  readonly brought: number;
}

/** What a log holds. */
export interface Log {
  /** Frames of commits that can be read. */
  readonly whole: number;
  /** The frame up to which there are later commits of the same log; 0 when there are none. */
  readonly lost: number;
  /** Pages of the commits that can be read. */
  readonly pages: ReadonlySet<number>;
}

const EMPTY: Log = { whole: 0, lost: 0, pages: new Set() };

/** Reads the write-ahead log of a file as SQLite does, as far as its checksums are right. */
export function readLog(file: string): Log {
  const log = `${file}-wal`;
  const size = existsSync(log) ? statSync(log).size : 0;
  if (size < HEADER) return EMPTY;
  const handle = openSync(log, 'r');
  try {
    return readFrames(handle, size);
  } finally {
    closeSync(handle);
  }
}

function readFrames(handle: number, size: number): Log {
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
  if (!headerWhole) return { ...EMPTY, lost: size >= HEADER + FRAME_HEADER + 512 ? 1 : 0 };

  const perChunk = Math.max(1, Math.floor(CHUNK / length));
  const chunk = Buffer.alloc(perChunk * length);
  const pages = new Set<number>();
  let open: number[] = [];
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
        open.push(chunk.readUInt32BE(start));
      }
      // What is left of an earlier log has other salts.
      if (!committed || !salted) continue;
      if (broken) lost = index;
      else {
        whole = index;
        for (const page of open) pages.add(page);
        open = [];
      }
    }
  }
  return { whole, lost, pages };
}

/** Calls `take` for frames after `from` up to `to`, in order, of a log that begins no anew meanwhile. */
export function eachFrame(
  file: string,
  from: number,
  to: number,
  take: (page: number, bytes: Buffer, start: number, end: number) => void,
): void {
  if (to <= from) return;
  const handle = openSync(`${file}-wal`, 'r');
  try {
    const header = Buffer.alloc(HEADER);
    readSync(handle, header, 0, HEADER, 0);
    const length = FRAME_HEADER + header.readUInt32BE(8);
    const perChunk = Math.max(1, Math.floor(CHUNK / length));
    const chunk = Buffer.alloc(Math.min(perChunk, to - from) * length);
    for (let next = from; next < to; next += perChunk) {
      const frames = Math.min(perChunk, to - next);
      const read = readSync(handle, chunk, 0, frames * length, HEADER + next * length);
      if (read < frames * length) throw new Error(`${file}-wal ends before frame ${to}`);
      for (let i = 0; i < frames; i++) {
        const start = i * length;
        take(chunk.readUInt32BE(start), chunk, start + FRAME_HEADER, start + length);
      }
    }
  } finally {
    closeSync(handle);
  }
}

/** How far the log of an open file is, as its users share it; undefined while nobody has opened it. */
export function logIndex(file: string): LogIndex | undefined {
  const bytes = readIndex(file, INDEX.length);
  if (bytes?.[INDEX.isInit] !== 1) return undefined;
  // In the order of bytes of this machine, as all that follows.
  return {
    salt: bytes.toString('hex', INDEX.salt, INDEX.salt + 8),
    frames: bytes.readUInt32LE(INDEX.frames),
    brought: bytes.readUInt32LE(INDEX.brought),
  };
}

/** How many frames were committed, as shared memory tells that a killed process left; 0 when it is of another log. */
export function promisedFrames(file: string): number {
  const index = logIndex(file);
  if (!index) return 0;
  const salt = Buffer.alloc(8);
  const handle = openSync(`${file}-wal`, 'r');
  try {
    if (readSync(handle, salt, 0, 8, 16) === 8 && salt.toString('hex') !== index.salt) return 0;
  } finally {
    closeSync(handle);
  }
  return index.frames;
}

function readIndex(file: string, length: number): Buffer | undefined {
  const name = `${file}-shm`;
  if (!existsSync(name) || statSync(name).size < length) return undefined;
  const bytes = Buffer.alloc(length);
  const handle = openSync(name, 'r');
  try {
    for (let i = 0; i < TRIES; i++) {
      readSync(handle, bytes, 0, length, 0);
      if (bytes.compare(bytes, INDEX.copy, 2 * INDEX.copy, 0, INDEX.copy) === 0) return bytes;
    }
  } finally {
    closeSync(handle);
  }
  return bytes;
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
