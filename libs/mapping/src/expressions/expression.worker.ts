import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { WorkerMessage, WorkerRequest } from './expression-worker.js';
import { Sandbox, type SandboxSettings } from './sandbox.js';

/** The thread in which QuickJS runs jsonata: see expression-worker.ts. One request at a time. */
const settings = workerData as SandboxSettings;
const library = readFileSync(
  join(dirname(createRequire(import.meta.url).resolve('jsonata')), 'jsonata.min.js'),
  'utf8',
);
const say = (message: WorkerMessage) => parentPort!.postMessage(message);

let sandbox = await Sandbox.start(library, settings);

async function answer({ id, source, input, variables }: WorkerRequest): Promise<void> {
  let since = performance.now();
  const outcome = sandbox.evaluate(source, input, variables);
  say({ id, ready: !sandbox.broken, ms: performance.now() - since, ...outcome });
  if (!sandbox.broken) return;
  since = performance.now();
  sandbox = await Sandbox.start(library, settings);
  say({ ready: true, ms: performance.now() - since });
}

parentPort!.on('message', (request: WorkerRequest) => void answer(request));
say({ ready: true, ms: 0 });
