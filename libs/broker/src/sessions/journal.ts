import { Level } from 'level';

type Operation = { type: 'put'; key: string; value: string } | { type: 'del'; key: string };

const RETRY_MS = 1000;

/**
 * The durable side of sessions: a LevelDB folder that mirrors what memory holds. Writes are collected for one
 * turn of the event loop and written in order; memory is the authority, so nothing waits for a read.
 */
export class Journal {
  #pending: Operation[] = [];
  /** What could not be written, the newest for each key: it goes first when the disk takes it again. */
  readonly #unwritten = new Map<string, Operation>();
  #retry: NodeJS.Timeout | undefined;
  /** The write under way, and the one that takes what is pending. */
  #writing: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #failure: Error | undefined;
  #closed = false;

  private constructor(
    private readonly db: Level | undefined,
    private readonly sync: boolean,
  ) {}

  /**
   * @param directory folder of the database; undefined keeps nothing
   * @param sync what is written survives a power cut, at the cost of an fsync a turn
   */
  static async open(directory: string | undefined, sync = false): Promise<Journal> {
    if (directory === undefined) return new Journal(undefined, false);
    const db = new Level(directory);
    await db.open();
    return new Journal(db, sync);
  }

  /** Why the last write failed, until one succeeds. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  put(key: string, value: unknown): void {
    if (this.db) this.#push({ type: 'put', key, value: JSON.stringify(value) });
  }

  del(key: string): void {
    if (this.db) this.#push({ type: 'del', key });
  }

  /** Every entry whose key starts with `prefix`, which ends with `:`, in the order of keys. */
  async *entries(prefix: string): AsyncGenerator<[string, unknown]> {
    if (!this.db) return;
    for await (const [key, value] of this.db.iterator({ gte: prefix, lt: `${prefix.slice(0, -1)};` })) {
      yield [key, JSON.parse(value)];
    }
  }

  /** Resolves when everything put so far is written; what is put meanwhile does not prolong it. */
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
    let operations: Operation[] = [];
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
    await this.db?.close();
  }

  #push(operation: Operation): void {
    this.#pending.push(operation);
    this.#next ??= this.#write();
  }

  #writeLater(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      this.#next ??= this.#write();
    }, RETRY_MS).unref();
  }

  async #write(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    await this.#writing;
    const operations = [...this.#unwritten.values(), ...this.#pending];
    this.#pending = [];
    this.#writing = this.#next;
    this.#next = undefined;
    try {
      await this.db!.batch(operations, { sync: this.sync });
      this.#failure = undefined;
      this.#unwritten.clear();
    } catch (error) {
      // Sessions degrade to memory while the disk is full; observations have their own durable path.
      this.#failure = error as Error;
      for (const operation of operations) this.#unwritten.set(operation.key, operation);
      if (!this.#closed) this.#writeLater();
    }
  }
}
