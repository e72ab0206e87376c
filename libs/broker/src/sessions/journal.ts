import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { Level } from 'level';
import { readingOfFolder } from './level-folder.js';
import { WriteCount } from './write-count.js';

type Operation = { type: 'put'; key: string; value: Buffer } | { type: 'del'; key: string };

/** What is to be said of a key. It becomes JSON when it is written: much is taken back before that. */
interface Put {
  readonly value: unknown;
  readonly toJson: ((value: never) => unknown) | undefined;
  /** Nothing on disk has the key. */
  readonly isNew: boolean;
}

const RETRY_MS = 1000;
const MAX_RETRY_MS = 8000;
/** The key of the number of writes. */
const WRITES = 'writes';
/** As long as a checksum in hexadecimal. */
const NO_CHECKSUM = '00000000';

/** What LevelDB reads is not what was written. */
export class DamagedJournal extends Error {
  override readonly name = 'DamagedJournal';
  readonly code = 'SESSIONS_DAMAGED';
}

/** What is to be written; undefined where a key is to be deleted. */
type Pending = Map<string, Put | undefined>;

/** LevelDB's own log: where it left out what it could not read, as `dropping 8432 bytes; Corruption: ...`. */
const DROPPED = /dropping (\d+) bytes/g;

/**
 * The durable side of sessions: a LevelDB folder that mirrors what memory holds. Writes are collected for one turn of
 * the event loop, or longer while the disk is busy, and written together; of each key the last. Memory is the
 * authority, so nothing waits for a read.
 */
export class Journal {
  #pending: Pending = new Map();
  #retry: NodeJS.Timeout | undefined;
  #retryMs = RETRY_MS;
  /** A write is under way. */
  #busy = false;
  /** The write under way, and the one that takes what is pending. */
  #writing: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #failure: Error | undefined;
  #closed = false;
  /** Entries that were read. */
  #read = 0;

  /** Writes so far. */
  #writes: number;

  private constructor(
    private readonly db: Level | undefined,
    private readonly count: WriteCount | undefined,
    private readonly sync: boolean,
    /** Bytes that could not be read at the start; what they held is gone. */
    readonly dropped = 0,
    writes = 0,
  ) {
    this.#writes = Math.max(writes, count?.noted ?? 0);
    this.missing = this.#writes - writes;
  }

  /** Writes that are gone from the end of its log. */
  readonly missing: number;

  /**
   * @param directory folder of the database; undefined keeps nothing
   * @param sync what is written survives a power cut, at the cost of an fsync a turn
   * @throws DamagedJournal when a file in it is not as it was written and LevelDB would not tell
   */
  static async open(directory: string | undefined, sync = false): Promise<Journal> {
    if (directory === undefined) return new Journal(undefined, undefined, false);
    // Before LevelDB, which may merge what is damaged into what is whole.
    const { damaged, skipped } = await readingOfFolder(directory);
    if (damaged !== undefined) throw new DamagedJournal(`${damaged} is not as it was written`);
    const db = new Level(directory);
    await db.open();
    const said = await readFile(join(directory, 'LOG'), 'utf8').catch(() => '');
    const dropped = [...said.matchAll(DROPPED)].reduce((sum, [, bytes]) => sum + Number(bytes), skipped);
    try {
      const writes = (await db.get(WRITES)) as string | undefined;
      const kept = writes === undefined ? 0 : (JSON.parse(opened(WRITES, writes)) as number);
      // Without one nothing is missed.
      const count = await WriteCount.open(directory).catch(() => undefined);
      return new Journal(db, count, sync, dropped, kept);
    } catch (error) {
      await db.close();
      throw damage(error);
    }
  }

  /** Why the last write failed, until one succeeds. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /**
   * Keeps a value under a key, which is not to be changed afterwards.
   * @param toJson makes of it what JSON can say
   */
  put<T>(key: string, value: T, toJson?: (value: T) => unknown): void {
    this.#push(key, { value, toJson, isNew: this.#pending.get(key)?.isNew ?? false });
  }

  /** The same for a key that there is not: where it is deleted before it was written, nothing is. */
  add<T>(key: string, value: T, toJson?: (value: T) => unknown): void {
    this.#push(key, { value, toJson, isNew: !this.#pending.has(key) });
  }

