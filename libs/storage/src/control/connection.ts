import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3';
import Database from 'better-sqlite3';
import { GlossaError } from '#model';
import { explainFileError } from '../sqlite-file/errors.js';
import { Line } from './line.js';
import { BUSY_MS } from './open-file.js';

type Adapter = Awaited<ReturnType<PrismaBetterSqlite3['connect']>>;
type Transaction = Awaited<ReturnType<Adapter['startTransaction']>>;

/** A GlossaError on its way through Prisma, which would make its own of any error that has a `code`. */
export class CarriedError extends Error {
  constructor(override readonly cause: GlossaError) {
    super(cause.message);
  }
}

/**
 * Prisma's one connection to the file. Its adapter alone would let every statement join whatever transaction is
 * open, and is of no use any more after a BEGIN or COMMIT that failed (prisma/orm#29933). Here a transaction has
 * the connection to itself, and ends in any case. Errors of the file become GlossaError('unavailable'); those of
 * constraints stay Prisma's.
 */
export class ControlConnection {
  readonly provider = 'sqlite';
  readonly adapterName = '@prisma/adapter-better-sqlite3';
  readonly #line = new Line();
  #closed = false;

  constructor(
    private readonly file: string,
    /** Called after what may have written. */
    private readonly written: () => void,
  ) {}

  /** Called by Prisma, which takes this for an adapter's factory. */
  async connect(): Promise<Adapter> {
    const inner = await carried(this.alone(() => this.#connect()));
    return {
      provider: this.provider,
      adapterName: this.adapterName,
      queryRaw: (query) => carried(this.#writing(() => inner.queryRaw(query))),
      executeRaw: (query) => carried(this.#writing(() => inner.executeRaw(query))),
      executeScript: (script) => carried(this.#writing(() => inner.executeScript(script))),
      startTransaction: () => carried(this.#begin(inner)),
      dispose: () => inner.dispose(),
    };
  }

  /** Runs a step while no transaction is under way. Throws GlossaError('unavailable') after `close`. */
  async alone<T>(step: () => T | Promise<T>): Promise<T> {
    this.#refuseClosed();
    return this.#line.run(() => this.#explained(step));
  }

  #writing<T>(step: () => Promise<T>): Promise<T> {
    return this.alone(async () => {
      const result = await step();
      this.written();
      return result;
    });
  }

  /** Lets what was begun end, and refuses what comes after. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#line.run(() => undefined);
  }

  async #connect(): Promise<Adapter> {
    const settings = { url: this.file, timeout: BUSY_MS, fileMustExist: true };
    const adapter = await new PrismaBetterSqlite3(settings).connect();
    await adapter.executeScript(
      'pragma synchronous = full; pragma foreign_keys = on; pragma wal_autocheckpoint = 0',
    );
    return adapter;
  }

  async #begin(inner: Adapter): Promise<Transaction> {
    this.#refuseClosed();
    const leave = await this.#line.enter();
    try {
      // IMMEDIATE: one that began by reading could not write when another program wrote meanwhile.
      await this.#explained(() => inner.executeScript('begin immediate'));
    } catch (error) {
      leave();
      throw error;
    }
    const rollback = async () => {
      try {
        // The adapter throws at once, not by its promise.
        await inner.executeScript('rollback');
      } catch {
        // SQLite has rolled back already, as it does when the disk is full.
      } finally {
        leave();
      }
    };
    return {
      provider: this.provider,
      adapterName: this.adapterName,
      options: { usePhantomQuery: true }, // the statements that end it are here, not Prisma's
      queryRaw: (query) => carried(this.#explained(() => inner.queryRaw(query))),
      executeRaw: (query) => carried(this.#explained(() => inner.executeRaw(query))),
      rollback,
      commit: async () => {
        try {
          await carried(this.#explained(() => inner.executeScript('commit')));
        } catch (error) {
          await rollback();
          throw error;
        }
        this.written();
        leave();
      },
    };
  }

  async #explained<T>(step: () => T | Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      throw fileError(this.file, error) ?? error;
    }
  }

  #refuseClosed(): void {
    if (this.#closed) throw new GlossaError('unavailable', 'The control store is closed.');
  }
}

async function carried<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw error instanceof GlossaError ? new CarriedError(error) : error;
  }
}

/** What an error of SQLite, or of Prisma's adapter, says of the file; undefined when a constraint refused a row. */
function fileError(file: string, error: unknown): GlossaError | undefined {
  const { code, message, cause } = error as {
    code?: string;
    message: string;
    cause?: { originalCode?: string; originalMessage?: string };
  };
  const sqlite = cause?.originalCode ?? code;
  if (!sqlite?.startsWith('SQLITE_') || sqlite.startsWith('SQLITE_CONSTRAINT')) return undefined;
  const origin = new Database.SqliteError(cause?.originalMessage ?? message, sqlite);
  return new GlossaError('unavailable', explainFileError(file, origin));
}
