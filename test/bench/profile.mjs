/**
 * Where the time of the gateway goes under the load of one throughput row: each thread's functions by self time, and
 * the CPU time a raw message costs.
 *
 *   node test/bench/profile.mjs [--qos 0] [--seconds 6] [--publishers 20] [--subscribers 1] [--devices 1000]
 *                               [--sessions 0] [--top 30] [--thread main] [--keep folder] [--plain] [--node flag ...]
 *
 * `--sessions` are persistent ones whose clients are away, with QoS 1 for all that is republished.
 * `--plain` leaves V8's profiler out, which costs a fifth: CPU time a thread and nothing else. `--keep` names a folder
 * for the .cpuprofile files, which a browser's developer tools open. `--node` gives flags to the gateway's Node.js, as
 * `--node=--max-semi-space-size=32`.
 */
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { connectAsync } from 'mqtt';
import { processCpu, threadCpu } from './cpu.mjs';
import { BENCH_SCHEMA } from './fleet.mjs';
import { Gateway, load } from './processes.mjs';
import { scratch } from './scratch.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const SAMPLE_MICROS = 1000;

const { values: options } = parseArgs({
  options: {
    qos: { type: 'string', default: '0' },
    seconds: { type: 'string', default: '6' },
    publishers: { type: 'string', default: '20' },
    subscribers: { type: 'string', default: '1' },
    devices: { type: 'string', default: '1000' },
    sessions: { type: 'string', default: '0' },
    top: { type: 'string', default: '30' },
    thread: { type: 'string' },
    keep: { type: 'string' },
    plain: { type: 'boolean', default: false },
    node: { type: 'string', multiple: true, default: [] },
  },
});
const top = Number(options.top);
const folder = scratch();
report(await profiled());
if (options.keep !== undefined) cpSync(folder, options.keep, { recursive: true });

/** The row with the gateway under V8's sampling profiler; what each thread used, and the window of the load. */
async function profiled() {
  const sampled = ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-interval=${SAMPLE_MICROS}`];
  const nodeArgs = [
    `--require=${join(root, 'test/bench/thread-name.cjs')}`,
    ...(options.plain ? [] : sampled),
    ...options.node,
  ];
  const gateway = await Gateway.start({ BENCH_THREADS: folder }, undefined, nodeArgs);
  try {
    await gateway.call('POST', '/api/schemas', BENCH_SCHEMA);
    const job = {
      ...gateway.job(Number(options.devices)),
      publishers: Number(options.publishers),
      subscribers: Number(options.subscribers),
      qos: Number(options.qos),
    };
    for (let i = 0; i < Number(options.sessions); i++) await leaveSession(job, `away-${i}`);
    await load({ ...job, seconds: 2 });
    const { pid } = gateway.server.child;
    const before = { whole: processCpu(pid), threads: threadCpu(pid), at: monotonicMicros() };
    const result = await load({ ...job, seconds: Number(options.seconds) });
    const after = { whole: processCpu(pid), threads: threadCpu(pid), at: monotonicMicros() };
    return { before, after, result };
  } finally {
    // Profiles are written at the end of the process.
    await gateway.stop();
  }
}

/** A persistent session whose client goes. */
async function leaveSession({ port, username, password }, clientId) {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, {
    username,
    password,
    clientId,
    clean: false,
  });
  await client.subscribeAsync('semantic/#', { qos: 1 });
  await client.endAsync();
}

function report({ before, after, result }) {
  const { sent, received, elapsed } = result;
  const share = (micros) => `${((micros / (after.at - before.at)) * 100).toFixed(0)} %`;
  print(
    `QoS ${options.qos}: ${sent} raw messages in ${elapsed.toFixed(2)} s, ${Math.round(sent / elapsed)} raw/s, ` +
      `${Math.round(received / elapsed)} deliveries/s${options.plain ? '' : ' (slower than without the profiler)'}\n`,
  );
  const names = new Map(
    readdirSync(folder)
      .filter((file) => file.startsWith('thread-'))
      .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')))
      .map((thread) => [thread.task, thread]),
  );
  const helpers = new Set([...names.values()].flatMap((thread) => thread.helpers));
  const other = (task) => (helpers.has(task) ? 'V8 helpers: garbage, compiler' : 'libuv threads: files');
  print('CPU time, user and system          a raw message     of one core');
  const rows = [...after.threads]
    .map(([task, micros]) => ({
      name: names.get(task)?.name ?? other(task),
      micros: micros - (before.threads.get(task) ?? 0),
    }))
    .reduce((sums, { name, micros }) => sums.set(name, (sums.get(name) ?? 0) + micros), new Map());
  for (const [name, micros] of [...rows, ['gateway, whole', after.whole - before.whole]])
    print(`  ${name.padEnd(30)} ${(micros / sent).toFixed(2).padStart(8)} µs ${share(micros).padStart(16)}`);
  print(
    `  ${'load generator'.padEnd(30)} ${(result.cpu.load / sent).toFixed(2).padStart(8)} µs ${share(result.cpu.load).padStart(16)}`,
  );
  if (options.plain) return;
  const threads = [...names.values()].sort((a, b) => a.id - b.id);
  for (const { id, name } of threads) {
    if (options.thread !== undefined && options.thread !== name) continue;
    const file = readdirSync(folder).find((one) =>
      new RegExp(`^CPU\\.\\d+\\.\\d+\\.\\d+\\.${id}\\.`).test(one),
    );
    if (file === undefined) print(`\n${name}: no profile; the thread was ended from outside`);
    else functions(name, JSON.parse(readFileSync(join(folder, file), 'utf8')), before.at, after.at);
  }
}

/** Self times within the window, greatest first. */
function functions(name, profile, from, to) {
  const frames = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const self = new Map();
  let total = 0;
  let at = profile.startTime;
  profile.samples.forEach((id, i) => {
    const micros = profile.timeDeltas[i];
    at += micros;
    if (at < from || at > to) return;
    const key = describe(frames.get(id));
    self.set(key, (self.get(key) ?? 0) + micros);
    total += micros;
  });
  const percent = (key) => (((self.get(key) ?? 0) / total) * 100).toFixed(1);
  print(
    `\n${name}: idle ${percent('(idle)')} %, garbage collection ${percent('(garbage collector)')} %; self time of ${(total / 1e6).toFixed(1)} s:`,
  );
  for (const [key, micros] of [...self].sort((a, b) => b[1] - a[1]).slice(0, top))
    print(`  ${((micros / total) * 100).toFixed(1).padStart(5)} %  ${key}`);
}

/** `(program)`: native code outside of any JavaScript function. */
function describe({ functionName, url, lineNumber }) {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return name;
  const file = url.startsWith('file:') ? relative(root, fileURLToPath(url)) : url;
  return `${name}  ${file}:${lineNumber + 1}`;
}

/** The clock of V8's profiles. */
function monotonicMicros() {
  return Number(process.hrtime.bigint() / 1000n);
}

function print(text) {
  process.stdout.write(`${text}\n`);
}
