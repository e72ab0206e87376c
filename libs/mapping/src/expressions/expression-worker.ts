import { Worker } from 'node:worker_threads';
import type { Variables } from './closure.js';
import { ExpressionError } from './expression-error.js';
import { FairQueue } from './fair-queue.js';
import { JsonWriter } from './json-writer.js';
import type { SandboxOutcome } from './sandbox.js';

/** One evaluation. */
export interface ExpressionJob {
  readonly source: string;
  readonly input: unknown;
  readonly variables: Variables;
}

/** Who asks, such as a raw message: what one asks for has one allowance, and clients take turns. */
export interface Asker {
  readonly client: string;
}

/** What became of it. */
export type ExpressionResult =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: ExpressionError };

export interface ExpressionWorkerOptions {
  /** Most that one evaluation may take. */
  readonly deadlineMs?: number;
  /** Most that all evaluations for one asker may take; then the rest is not evaluated. */
  readonly allowanceMs?: number;
  readonly memoryBytes?: number;
}

/** What is said to the thread: JSON text, so that nothing but data crosses. */
export interface WorkerRequest {
  readonly id: number;
  readonly source: string;
  readonly input: string;
  readonly variables: string;
}

/**
 * What the thread says: an answer, after which it may need a while, and that it takes a request. With the time that
 * it spent: measured here, the time of a busy broker would count.
 */
export type WorkerMessage =
  | { readonly ready: true; readonly ms: number }
  | ({ readonly id: number; readonly ready: boolean; readonly ms: number } & SandboxOutcome);

/** What may still be spent for one asker. */
interface Allowance {
  ms: number;
}

interface Waiting {
  readonly id: number;
  readonly job: ExpressionJob;
  readonly writer: JsonWriter;
  readonly allowance: Allowance;
  readonly resolve: (result: ExpressionResult) => void;
}

const DEADLINE_MS = 100;
/** Deadlines that one asker may use up. */
const DEADLINES = 10;
const MEMORY = 64 * 1024 * 1024;

/**
 * The thread is given up after so many beats without a word. Beats, not a time: while this thread is busy none
 * passes, and each gives the thread's words their turn. QuickJS ends an evaluation itself at the deadline; this is
 * for one that is stuck within a single step, or for a thread that died.
 */
const BEAT_MS = 100;
const BEATS_TO_ANSWER = 30;
/** To start QuickJS and read jsonata, on a small machine that is busy. */
const BEATS_TO_START = 300;

/**
 * Evaluates what does not compile, in QuickJS within a worker thread: an expression reaches neither the process
 * nor the prototypes of its host. A thread that does not answer is ended, and a new one takes up what else waited.
 */
export class ExpressionWorker {
  readonly #deadline: number;
  readonly #memory: number;
  readonly #allowanceMs: number;
  readonly #allowances = new WeakMap<Asker, Allowance>();
  readonly #queue = new FairQueue<Waiting>();
  #worker: Worker | undefined;
  /** Whether the thread takes a request, and whether it ever did. */
  #ready = false;
  #started = false;
  #current: Waiting | undefined;
  /** Whose evaluation the thread had last: it pays for a new QuickJS, too. */
  #payer: Allowance | undefined;
  #beats: NodeJS.Timeout | undefined;
  #nextId = 1;
  #closed = false;
  /** Threads ended because they did not answer, since start. */
  restarts = 0;

  constructor({
    deadlineMs = DEADLINE_MS,
    allowanceMs = deadlineMs * DEADLINES,
    memoryBytes = MEMORY,
  }: ExpressionWorkerOptions = {}) {
    this.#deadline = deadlineMs;
    this.#allowanceMs = allowanceMs;
    this.#memory = memoryBytes;
  }

