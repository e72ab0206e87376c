/**
 * npm run bench [-- --quick] [micro] [throughput] [start]
 * Throughput of the whole line beside plain aedes, in one run on one machine; start-up with many schemas and devices.
 */
import { cpus, totalmem } from 'node:os';
import { micro } from './micro.mjs';
import { startUp } from './start.mjs';
import { aedesRelay, line } from './throughput.mjs';

const args = process.argv.slice(2);
const quick = args.includes('--quick');
const wanted = args.filter((arg) => !arg.startsWith('-'));
const runs = quick ? 1 : 3;
const seconds = quick ? 3 : 5;

const CASES = [
  { qos: 0, publishers: 20, subscribers: 1, devices: 1000 },
  { qos: 1, publishers: 20, subscribers: 1, devices: 1000 },
  { qos: 2, publishers: 20, subscribers: 1, devices: 1000 },
  { qos: 0, publishers: 1, subscribers: 1, devices: 1000 },
  { qos: 0, publishers: 20, subscribers: 10, devices: 1000 },
  { qos: 1, publishers: 1000, subscribers: 1, devices: 1000 },
];

const [cpu] = cpus();
print(
  `${cpus().length} x ${cpu?.model ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}; median of ${runs} (least - most)\n`,
);

const complaints = [];
if (wants('micro')) steps();
if (wants('throughput')) await throughput();
if (wants('start')) await start();
for (const complaint of complaints) print(`WRONG: ${complaint}`);
process.exitCode = complaints.length > 0 ? 1 : 0;

async function throughput() {
  print('Raw messages of five observations: all stored (fsync, rows counted), all republished.');
  print(
    'qos  publishers  subscribers  raw messages/s           semantic deliveries/s      plain aedes deliveries/s   ratio  resident',
  );
  for (const one of quick ? CASES.slice(0, 2) : CASES) {
    const ours = [];
    const theirs = [];
    for (let i = 0; i < runs; i++) {
      ours.push(await line({ ...one, seconds }));
      theirs.push(await aedesRelay({ ...one, seconds, size: ours.at(-1).size }));
    }
    for (const { complaints: found } of [...ours, ...theirs])
      complaints.push(...found.map((text) => `${JSON.stringify(one)}: ${text}`));
    const raw = spread(ours.map((run) => run.raw));
    const deliveries = spread(ours.map((run) => run.deliveries));
    const aedes = spread(theirs.map((run) => run.deliveries));
    const memory = Math.max(...ours.map((run) => run.memory));
    print(
      [
        String(one.qos).padEnd(4),
        String(one.publishers).padStart(10),
        String(one.subscribers).padStart(12),
        `  ${raw.text}`.padEnd(26),
        deliveries.text.padEnd(26),
        aedes.text.padEnd(26),
        `${(deliveries.median / aedes.median).toFixed(2)} x`.padStart(6),
        `${Math.round(memory / 2 ** 20)} MiB`.padStart(8),
      ].join(' '),
    );
  }
  print('');
}

function steps() {
  print('Steps on one thread, five values a message:');
  for (const { name, message, value } of micro())
    print(`  ${name.padEnd(10)} ${Math.round(message)} ns a message, ${Math.round(value)} ns a value`);
  print('');
}

async function start() {
  const found = [];
  for (let i = 0; i < runs; i++) found.push(await startUp({ schemas: 1000, devices: 10_000 }));
  print(
    `Start with 1,000 schemas and 10,000 devices of five datastreams: ${spread(found.map(({ ms }) => ms)).text} ms until it listens, ${Math.round(found[0].memory / 2 ** 20)} MiB resident\n`,
  );
}

function wants(name) {
  return wanted.length === 0 || wanted.includes(name);
}

function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  const say = (value) => Math.round(value).toLocaleString('en-US');
  return { median, text: `${say(median)} (${say(sorted[0])} - ${say(sorted.at(-1))})` };
}

function print(text) {
  process.stdout.write(`${text}\n`);
}
