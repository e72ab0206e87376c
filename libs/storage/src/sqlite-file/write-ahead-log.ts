import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { sumOf } from './page-sums.js';

/** https://sqlite.org/fileformat2.html#walformat: the header of a log, and of each frame in it. */
const HEADER = 32;
const FRAME_HEADER = 24;
const MAGIC = 0x377f0682;
/** https://sqlite.org/walformat.html#the_wal_index_header: what the companion -shm holds of the log. */
const INDEX = { length: 48, isInit: 12, frames: 16, salt: 32 } as const;
const CHUNK = 4 * 1024 * 1024;

/** What a log holds. */
export interface Log {
  /** Tells this log from the one before, which had the same file; undefined where there is none. */
  readonly salt?: string;
  /** Frames of commits that can be read. */
  readonly whole: number;
  /**
   * The frame up to which there is more of the same log behind a commit that cannot be read; 0 when there is none. That
   * commit alone is what a power cut leaves: of its frames, any may be on the disk.
   */
  readonly lost: number;
  /** Its header is not as it was written. */
  readonly isHeadless: boolean;
  /** Checksums of the pages of the commits that can be read. */
  readonly pages: ReadonlyMap<number, number>;
}

const EMPTY: Log = { whole: 0, lost: 0, isHeadless: false, pages: new Map() };

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
  if (!headerWhole) {
    // It is on the disk before the first frame: where there are frames, no power cut tore it.
    const isHeadless = size >= HEADER + FRAME_HEADER + 512;
    return { ...EMPTY, isHeadless, lost: isHeadless ? 1 : 0 };
  }

  const perChunk = Math.max(1, Math.floor(CHUNK / length));
  const chunk = Buffer.alloc(perChunk * length);
  const pages = new Map<number, number>();
  let open: [page: number, sum: number][] = [];
  let whole = 0;
  let lost = 0;
  let broken = false;
  /** The commit that is broken has ended. */
  let isBehind = false;
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
        open.push([chunk.readUInt32BE(start), sumOf(chunk, start + FRAME_HEADER, start + length)]);
      }
      // What is left of an earlier log has other salts.
      if (!salted) continue;
      if (isBehind) lost = index;
      else if (broken) isBehind = committed;
      else if (committed) {
        whole = index;
        for (const [page, sum] of open) pages.set(page, sum);
        open = [];
      }
    }
  }
  return { salt: header.toString('hex', 16, 24), whole, lost, isHeadless: false, pages };
}

/** The bytes of the log of an open file. It may be opened by anyone: SQLite has no locks on it. */
export class OpenLog {
  private handle: number | undefined;

  constructor(private readonly file: string) {}

  /** Tells this log from the one before, which had the same file. */
  salt(): string {
    return this.header().toString('hex', 16, 24);
  }

  /** Calls `take` for frames after `from` up to `to`, in order; the log may not begin anew meanwhile. */
  each(
    from: number,
    to: number,
    take: (page: number, bytes: Buffer, start: number, end: number) => void,
  ): void {
    const length = FRAME_HEADER + this.header().readUInt32BE(8);
    const perChunk = Math.max(1, Math.floor(CHUNK / length));
    const chunk = Buffer.alloc(Math.min(perChunk, to - from) * length);
    for (let next = from; next < to; next += perChunk) {
      const frames = Math.min(perChunk, to - next);
      this.read(chunk, frames * length, HEADER + next * length);
      for (let i = 0; i < frames; i++) {
        const start = i * length;
        take(chunk.readUInt32BE(start), chunk, start + FRAME_HEADER, start + length);
      }
    }
  }

  close(): void {
    if (this.handle !== undefined) closeSync(this.handle);
    this.handle = undefined;
  }

  private header(): Buffer {
    const bytes = Buffer.alloc(HEADER);
    this.read(bytes, HEADER, 0);
    return bytes;
  }

  private read(bytes: Buffer, length: number, at: number): void {
    this.handle ??= openSync(`${this.file}-wal`, 'r');
    if (readSync(this.handle, bytes, 0, length, at) < length)
      throw new Error(`${this.file}-wal ends before byte ${at + length}`);
  }
}

/**
 * How many frames were committed, as shared memory tells that a killed process left; 0 when it is of another log. To be
 * called before this process opens the file: who closes a companion that is open ends its locks.
 */
export function promisedFrames(file: string): number {
  const name = `${file}-shm`;
  if (!existsSync(name) || statSync(name).size < INDEX.length) return 0;
  const index = read(name, 0, INDEX.length);
  const salt = read(`${file}-wal`, 16, 8);
  const isSame = salt.length < 8 || index.compare(salt, 0, 8, INDEX.salt, INDEX.salt + 8) === 0;
  // In the order of bytes of this machine.
  return index[INDEX.isInit] === 1 && isSame ? index.readUInt32LE(INDEX.frames) : 0;
}

function read(file: string, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  const handle = openSync(file, 'r');
  try {
    return bytes.subarray(0, readSync(handle, bytes, 0, length, at));
  } finally {
    closeSync(handle);
  }
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
