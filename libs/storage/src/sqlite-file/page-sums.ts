import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { checksum } from './checksum.js';
import { syncPath } from './copy-file.js';
import { DamagedFileError } from './errors.js';

/** https://sqlite.org/fileformat2.html#the_database_header */
const DATABASE = { header: 100, pageSize: 16, applicationId: 68 } as const;
/** What the file is, the database's page size and application id, and a checksum of these. */
const ABOUT = 16;
/** Behind it: the salt of a log, how many of its frames are noted and on the disk, and a checksum of these. */
const HEADER = 32;
const MAGIC = 0x314d5347; // "GSM1"
/** Pages that are read at once. */
const STEP = 256;

/** How far the pages of a log have their checksums. */
export interface Noted {
  readonly salt: string;
  readonly frames: number;
}

/**
 * A checksum for each page of an SQLite file, which has none of its own, in the companion `-sums`. That of a page is
 * right, or the page is in the write-ahead log, from which SQLite takes it: see Checkpoint, which keeps it so.
 *
 * The file's application id tells whose they are: it is another number in each, and none in a copy.
 */
export class PageSums {
  private constructor(
    private readonly file: string,
    private readonly handle: number,
    private readonly pageSize: number,
    /** Frames that had their checksums, and were on the disk, when this was opened; undefined when there were none. */
    readonly promised?: Noted,
  ) {}

  /**
   * Opens those of a file that has the application id; undefined where there are none, or when they are of another file,
   * as when a backup was put in its place. Throws DamagedFileError when they cannot be read.
   */
  static open(file: string, id: number): PageSums | undefined {
    if (!PageSums.areThere(file)) return undefined;
    const name = nameOf(file);
    const handle = openSync(name, 'r+');
    try {
      const header = Buffer.alloc(HEADER);
      const whole = readSync(handle, header, 0, HEADER, 0) === HEADER;
      if (
        !whole ||
        header.readUInt32LE(ABOUT - 4) !== checksum(header, 0, 12) ||
        header.readUInt32LE(0) !== MAGIC
      )
        throw new DamagedFileError(`the checksums of its pages in ${name} cannot be read`);
      if (header.readUInt32LE(8) === id)
        return new PageSums(file, handle, header.readUInt32LE(4), promiseOf(header));
    } catch (error) {
      closeSync(handle);
      throw error;
    }
    closeSync(handle);
    return undefined;
  }

  /** Whether there are any, of whatever file. */
  static areThere(file: string): boolean {
    return existsSync(nameOf(file));
  }

  /** Removes those of a file that is gone, or of another one. */
  static remove(file: string): void {
    rmSync(nameOf(file), { force: true });
  }

  /** Makes those of a file that has the application id and that nobody has open, in place of others. */
  static make(file: string, id: number): void {
    const database = openSync(file, 'r');
    try {
      PageSums.write(file, database, id);
    } catch (error) {
      rmSync(`${nameOf(file)}.partial`, { force: true });
      throw error;
    } finally {
      closeSync(database);
    }
    renameSync(`${nameOf(file)}.partial`, nameOf(file));
    syncPath(dirname(file));
  }

