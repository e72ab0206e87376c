/**
 * How fast the observation store appends: messages of five values, as many as fit in a time, with a bounded number
 * awaiting their commit. Prints rows per second, the process's CPU time and bytes written a row, commit latency and
 * memory.
 *
 *   node test/bench/store.mjs [seconds=5] [series=1000] [outstanding=1000] [pace=0 rows/s] [resend] [os]
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { SqliteObservationStore } from '#storage';

const A_MESSAGE = 5;
const SCHEMA = { id: 1, schema: 'bench', version: 1 };

/** Definitions of so many series, five a device. */
export function seriesOf(count) {
  return Array.from({ length: count }, (_, i) => ({
    id: i + 1,
    device: `device-${Math.floor(i / A_MESSAGE)}`,
    name: `value-${i % A_MESSAGE}`,
    property: 'AirTemperature',
    unit: 'DEG_C',
    feature: '',
    kind: 'Temperature',
    type: 'quantity',
    origin: 'core',
    circular: false,
  }));
}

/** The nth message: the devices in turn, each value one step of time after the one before. */
function message(all, n, { from, step, resend }) {
  const devices = Math.max(1, Math.floor(all.length / A_MESSAGE));
  const device = n % devices;
  const time = from + Math.floor(n / devices) * step + ((n * 7919) % 3000);
  const own = all.slice(device * A_MESSAGE, device * A_MESSAGE + A_MESSAGE);
  return {
    values: own.map((series, i) => ({
      series,
      time,
      value: Math.round(200 + ((n * 31) % 100) + i * 10) / 10,
      resultTime: time + 500 + ((n * 104_729) % 900),
      schema: SCHEMA,
      flags: 0,
    })),
    rejectedValues: 0,
    fallback: 'filtered',
    ...(resend && {
      resend: {
        client: `client-${device}`,
        packetId: (n % 65535) + 1,
        hash: `${n}abcdef0123456789`,
        dup: false,
      },
    }),
  };
}

/**
 * Appends until `goOn(rows)` says no, with a bounded number of messages without an answer; answers the rows.
 * `heard` gets a sample of the milliseconds from an append to its answer.
 */
async function append(store, all, options, goOn, heard = () => undefined) {
  const { outstanding = 4000, pace = 0 } = options;
  const began = performance.now();
  let open = 0;
  let sent = 0;
  let rows = 0;
  let wake;
  const settled = (_result, error) => {
    if (error) throw error;
    if (--open < outstanding / 2 && wake) {
      wake();
      wake = undefined;
    }
  };
  while (goOn(rows)) {
    if (open >= outstanding) await new Promise((resolve) => (wake = resolve));
    const ahead = pace > 0 && rows > ((performance.now() - began) * pace) / 1000;
    for (let i = 0; i < 50 && !ahead; i++) {
      const one = message(all, options.first + sent, options);
      rows += one.values.length;
      open++;
      if (sent++ % 64 !== 0) store.submit(one, settled);
      else {
        const at = performance.now();
        store.submit(one, (...told) => {
          heard(performance.now() - at);
          settled(...told);
        });
      }
    }
    await new Promise(ahead ? (resolve) => setTimeout(resolve, 1) : setImmediate);
  }
  while (open > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  return { rows, sent };
}

/**
 * Makes a store with at least so many rows in a folder, through its own port, and closes it. Answers the rows, the
 * series, and rows per second.
 */
export async function fill(
  directory,
  { series = 1000, rows = 1_000_000, from = 1_700_000_000_000_000, step = 10_000_000 } = {},
) {
  const store = new SqliteObservationStore({ directory, durability: 'os' });
  await store.open();
  const all = seriesOf(series);
  const began = performance.now();
  const written = await append(store, all, { from, step, first: 0 }, (now) => now < rows);
  await store.close();
  const took = performance.now() - began;
  return { rows: written.rows, series: all, rate: Math.round((written.rows * 1000) / took) };
}

function bytesWritten() {
  try {
    return Number(/wchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))[1]);
  } catch {
    return Number.NaN;
  }
}

async function run() {
  const numbers = process.argv.slice(2).map(Number).filter(Number.isFinite);
  const [seconds = 5, series = 1000, outstanding = 1000, pace = 0] = numbers;
  const directory = mkdtempSync(join(tmpdir(), 'glossa-bench-'));
  const durability = process.argv.includes('os') ? 'os' : 'fsync';
  const store = new SqliteObservationStore({ directory, durability });
  await store.open();
  const all = seriesOf(series);
  const options = {
    outstanding,
    pace,
    from: 1_700_000_000_000_000,
    step: 10_000_000,
    resend: process.argv.includes('resend'),
  };
  const until = (end) => () => performance.now() < end;
  const warm = await append(store, all, { ...options, first: 0 }, until(performance.now() + 500));

  const latencies = [];
  let peak = 0;
  const memory = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 50);
  const cpu = process.cpuUsage();
  const bytes = bytesWritten();
  const began = performance.now();
  const { rows, sent } = await append(
    store,
    all,
    { ...options, first: warm.sent },
    until(began + seconds * 1000),
    (latency) => latencies.push(latency),
  );
  const took = performance.now() - began;
  clearInterval(memory);
  const { merges } = store.figures;
  const ledger = await store.ledger();
  const counts = await store.statistics(all.map(({ id }) => id));
  const stored = counts.reduce((sum, { count }) => sum + count, 0);
  if (stored !== ledger.values.stored || stored !== rows + warm.rows) {
    throw new Error(`rows ${stored}, ledger ${JSON.stringify(ledger)}, sent ${rows + warm.rows}`);
  }
  // With what is left to merge.
  await store.close();
  const { user, system } = process.cpuUsage(cpu);
  latencies.sort((a, b) => a - b);
  const at = (q) => latencies[Math.floor(latencies.length * q)].toFixed(1);
  process.stdout.write(
    [
      `${Math.round((rows * 1000) / took)} rows/s (${Math.round((sent * 1000) / took)} messages/s of ${A_MESSAGE})`,
      `${series} series, ${outstanding} outstanding${options.resend ? ', resends remembered' : ''}, ${merges.count} merges`,
      `CPU ${((user + system) / rows).toFixed(2)} µs a row, the making of messages included`,
      `${Math.round((bytesWritten() - bytes) / rows)} bytes written a row`,
      `append to answer p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(0.9999)} ms`,
      `peak ${Math.round(peak / 1e6)} MB resident`,
      '',
    ].join('\n'),
  );
  rmSync(directory, { recursive: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run();
