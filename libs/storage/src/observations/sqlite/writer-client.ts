import { Worker } from 'node:worker_threads';
import { GlossaError } from '#model';
import type { StoreLogger } from '../store-logger.js';
import { closedError } from '../errors.js';
import type { BatchData } from './batch.js';
import type { WriterSettings } from './database.js';
import type { FromWriter, ToWriter, WriterCommand } from './protocol.js';

const RESTART_FIRST_MS = 20;
const RESTART_LAST_MS = 5000;

interface Waiting {
  readonly resolve: (rows: number) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * The writer's thread seen from the main thread: hands over batches and commands, and starts a new thread when
 * one dies. What was outstanding is handed over again, in order; a batch that had committed is only answered.
 */
export class WriterClient {
  /** What hinders writing now. */
  trouble: string | undefined;
  private worker: Worker | undefined;
  /** Batches and commands without an answer, in the order they were handed over. */
  private readonly outstanding = new Map<string, ToWriter>();
  private readonly waiting = new Map<number, Waiting>();
  private commands = 0;
  /** Number of the newest batch that was sent, or was there at the start. */
  private lastBatch = 0;
  private opened = false;
  private failures = 0;
  private restarting: NodeJS.Timeout | undefined;
  private closing: (() => void) | undefined;

  constructor(
    private readonly settings: WriterSettings,
    private readonly committed: (batch: number) => void,
    private readonly logger: StoreLogger | undefined,
  ) {}

  /** Starts the thread, which opens the file. Answers the newest committed batch; throws GlossaError('unavailable'). */
  async open(): Promise<number> {
    return new Promise((resolve, reject) => this.start(resolve, reject));
  }

  sendBatch(batch: BatchData): void {
    this.lastBatch = batch.number;
    this.send(`batch ${batch.number}`, { type: 'batch', batch });
  }

  /**
   * Does a command after all batches sent before; answers the rows it deleted. Throws GlossaError('unavailable') when
   * the file does not let it.
   */
  async command(command: WriterCommand): Promise<number> {
    return new Promise((resolve, reject) => {
      const id = ++this.commands;
      this.waiting.set(id, { resolve, reject });
      this.send(`command ${id}`, { type: 'command', id, command, after: this.lastBatch });
    });
  }

  /** Commits what is outstanding, unless the disk is in trouble, and ends the thread. */
  async close(): Promise<void> {
    clearTimeout(this.restarting);
    await new Promise<void>((resolve) => {
      this.closing = resolve;
      if (this.worker) this.worker.postMessage({ type: 'close' } satisfies ToWriter);
      else resolve();
    });
    for (const { reject } of this.waiting.values()) reject(closedError());
    this.waiting.clear();
  }

  /** Ends the thread as a crash would; for tests. */
  async kill(): Promise<void> {
    await this.worker?.terminate();
  }

  private send(key: string, message: ToWriter): void {
    this.outstanding.set(key, message);
    this.worker?.postMessage(message);
  }

  private start(resolve: (batch: number) => void, reject: (reason: unknown) => void): void {
    const worker = new Worker(new URL(import.meta.resolve('#workers/writer')), {
      workerData: this.settings,
      name: 'glossa-writer',
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
    });
    this.worker = worker;
    let reason = 'it was ended';
    worker.on('message', (message: FromWriter) => {
      if (message.type === 'ready') {
        this.opened = true;
        this.lastBatch = Math.max(this.lastBatch, message.batch);
        resolve(message.batch);
      } else if (message.type === 'failed') reason = message.reason;
      else this.hear(message);
    });
    worker.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error);
    });
    worker.on('exit', () => {
      this.worker = undefined;
      reject(new GlossaError('unavailable', reason));
      this.ended(reason);
    });
  }

  private hear(message: Exclude<FromWriter, { type: 'ready' | 'failed' }>): void {
    switch (message.type) {
      case 'committed':
        this.failures = 0;
        this.outstanding.delete(`batch ${message.batch}`);
        this.committed(message.batch);
        break;
      case 'done':
        this.outstanding.delete(`command ${message.id}`);
        this.waiting.get(message.id)?.resolve(message.rows);
        this.waiting.delete(message.id);
        break;
      case 'rejected':
        this.logger?.error(message.reason);
        if (message.id === undefined) break;
        this.outstanding.delete(`command ${message.id}`);
        this.waiting.get(message.id)?.reject(new GlossaError('unavailable', message.reason));
        this.waiting.delete(message.id);
        break;
      case 'trouble':
        if (message.reason === undefined) this.logger?.info('Observations are written again.');
        else if (message.reason !== this.trouble) this.logger?.error(message.reason);
        this.trouble = message.reason;
        break;
    }
  }

  private ended(reason: string): void {
    if (this.closing) this.closing();
    if (this.closing || !this.opened) return;
    this.trouble = `The thread that writes observations ended (${reason}); it is being started again.`;
    this.logger?.error(this.trouble);
    const wait = Math.min(RESTART_FIRST_MS * 2 ** this.failures++, RESTART_LAST_MS);
    this.restarting = setTimeout(() => this.restart(), wait);
  }

  private restart(): void {
    this.start(
      () => {
        this.trouble = undefined;
      },
      () => undefined,
    );
    for (const message of this.outstanding.values()) this.worker?.postMessage(message);
  }
}