  private static write(file: string, database: number, id: number): void {
    const { pageSize } = headerOf(database);
    const header = Buffer.alloc(HEADER);
    header.writeUInt32LE(MAGIC, 0);
    header.writeUInt32LE(pageSize, 4);
    header.writeUInt32LE(id, 8);
    header.writeUInt32LE(checksum(header, 0, 12), ABOUT - 4);
    const handle = openSync(`${nameOf(file)}.partial`, 'w');
    try {
      writeSync(handle, header, 0, HEADER, 0);
      const sums = new PageSums(file, handle, pageSize);
      sums.eachPage(database, 1, Infinity, (page, sum) => sums.put(page, [sum]));
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  }

  /**
   * Throws DamagedFileError when one of `count` pages from `first` on is not as it was written; `logged` are those that
   * are in the log. Answers whether there are more. `database` is a handle of the file.
   */
  compare(database: number, first: number, count: number, logged: ReadonlyMap<number, unknown>): boolean {
    const known = Math.floor((fstatSync(this.handle).size - HEADER) / 4);
    const kept = Buffer.alloc(4 * STEP);
    let from = 0;
    this.eachPage(database, first, count, (page, sum) => {
      if ((page - first) % STEP === 0) {
        from = page;
        kept.fill(0);
        readSync(this.handle, kept, 0, kept.length, HEADER + 4 * (page - 1));
      }
      if (logged.has(page)) return;
      const expected = kept.readUInt32LE(4 * (page - from));
      // A page that was in use between two checkpoints alone was never written, and is of no use.
      if (page <= known && (expected === 0 || expected === sum)) return;
      throw new DamagedFileError(
        `page ${page} is not as it was written. If another program wrote the file, or opened it after a kill, delete ${nameOf(this.file)}, and it is taken as it is`,
      );
    });
    return (first + count - 1) * this.pageSize < fstatSync(database).size;
  }

  /** Notes pages as they are in the log, in their order of writing. */
  note(bytes: ReadonlyMap<number, number>): void {
    const pages = [...bytes.keys()].sort((a, b) => a - b);
    for (let i = 0; i < pages.length;) {
      const first = pages[i]!;
      const run: number[] = [];
      while (pages[i] === first + run.length) run.push(bytes.get(pages[i++]!)!);
      this.put(first, run);
    }
  }

  /** Brings what was noted to the disk, and how far that is. The log is there up to that frame. */
  sync({ salt, frames }: Noted): void {
    const bytes = Buffer.alloc(HEADER - ABOUT);
    bytes.write(salt, 'hex');
    bytes.writeUInt32LE(frames, 8);
    bytes.writeUInt32LE(checksum(bytes, 0, 12), 12);
    writeSync(this.handle, bytes, 0, bytes.length, ABOUT);
    fsyncSync(this.handle);
  }

  close(): void {
    closeSync(this.handle);
  }

  private put(first: number, sums: readonly number[]): void {
    const bytes = Buffer.alloc(4 * sums.length);
    sums.forEach((sum, i) => bytes.writeUInt32LE(sum, 4 * i));
    const at = HEADER + 4 * (first - 1);
    const written = writeSync(this.handle, bytes, 0, bytes.length, at);
    if (written < bytes.length) writeSync(this.handle, bytes, written, bytes.length - written, at + written);
  }

  private eachPage(
    database: number,
    first: number,
    count: number,
    take: (page: number, sum: number) => void,
  ): void {
    const bytes = Buffer.alloc(STEP * this.pageSize);
    for (let page = first, end = first + count; page < end;) {
      const wanted = Math.min(STEP, end - page) * this.pageSize;
      const read = readSync(database, bytes, 0, wanted, (page - 1) * this.pageSize);
      for (let at = 0; at + this.pageSize <= read; at += this.pageSize)
        take(page++, sumOf(bytes, at, at + this.pageSize));
      if (read < wanted) return;
    }
  }
}

/** The checksum of a page; 0 is none. */
export function sumOf(bytes: Uint8Array, from: number, to: number): number {
  return checksum(bytes, from, to) || 1;
}

function promiseOf(header: Buffer): Noted | undefined {
  if (header.readUInt32LE(HEADER - 4) !== checksum(header, ABOUT, HEADER - 4)) return undefined;
  return { salt: header.toString('hex', ABOUT, ABOUT + 8), frames: header.readUInt32LE(ABOUT + 8) };
}

function nameOf(file: string): string {
  return `${file}-sums`;
}

/** The page size and application id of a database, of which this is a handle. */
export function headerOf(database: number): { readonly pageSize: number; readonly id: number } {
  const header = Buffer.alloc(DATABASE.header);
  readSync(database, header, 0, header.length, 0);
  const pageSize = header.readUInt16BE(DATABASE.pageSize);
  return {
    pageSize: pageSize === 1 ? 65_536 : pageSize,
    id: header.readUInt32BE(DATABASE.applicationId),
  };
}
