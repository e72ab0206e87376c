/**
 * Loaded into every thread of a process that is profiled (`--require`): writes into the folder BENCH_THREADS which
 * thread of the system it is, so that its CPU time can be read from /proc. V8's helpers, which collect garbage and
 * compile, are those that are there before any JavaScript has run; libuv makes its own when they are first needed.
 */
const { readdirSync, readlinkSync, writeFileSync } = require('node:fs');
const { basename } = require('node:path');
const { isMainThread, threadId } = require('node:worker_threads');

const task = Number(basename(readlinkSync('/proc/thread-self')));
const others = () => readdirSync('/proc/self/task').map(Number);
const helpers = isMainThread ? others().filter((one) => one !== task) : [];
// A worker's file is known once it runs.
setImmediate(() => {
  const name = isMainThread ? 'main' : basename(process.argv[1] ?? 'worker').replace(/\.worker\.js$/, '');
  writeFileSync(
    `${process.env.BENCH_THREADS}/thread-${threadId}.json`,
    JSON.stringify({ id: threadId, task, name, helpers }),
  );
});
