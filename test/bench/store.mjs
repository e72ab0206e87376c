/**
 * How fast the observation store appends: messages of five values, as many as fit in a time, with a bounded number
 * awaiting their commit. Prints rows per second, commit latency, the main thread's time a message, and memory.
 *
 *   node test/bench/store.mjs [seconds=5] [devices=200] [outstanding=1000] [resend]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';

const { SqliteObservationStore } = await import('#storage');

const seconds = Number(process.argv[2] ?? 5);
const devices = Number(process.argv[3] ?? 200);
const outstanding = Number(process.argv[4] ?? 1000);
const resend = process.argv.includes('resend');
const NAMES = ['temperature', 'humidity', 'pressure', 'battery', 'linkquality'];

const directory = mkdtempSync(join(tmpdir(), 'glossa-bench-'));
const store = new SqliteObservationStore({
  directory,
  durability: process.argv.includes('os') ? 'os' : 'fsync',
});
await store.open();

const schema = { id: 1, schema: 'bench', version: 1 };
const series = Array.from({ length: devices * NAMES.length }, (_, i) => ({
  id: i + 1,
  device: `device-${Math.floor(i / NAMES.length)}`,
  name: NAMES[i % NAMES.length],
  property: 'AirTemperature',
  unit: 'DEG_C',
  feature: '',
  kind: 'Temperature',
  type: 'quantity',
  origin: 'core',
  circular: false,
}));

let sent = 0;
let open = 0;
const latencies = [];

function message(n) {
  const device = n % devices;
  const time = 1_700_000_000_000_000 + n * 100;
  const values = NAMES.map((_, i) => ({
    series: series[device * NAMES.length + i],
    time,
    value: (n % 1000) / 10 + i,
    resultTime: time + 1500,
    schema,
    flags: 0,
  }));
  const plain = { values, rejectedValues: 0, fallback: 'filtered' };
  if (!resend) return plain;
  return {
    ...plain,
    resend: {
      client: `client-${device}`,
      packetId: (n % 65535) + 1,
      hash: `${n}abcdef0123456789`,
      dup: false,
    },
  };
}

async function run(end) {
  let wake;
  const settled = () => {
    open--;
    if (wake && open < outstanding) {
      wake();
      wake = undefined;
    }
  };
  while (performance.now() < end) {
    const from = performance.now();
    for (let burst = 0; burst < 50 && open < outstanding; burst++) {
      open++;
      const sampled = sent % 64 === 0;
      const result = store.append(message(sent++));
      if (sampled) result.then(() => latencies.push(performance.now() - from));
      result.then(settled);
    }
    if (open >= outstanding) await new Promise((resolve) => (wake = resolve));
    else await new Promise((resolve) => setImmediate(resolve));
  }
  while (open > 0) await new Promise((resolve) => setImmediate(resolve));
}

await run(performance.now() + 500);
latencies.length = 0;
const before = sent;
const started = performance.now();
const busy = performance.eventLoopUtilization();
let peak = 0;
const memory = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 50);
await run(started + seconds * 1000);
const took = performance.now() - started;
const { active } = performance.eventLoopUtilization(busy);
clearInterval(memory);

const messages = sent - before;
const ledger = await store.ledger();
const counts = await store.statistics(series.map(({ id }) => id));
const rows = counts.reduce((sum, { count }) => sum + count, 0);
if (rows !== ledger.values.stored || rows !== sent * NAMES.length || ledger.messages.stored !== sent) {
  throw new Error(`rows ${rows}, ledger ${JSON.stringify(ledger)}, sent ${sent}`);
}
latencies.sort((a, b) => a - b);
const at = (q) => latencies[Math.floor(latencies.length * q)].toFixed(1);
console.log(
  [
    `${Math.round((messages * NAMES.length * 1000) / took)} rows/s (${Math.round((messages * 1000) / took)} messages/s of 5)`,
    `${devices} devices, ${outstanding} outstanding${resend ? ', resends remembered' : ''}`,
    `commit p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(0.9999)} ms`,
    `main thread ${((active * 1000) / messages).toFixed(1)} µs a message (the load's own making included)`,
    `peak ${Math.round(peak / 1e6)} MB resident`,
  ].join('\n'),
);
await store.close();
rmSync(directory, { recursive: true });
