import {
  newQuickJSWASMModule,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
} from 'quickjs-emscripten';
import type { ExpressionError } from './expression-error.js';
import { HARNESS } from './sandbox-harness.js';

export interface SandboxSettings {
  /** Most that one evaluation may take. */
  readonly deadlineMs: number;
  readonly memoryBytes: number;
}

/** JSON text of the value, absent for nothing; or why there is none. */
export interface SandboxOutcome {
  readonly value?: string;
  readonly error?: {
    readonly code: ExpressionError['code'];
    readonly message: string;
    readonly jsonata?: string;
    readonly position?: number;
  };
}

const STACK = 512 * 1024;
/** What QuickJS and V8 say when there is no room left. */
const NO_ROOM = /out of memory|stack overflow|call stack|memory access|string too long|invalid array length/i;

/**
 * QuickJS with jsonata in it. It interrupts itself at the deadline, but not before an evaluation has done about a
 * deadline's worth of work: on a busy machine time passes while the thread waits its turn. An instance that ran out
 * of time or room is broken: nothing of its heap is trusted, not even to be freed, so it is dropped as a whole.
 */
export class Sandbox {
  broken = false;
  #ticks = 0;
  #started = Infinity;
  #interrupted = false;

  private constructor(
    private readonly settings: SandboxSettings,
    private readonly runtime: QuickJSRuntime,
    private readonly context: QuickJSContext,
  ) {}

  /** @param library source text of jsonata */
  static async start(library: string, settings: SandboxSettings): Promise<Sandbox> {
    const runtime = (await newQuickJSWASMModule()).newRuntime();
    runtime.setMemoryLimit(settings.memoryBytes);
    runtime.setMaxStackSize(STACK);
    const context = runtime.newContext();
    for (const code of [`var module = undefined, exports = undefined;\n${library}`, HARNESS]) {
      context.unwrapResult(context.evalCode(code)).dispose();
    }
    const sandbox = new Sandbox(settings, runtime, context);
    runtime.setInterruptHandler(() => sandbox.#tick());
    return sandbox;
  }

  /** QuickJS asks every 10,000 steps, which take the better part of a millisecond. */
  #tick(): boolean {
    this.#ticks++;
    const { deadlineMs } = this.settings;
    this.#interrupted = this.#ticks > deadlineMs && performance.now() - this.#started > deadlineMs;
    return this.#interrupted;
  }

  /** @param input JSON text, `''` for nothing @param variables JSON text of an object */
  evaluate(source: string, input: string, variables: string): SandboxOutcome {
    this.#ticks = 0;
    this.#interrupted = false;
    this.#started = performance.now();
    try {
      this.#call('run', source, input, variables);
      this.runtime.executePendingJobs();
      return this.#outcome(JSON.parse(this.#call('finish')) as SandboxOutcome);
    } catch (error) {
      this.broken = true;
      return this.#failure(error instanceof Error ? error.message : String(error));
    }
  }

  /** Calls a function of the harness; its arguments and its answer are text. */
  #call(name: string, ...args: readonly string[]): string {
    const { context } = this;
    const handles: QuickJSHandle[] = [context.getProp(context.global, name)];
    for (const arg of args) handles.push(context.newString(arg));
    const [called, ...values] = handles;
    const answer = context.unwrapResult(context.callFunction(called!, context.undefined, ...values));
    const text = context.getString(answer);
    for (const handle of [answer, ...handles]) handle.dispose();
    return text;
  }

  #outcome(outcome: SandboxOutcome): SandboxOutcome {
    const { error } = outcome;
    // jsonata catches what QuickJS raises: its limits are told apart from the language's errors.
    this.broken =
      this.#interrupted ||
      (error !== undefined && error.jsonata === undefined && NO_ROOM.test(error.message));
    return this.broken ? this.#failure(error?.message ?? '') : outcome;
  }

  #failure(message: string): SandboxOutcome {
    if (this.#interrupted) {
      const text = `the expression took longer than ${this.settings.deadlineMs} ms`;
      return { error: { code: 'expression-timeout', message: text } };
    }
    if (NO_ROOM.test(message)) {
      return { error: { code: 'expression-memory', message: 'the expression ran out of memory' } };
    }
    return { error: { code: 'expression-failed', message } };
  }
}