  del(key: string): void {
    if (this.#pending.get(key)?.isNew) this.#pending.delete(key);
    else this.#push(key, undefined);
  }

  /**
   * Every entry whose key starts with `prefix`, which ends with `:`, in the order of keys.
   * @throws DamagedJournal at one that is not as it was written
   */
  async *entries(prefix: string): AsyncGenerator<[string, unknown]> {
    if (!this.db) return;
    const range = { gte: prefix, lt: `${prefix.slice(0, -1)};` };
    for await (const [key, value] of this.#reading(this.db.iterator(range))) {
      this.#read++;
      yield [key, JSON.parse(opened(key, value))];
    }
  }

  /** Called when all that is known was read. @throws DamagedJournal when there is more: keys that nobody wrote */
  async finish(): Promise<void> {
    if (!this.db) return;
    let there = 0;
    for await (const keys of this.#reading(batches(this.db)))
      there += keys.filter((key) => key !== WRITES).length;
    if (there !== this.#read) throw new DamagedJournal(`${Math.abs(there - this.#read)} keys are damaged`);
  }

  async *#reading<T>(iterator: AsyncIterable<T>): AsyncGenerator<T> {
    try {
      yield* iterator;
    } catch (error) {
      throw damage(error);
    }
  }

  /**
   * Resolves when everything put so far is written; what is put meanwhile does not prolong it. While writes fail it does
   * not wait for one that succeeds.
   */
  async flush(): Promise<void> {
    await (this.#next ?? this.#writing);
  }

  /** A copy of this moment in another folder. */
  async backup(directory: string): Promise<void> {
    await this.flush();
    if (!this.db) return;
    const copy = new Level(directory, { createIfMissing: true });
    await copy.open();
    const snapshot = this.db.snapshot();
    let operations: { type: 'put'; key: string; value: string }[] = [];
    for await (const [key, value] of this.db.iterator({ snapshot })) {
      operations.push({ type: 'put', key, value });
      if (operations.length < 1000) continue;
      await copy.batch(operations);
      operations = [];
    }
    await copy.batch(operations);
    await snapshot.close();
    await copy.close();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.flush();
    // Once more, where the last write failed.
    if (this.#pending.size > 0) await (this.#next ??= this.#write());
    await this.db?.close();
    await this.count?.close();
  }

  #push(key: string, put: Put | undefined): void {
    if (!this.db) return;
    this.#pending.set(key, put);
    // While the disk takes nothing, it is tried again from time to time and not with each change.
    if (!this.#failure || this.#busy) this.#next ??= this.#write();
  }

  #writeLater(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      this.#next ??= this.#write();
    }, this.#retryMs).unref();
    this.#retryMs = Math.min(this.#retryMs * 2, MAX_RETRY_MS);
  }

  async #write(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    await this.#writing;
    const taken = this.#pending;
    this.#pending = new Map();
    this.#writing = this.#next;
    this.#next = undefined;
    this.#busy = true;
    try {
      if (taken.size > 0) await this.#writeAll(taken);
      this.#failure = undefined;
      this.#retryMs = RETRY_MS;
    } catch (error) {
      // Sessions degrade to memory while the disk is full; observations have their own durable path.
      this.#failure = error as Error;
      this.#takeBack(taken);
      if (!this.#closed) this.#writeLater();
    } finally {
      this.#busy = false;
    }
    // What came between the failure before and this write.
    if (!this.#failure && this.#pending.size > 0) this.#next ??= this.#write();
  }

  async #writeAll(taken: Pending): Promise<void> {
    const writes = this.#writes + 1;
    const operations = [...taken].map(([key, put]) => operationOf(key, put));
    operations.push({ type: 'put', key: WRITES, value: sealed(WRITES, JSON.stringify(writes)) });
    await this.db!.batch(operations, { sync: this.sync, valueEncoding: 'buffer' });
    this.#writes = writes;
    await this.count?.note(writes).catch(() => undefined);
  }

  /** What was not written is to be written with what came since, of which each key counts. It may be there in part. */
  #takeBack(unwritten: Pending): void {
    const later = this.#pending;
    this.#pending = new Map();
    for (const changes of [unwritten, later])
      for (const [key, put] of changes)
        this.#pending.set(key, put && { ...put, isNew: put.isNew && !unwritten.has(key) });
  }
}

function operationOf(key: string, put: Put | undefined): Operation {
  if (!put) return { type: 'del', key };
  const { value, toJson } = put;
  return { type: 'put', key, value: sealed(key, JSON.stringify(toJson ? toJson(value as never) : value)) };
}

/** A value with its checksum in front, which covers the key: LevelDB does not look at those that it keeps. */
function sealed(key: string, json: string): Buffer {
  const bytes = Buffer.from(NO_CHECKSUM + json);
  bytes.write(checksum(key, bytes.subarray(NO_CHECKSUM.length)), 'latin1');
  return bytes;
}

/** The value that was sealed. Older versions wrote JSON alone. */
function opened(key: string, value: string): string {
  if (value.startsWith('{')) return value;
  const json = value.slice(NO_CHECKSUM.length);
  if (value.slice(0, NO_CHECKSUM.length) !== checksum(key, json))
    throw new DamagedJournal(`the entry ${key.slice(0, 100)} is damaged`);
  return json;
}

function checksum(key: string, json: string | Buffer): string {
  return crc32(json, crc32(key)).toString(16).padStart(8, '0');
}

/** LevelDB's own errors while it reads are damage, too. */
function damage(error: unknown): DamagedJournal {
  return error instanceof DamagedJournal ? error : new DamagedJournal((error as Error).message);
}

async function* batches(db: Level): AsyncGenerator<string[]> {
  const iterator = db.keys();
  try {
    for (let keys = await iterator.nextv(1000); keys.length > 0; keys = await iterator.nextv(1000))
      yield keys;
  } finally {
    await iterator.close();
  }
}
