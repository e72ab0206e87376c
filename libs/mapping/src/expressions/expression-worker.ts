import { Worker } from 'node:worker_threads';
import type { Variables } from './closure.js';
import { ExpressionError } from './expression-error.js';

/** One evaluation. */
export interface ExpressionJob {
  readonly source: string;
  readonly input: unknown;
  readonly variables: Variables;
}

/** What became of it. */
export type ExpressionResult =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: ExpressionError };

export interface ExpressionWorkerOptions {
  /** Most that one evaluation may take. */
  readonly deadlineMs?: number;
  readonly memoryBytes?: number;
}

/** What the threads say to each other: JSON text, so that nothing but data crosses. */
export interface WorkerRequest {
  readonly id: number;
  readonly source: string;
  readonly input: string;
  readonly variables: string;
}

export interface WorkerReply {
  readonly id: number;
  readonly value?: string;
  readonly error?: {
    readonly code: ExpressionError['code'];
    readonly message: string;
    readonly jsonata?: string;
    readonly position?: number;
  };
}

interface Waiting {
  readonly request: WorkerRequest;
  readonly resolve: (result: ExpressionResult) => void;
}

const DEADLINE_MS = 100;
const MEMORY = 32 * 1024 * 1024;
/** Starting QuickJS and reading jsonata takes a while on a small machine; the deadline begins afterwards. */
const START_MS = 10_000;

/**
 * Evaluates what does not compile, in QuickJS within a worker thread: an expression reaches neither the process
 * nor the prototypes of its host. QuickJS interrupts itself at the deadline; a thread that does not answer even so
 * is ended and a new one takes up what else waited.
 */
export class ExpressionWorker {
  readonly #deadline: number;
  readonly #memory: number;
  readonly #queue: Waiting[] = [];
  #worker: Worker | undefined;
  #ready = false;
  #current: Waiting | undefined;
  #timer: NodeJS.Timeout | undefined;
  #nextId = 1;
  #closed = false;
  /** Threads ended because they did not answer, since start. */
  restarts = 0;

  constructor({ deadlineMs = DEADLINE_MS, memoryBytes = MEMORY }: ExpressionWorkerOptions = {}) {
    this.#deadline = deadlineMs;
    this.#memory = memoryBytes;
  }

  /** Evaluates in order; never rejects. */
  evaluate(jobs: readonly ExpressionJob[]): Promise<ExpressionResult[]> {
    return Promise.all(jobs.map((job) => this.#enqueue(job)));
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const waiting = [...(this.#current ? [this.#current] : []), ...this.#queue.splice(0)];
    this.#current = undefined;
    for (const { resolve } of waiting) resolve(failed('expression-failed', 'the service stops'));
    await this.#worker?.terminate();
  }

  #enqueue({ source, input, variables }: ExpressionJob): Promise<ExpressionResult> {
    if (this.#closed) return Promise.resolve(failed('expression-failed', 'the service stops'));
    return new Promise((resolve) => {
      const request = {
        id: this.#nextId++,
        source,
        input: input === undefined ? '' : JSON.stringify(input),
        variables: JSON.stringify(variables),
      };
      this.#queue.push({ request, resolve });
      this.#next();
    });
  }

  #next(): void {
    if (this.#current || this.#queue.length === 0) return;
    if (!this.#worker) this.#start();
    if (!this.#ready) return;
    this.#current = this.#queue.shift()!;
    this.#worker!.postMessage(this.#current.request);
    // QuickJS ends itself first; this is for a thread that cannot.
    this.#timer = setTimeout(() => this.#giveUp(), this.#deadline * 2 + 100);
  }

  #start(): void {
    const worker = new Worker(new URL(import.meta.resolve('#workers/expressions')), {
      workerData: { deadlineMs: this.#deadline, memoryBytes: this.#memory },
      env: {},
    });
    worker.unref();
    this.#worker = worker;
    this.#timer = setTimeout(() => this.#giveUp(), START_MS);
    worker.on('message', (reply: WorkerReply | 'ready') => {
      clearTimeout(this.#timer);
      if (reply === 'ready') this.#ready = true;
      else this.#settle(reply);
      this.#next();
    });
    worker.on('error', () => this.#giveUp());
    worker.on('exit', () => {
      if (this.#worker === worker) this.#giveUp();
    });
  }

  #settle({ id, value, error }: WorkerReply): void {
    const current = this.#current;
    if (current?.request.id !== id) return;
    this.#current = undefined;
    if (error) current.resolve(failed(error.code, error.message, error.jsonata, error.position));
    else
      current.resolve({ ok: true, value: value === undefined ? undefined : (JSON.parse(value) as unknown) });
  }

  /** Ends the thread with the evaluation that holds it; the others go on in a new one. */
  #giveUp(): void {
    clearTimeout(this.#timer);
    const worker = this.#worker;
    const current = this.#current;
    const started = this.#ready;
    this.#worker = undefined;
    this.#current = undefined;
    this.#ready = false;
    if (this.#closed) return;
    this.restarts++;
    void worker?.terminate();
    current?.resolve(failed('expression-timeout', `the expression took longer than ${this.#deadline} ms`));
    // A thread that cannot start fails what waits instead of trying for ever.
    if (!started && !current)
      for (const { resolve } of this.#queue.splice(0))
        resolve(failed('expression-failed', 'the expression worker does not start'));
    this.#next();
  }
}

function failed(
  code: ExpressionError['code'],
  message: string,
  jsonata?: string,
  position?: number,
): ExpressionResult {
  return { ok: false, error: new ExpressionError(code, message, jsonata, position) };
}
