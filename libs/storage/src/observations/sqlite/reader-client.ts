import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { GlossaError } from '#model';
import type { FromReader, ReaderCall, ReaderCalls } from './reader-protocol.js';

interface Waiting {
  readonly call: ReaderCall;
  readonly ask: unknown;
  /** Whether a thread has died with it already. */
  again: boolean;
  readonly resolve: (answer: never) => void;
  readonly reject: (reason: unknown) => void;
}

/** What goes with its thread: text that is made there, and what is done rather than asked. */
const NOT_ASKED_AGAIN: ReadonlySet<ReaderCall> = new Set(['pull', 'drop', 'forget', 'backup', 'hang']);

/**
 * One reader's thread seen from the main thread. A thread that died is started again by the next question; what it
 * was asked meanwhile is asked once more, as a question changes nothing; a page half sent is gone. A question that two
 * threads died with is rejected, and so is what a thread did not answer in time: it may be the cause.
 */
export class ReaderClient {
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private calls = 0;
  private closed = false;

  /** Threads that were started after the first. */
  restarts = 0;
  private started = false;
  private heard = 0;
  private watching: NodeJS.Timeout | undefined;
  private hung: string | undefined;

  /** @param hangAfter milliseconds without a word, while there are questions, after which the thread is ended */
  constructor(
    private readonly directory: string,
    private readonly hangAfter: number,
  ) {}

  /** Questions without an answer. */
  get load(): number {
    return this.waiting.size;
  }

  ask<K extends ReaderCall>(call: K, ask: ReaderCalls[K]['ask']): Promise<ReaderCalls[K]['answer']> {
    if (this.closed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      const id = ++this.calls;
      if (this.waiting.size === 0) this.heard = performance.now();
      this.waiting.set(id, { call, ask, again: false, resolve, reject });
      this.start().postMessage({ id, call, ask });
    });
  }

  /** Forgets a page; harmless when it is gone already. */
  drop(page: number): void {
    if (this.worker && !this.closed) this.ask('drop', page).catch(() => undefined);
  }

  /** Rows were deleted: what is asked from now on does not see them. */
  forget(): void {
    if (this.worker && !this.closed) this.ask('forget', undefined).catch(() => undefined);
  }

  private watch(): void {
    const silent = performance.now() - this.heard;
    if (!this.worker || this.waiting.size === 0 || silent <= this.hangAfter) return;
    this.hung = `it did not answer for ${Math.round(silent / 1000)} s`;
    void this.worker.terminate();
  }

  /** Ends the thread as a crash would; for tests. */
  async kill(): Promise<void> {
    await this.worker?.terminate();
  }

  /** Makes the thread hang; for tests. */
  hang(): void {
    this.ask('hang', undefined).catch(() => undefined);
  }

  /** Lets no question in, rejects open ones and ends the thread. */
  async close(): Promise<void> {
    this.closed = true;
    const { worker } = this;
    if (worker) {
      const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
      worker.postMessage('close');
      await ended;
    }
    clearInterval(this.watching);
  }

  /** Starts the thread, if it does not run. */
  start(): Worker {
    if (this.worker) return this.worker;
    const worker = new Worker(new URL(import.meta.resolve('#workers/reader')), {
      workerData: { directory: this.directory },
      name: 'glossa-reader',
      resourceLimits: { maxYoungGenerationSizeMb: 16 },
    });
    this.worker = worker;
    if (this.started) this.restarts++;
    this.started = true;
    this.heard = performance.now();
    this.watching ??= setInterval(
      () => this.watch(),
      Math.min(Math.max(10, this.hangAfter / 4), 10_000),
    ).unref();
    let reason = 'it was ended';
    worker.on('message', (message: FromReader) => {
      this.heard = performance.now();
      if ('alive' in message) return;
      const waiting = this.waiting.get(message.id);
      this.waiting.delete(message.id);
      if ('error' in message) waiting?.reject(new GlossaError(message.code, message.error));
      else waiting?.resolve(message.answer as never);
    });
    worker.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error);
    });
    worker.on('exit', () => {
      if (this.worker === worker) this.worker = undefined;
      const { hung } = this;
      this.hung = undefined;
      this.ended(hung ?? reason, hung === undefined);
    });
    return worker;
  }

  /** The thread is gone with what it was asked. */
  private ended(reason: string, mayAskAgain: boolean): void {
    const error = this.closed
      ? closedError()
      : new GlossaError('unavailable', `The thread that reads observations ended (${reason}); ask again.`);
    for (const [id, waiting] of this.waiting) {
      const { call, ask, again } = waiting;
      if (this.closed || again || !mayAskAgain || NOT_ASKED_AGAIN.has(call)) {
        this.waiting.delete(id);
        waiting.reject(error);
      } else {
        waiting.again = true;
        this.start().postMessage({ id, call, ask });
      }
    }
  }
}

function closedError(): GlossaError {
  return new GlossaError('unavailable', 'The observation store is closed.');
}
