import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { getQuickJS, type QuickJSContext, type QuickJSHandle, type QuickJSRuntime } from 'quickjs-emscripten';
import type { WorkerReply, WorkerRequest } from './expression-worker.js';

/** The thread in which QuickJS runs jsonata: see expression-worker.ts. */
interface Settings {
  readonly deadlineMs: number;
  readonly memoryBytes: number;
}

const MAX_RESULT = 4 * 1024 * 1024;
const STACK = 512 * 1024;

/** In QuickJS: parses once a source, evaluates, answers JSON. jsonata's promises settle when its jobs are run. */
const HARNESS = `
  const compiled = new Map();
  let outcome;
  function run(source, input, variables) {
    outcome = undefined;
    let expression = compiled.get(source);
    if (!expression) {
      expression = jsonata(source);
      if (compiled.size >= 500) compiled.clear();
      compiled.set(source, expression);
    }
    expression.evaluate(input === '' ? undefined : JSON.parse(input), JSON.parse(variables)).then(
      (value) => { outcome = { value: value === undefined ? undefined : JSON.stringify(value) }; },
      (error) => { outcome = { error: { message: String(error && error.message), jsonata: error && error.code, position: error && error.position } }; },
    );
  }
  function finish() { return JSON.stringify(outcome); }
`;

const { deadlineMs, memoryBytes } = workerData as Settings;
const quickjs = await getQuickJS();
const library = readFileSync(
  join(dirname(createRequire(import.meta.url).resolve('jsonata')), 'jsonata.min.js'),
  'utf8',
);
let runtime: QuickJSRuntime | undefined;
let context: QuickJSContext | undefined;
let deadline = Infinity;

function fresh(): QuickJSContext {
  runtime = quickjs.newRuntime();
  runtime.setMemoryLimit(memoryBytes);
  runtime.setMaxStackSize(STACK);
  runtime.setInterruptHandler(() => performance.now() > deadline);
  const made = runtime.newContext();
  made.unwrapResult(made.evalCode(`var module = undefined, exports = undefined;\n${library}`)).dispose();
  made.unwrapResult(made.evalCode(HARNESS)).dispose();
  return made;
}

/** After a failure nothing of the old heap is trusted. */
function discard(): void {
  const old = { runtime, context };
  runtime = undefined;
  context = undefined;
  try {
    old.context?.dispose();
    old.runtime?.dispose();
  } catch {
    // A heap that ran out of memory may not dispose cleanly; it is left behind.
  }
}

function evaluate({ id, source, input, variables }: WorkerRequest): WorkerReply {
  deadline = Infinity;
  const vm = (context ??= fresh());
  const handles: QuickJSHandle[] = [];
  const text = (value: string) => {
    const handle = vm.newString(value);
    handles.push(handle);
    return handle;
  };
  deadline = performance.now() + deadlineMs;
  try {
    const run = vm.getProp(vm.global, 'run');
    handles.push(run);
    vm.unwrapResult(vm.callFunction(run, vm.undefined, text(source), text(input), text(variables))).dispose();
    const jobs = runtime!.executePendingJobs();
    if (jobs.error) {
      const dumped = vm.dump(jobs.error) as { message?: string };
      jobs.error.dispose();
      throw new Error(dumped.message ?? 'the expression failed');
    }
    const finish = vm.getProp(vm.global, 'finish');
    handles.push(finish);
    const answer = vm.unwrapResult(vm.callFunction(finish, vm.undefined));
    const json = vm.getString(answer);
    answer.dispose();
    return reply(id, json);
  } catch (error) {
    return failure(id, error);
  } finally {
    if (context) for (const handle of handles) handle.dispose();
  }
}

function reply(id: number, json: string): WorkerReply {
  if (json === 'undefined')
    return {
      id,
      error: { code: 'expression-failed', message: 'the expression waits for something that never comes' },
    };
  const { value, error } = JSON.parse(json) as {
    value?: string;
    error?: { message: string; jsonata?: string; position?: number };
  };
  if (error) {
    // jsonata catches what QuickJS raises: its own limits are told apart from the language's errors.
    if (/interrupted/.test(error.message)) return failure(id, new Error('interrupted'));
    if (/out of memory|stack overflow|Maximum call stack/i.test(error.message))
      return failure(id, new Error(error.message));
    return { id, error: { code: 'expression-failed', ...error } };
  }
  if (value !== undefined && value.length > MAX_RESULT) {
    return {
      id,
      error: { code: 'expression-memory', message: `the result has more than ${MAX_RESULT} characters` },
    };
  }
  return { id, ...(value !== undefined && { value }) };
}

function failure(id: number, error: unknown): WorkerReply {
  const message = error instanceof Error ? error.message : String(error);
  const late = performance.now() > deadline || /interrupted/.test(message);
  const memory = /out of memory|stack overflow|Maximum call stack|memory access/i.test(message);
  discard();
  if (late)
    return {
      id,
      error: { code: 'expression-timeout', message: `the expression took longer than ${deadlineMs} ms` },
    };
  if (memory)
    return { id, error: { code: 'expression-memory', message: 'the expression ran out of memory' } };
  return { id, error: { code: 'expression-failed', message } };
}

context = fresh();
parentPort!.on('message', (request: WorkerRequest) => parentPort!.postMessage(evaluate(request)));
parentPort!.postMessage('ready');
