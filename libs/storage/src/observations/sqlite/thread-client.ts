import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { GlossaError } from '#model';
import { closedError } from '../errors.js';
import type { StoreLogger } from '../store-logger.js';

const RESTART_FIRST_MS = 20;
const RESTART_LAST_MS = 5000;

/** What a thread is and how it is looked after. */
export interface ThreadOptions {
  /** `#workers/...` of package.json. */
  readonly module: string;
  readonly name: string;
  /** What it does, as in "the thread that ...". */
  readonly does: string;
  readonly data: unknown;
  readonly youngMegabytes: number;
  /** Milliseconds without a word or a beat, while there is work, after which it is ended and started again. */
  readonly hangAfter: number;
  /** One number in shared memory that the thread raises as it goes on: what is slow is not taken for what hangs. */
  readonly pulse?: Int32Array;
  readonly logger: StoreLogger | undefined;
}

/** What every thread tells. */
type Common<Ready> =
  | ({ readonly type: 'ready' } & Ready)
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'trouble'; readonly reason: string | undefined }
  | { readonly type: 'done'; readonly id: number; readonly rows: number }
  | { readonly type: 'rejected'; readonly id: number | undefined; readonly reason: string };

interface Waiting {
  readonly resolve: (rows: number) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * A thread that writes a file, seen from the main thread. Should it die or hang, another is started, and what was
 * outstanding is handed over again in its order: each message can be done twice.
 */
export class ThreadClient<
  To extends { readonly type: string },
  Ready,
  Other extends { readonly type: string },
> {
  /** What hinders it now. */
  trouble: string | undefined;
  /** Whether it lives and cannot write. */
  isStuck = false;
  /** Threads that were started after the first. */
  restarts = 0;
  private worker: Worker | undefined;
  /** Messages without an answer, in the order they were handed over. */
  private readonly outstanding = new Map<string, To>();
  private readonly waiting = new Map<number, Waiting>();
  private commands = 0;
  private opened = false;
  private failures = 0;
  private heard = 0;
  private beats = 0;
  private restarting: NodeJS.Timeout | undefined;
  private watching: NodeJS.Timeout | undefined;
  private closing: (() => void) | undefined;

  constructor(
    private readonly options: ThreadOptions,
    private readonly hear: (message: Other) => void,
    /** The trouble began, changed or ended. */
    private readonly troubled: () => void,
  ) {}

  /** Whether messages have no answer yet. */
  get isBusy(): boolean {
    return this.outstanding.size > 0;
  }

  /** Starts the thread, which opens its files. Throws GlossaError('unavailable'). */
  async open(): Promise<Ready> {
    const { hangAfter } = this.options;
    this.watching = setInterval(() => this.watch(), Math.max(10, hangAfter / 4)).unref();
    return new Promise((resolve, reject) => this.start(resolve, reject));
  }

  /** Hands over a message until `settle` is called with its key. */
  send(key: string, message: To): void {
    if (this.outstanding.size === 0) this.heard = performance.now();
    this.outstanding.set(key, message);
    this.worker?.postMessage(message);
  }

  /** A message has its answer. */
  settle(key: string): void {
    this.failures = 0;
    this.outstanding.delete(key);
  }

  /** Has a command done; answers the rows it deleted. Throws GlossaError('unavailable') when the file does not let it. */
  async command(make: (id: number) => To): Promise<number> {
    return new Promise((resolve, reject) => {
      const id = ++this.commands;
      this.waiting.set(id, { resolve, reject });
      this.send(`command ${id}`, make(id));
    });
  }

  /** Lets the thread finish and ends it. What then has no answer is rejected. */
  async close(message: To): Promise<void> {
    clearTimeout(this.restarting);
    await new Promise<void>((resolve) => {
      this.closing = resolve;
      if (this.worker) {
        this.heard = performance.now();
        this.worker.postMessage(message);
      } else resolve();
    });
    clearInterval(this.watching);
    for (const { reject } of this.waiting.values()) reject(closedError());
    this.waiting.clear();
  }

  /** Ends the thread as a crash would; for tests. */
  async kill(): Promise<void> {
    await this.worker?.terminate();
  }

  /** Hands over a message that has no answer and is lost with the thread. */
  tell(message: To): void {
    this.worker?.postMessage(message);
  }

  private start(resolve: (ready: Ready) => void, reject: (reason: unknown) => void): void {
    const { module, name, data, youngMegabytes } = this.options;
    const worker = new Worker(new URL(import.meta.resolve(module)), {
      workerData: data,
      name,
      resourceLimits: { maxYoungGenerationSizeMb: youngMegabytes },
    });
    this.worker = worker;
    this.heard = performance.now();
    let reason = 'it was ended';
    worker.on('message', (message: Common<Ready> | Other) => {
      this.heard = performance.now();
      if (message.type === 'ready') {
        this.opened = true;
        resolve(message as Ready);
      } else if (message.type === 'failed') reason = (message as { reason: string }).reason;
      else this.take(message as Exclude<Common<Ready>, { type: 'ready' | 'failed' }> | Other);
    });
    worker.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error);
    });
    worker.on('exit', () => {
      this.worker = undefined;
      reject(new GlossaError('unavailable', reason));
      this.ended(this.hung ?? reason);
      this.hung = undefined;
    });
  }

  private hung: string | undefined;

  private watch(): void {
    const { hangAfter, pulse } = this.options;
    const beats = pulse ? Atomics.load(pulse, 0) : 0;
    if (beats !== this.beats) this.heard = performance.now();
    this.beats = beats;
    const silent = performance.now() - this.heard;
    if (!this.opened || !this.worker || this.hung !== undefined || silent < hangAfter) return;
    if (this.outstanding.size === 0 && !this.closing) return;
    this.hung = `it did not answer for ${Math.round(silent / 1000)} s`;
    void this.worker.terminate();
  }

  private take(message: Exclude<Common<Ready>, { type: 'ready' | 'failed' }> | Other): void {
    const { logger } = this.options;
    if (message.type === 'done') {
      const { id, rows } = message as { id: number; rows: number };
      this.settle(`command ${id}`);
      this.waiting.get(id)?.resolve(rows);
      this.waiting.delete(id);
    } else if (message.type === 'rejected') {
      const { id, reason } = message as { id: number | undefined; reason: string };
      if (reason !== this.trouble) logger?.error(reason);
      if (id === undefined) return;
      this.settle(`command ${id}`);
      this.waiting.get(id)?.reject(new GlossaError('unavailable', reason));
      this.waiting.delete(id);
    } else if (message.type === 'trouble') {
      const { reason } = message as { reason: string | undefined };
      if (reason === undefined) logger?.info('Observations are written again.');
      else if (reason !== this.trouble) logger?.error(reason);
      this.trouble = reason;
      this.isStuck = reason !== undefined;
      this.troubled();
    } else this.hear(message as Other);
  }

  private ended(reason: string): void {
    if (this.closing) this.closing();
    if (this.closing || !this.opened) return;
    this.trouble = `The thread that ${this.options.does} ended (${reason}); it is being started again.`;
    this.options.logger?.error(this.trouble);
    this.isStuck = false;
    this.troubled();
    const wait = Math.min(RESTART_FIRST_MS * 2 ** this.failures++, RESTART_LAST_MS);
    this.restarting = setTimeout(() => this.restart(), wait);
  }

  private restart(): void {
    this.restarts++;
    this.start(
      () => {
        this.trouble = undefined;
        this.troubled();
      },
      () => undefined,
    );
    for (const message of this.outstanding.values()) this.worker?.postMessage(message);
  }
}