  /** Evaluations that wait for the thread. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** Evaluates in order, by turns with what other clients ask; never rejects. */
  evaluate(jobs: readonly ExpressionJob[], asker: Asker): Promise<ExpressionResult[]> {
    const writer = new JsonWriter();
    let allowance = this.#allowances.get(asker);
    if (!allowance) this.#allowances.set(asker, (allowance = { ms: this.#allowanceMs }));
    return Promise.all(jobs.map((job) => this.#enqueue(job, asker.client, writer, allowance)));
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#beats);
    const waiting = [...(this.#current ? [this.#current] : []), ...this.#queue.clear()];
    this.#current = undefined;
    for (const { resolve } of waiting) resolve(failed('expression-failed', 'the service stops'));
    await this.#worker?.terminate();
  }

  #enqueue(
    job: ExpressionJob,
    client: string,
    writer: JsonWriter,
    allowance: Allowance,
  ): Promise<ExpressionResult> {
    if (this.#closed) return Promise.resolve(failed('expression-failed', 'the service stops'));
    return new Promise((resolve) => {
      this.#queue.push(client, { id: this.#nextId++, job, writer, allowance, resolve });
      this.#next();
    });
  }

  #next(): void {
    if (this.#current || this.#queue.empty) return;
    if (!this.#worker) this.#start();
    if (!this.#ready) return;
    const next = this.#affordable();
    if (!next) return;
    this.#ready = false;
    this.#current = next;
    this.#payer = next.allowance;
    this.#worker!.postMessage(requestOf(next));
    this.#await(BEATS_TO_ANSWER + Math.ceil(this.#deadline / BEAT_MS));
  }

  /** The next whose asker has time left; the others are told. */
  #affordable(): Waiting | undefined {
    for (;;) {
      const next = this.#queue.shift();
      if (!next || next.allowance.ms > 0) return next;
      const reason = `the expressions for one message took longer than ${this.#allowanceMs} ms`;
      next.resolve(failed('expression-timeout', reason));
    }
  }

  #start(): void {
    const worker = new Worker(new URL(import.meta.resolve('#workers/expressions')), {
      workerData: { deadlineMs: this.#deadline, memoryBytes: this.#memory },
      env: {},
    });
    worker.unref();
    this.#worker = worker;
    this.#await(BEATS_TO_START);
    worker.on('message', (message: WorkerMessage) => {
      if (this.#worker === worker) this.#hear(message);
    });
    for (const event of ['error', 'exit'] as const) {
      worker.on(event, () => {
        if (this.#worker === worker && !this.#closed) this.#giveUp('the expression ended its thread');
      });
    }
  }

  #hear(message: WorkerMessage): void {
    if (this.#payer) this.#payer.ms -= message.ms;
    if (!('id' in message)) {
      this.#takesRequest();
      return;
    }
    const current = this.#current;
    this.#current = undefined;
    if (current?.id === message.id) current.resolve(resultOf(message));
    // After a failure the thread makes itself a new QuickJS.
    if (message.ready) this.#takesRequest();
    else this.#await(BEATS_TO_START);
  }

  #takesRequest(): void {
    clearInterval(this.#beats);
    this.#ready = true;
    this.#started = true;
    this.#next();
  }

  #await(beats: number): void {
    clearInterval(this.#beats);
    let left = beats;
    this.#beats = setInterval(() => {
      if (--left <= 0) this.#giveUp(`the expression took longer than ${this.#deadline} ms`);
    }, BEAT_MS);
  }

  /** Ends the thread with the evaluation that holds it; the others go on in a new one. */
  #giveUp(reason: string): void {
    clearInterval(this.#beats);
    const worker = this.#worker;
    const current = this.#current;
    const started = this.#started;
    this.#worker = undefined;
    this.#current = undefined;
    this.#ready = false;
    this.#started = false;
    this.restarts++;
    void worker?.terminate();
    this.#payer = undefined;
    if (current) current.allowance.ms -= this.#deadline + BEATS_TO_ANSWER * BEAT_MS;
    current?.resolve(failed('expression-timeout', reason));
    // A thread that cannot start fails what waits instead of trying for ever.
    if (!started) {
      for (const { resolve } of this.#queue.clear()) {
        resolve(failed('expression-failed', 'the expression worker does not start'));
      }
    }
    this.#next();
  }
}

/** Written when its turn comes: the payload may be in each request of a message. */
function requestOf({ id, job: { source, input, variables }, writer }: Waiting): WorkerRequest {
  return { id, source, input: writer.write(input), variables: writer.writeMembers(variables) };
}

function resultOf({ value, error }: SandboxOutcome): ExpressionResult {
  if (error) return failed(error.code, error.message, error.jsonata, error.position);
  return { ok: true, value: value === undefined ? undefined : (JSON.parse(value) as unknown) };
}

function failed(
  code: ExpressionError['code'],
  message: string,
  jsonata?: string,
  position?: number,
): ExpressionResult {
  return { ok: false, error: new ExpressionError(code, message, jsonata, position) };
}
