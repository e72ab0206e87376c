import { DeviceTable } from '#ingest';
import { ObservationEncoder, ObservationRenderer } from '#semantics';
import { SqliteObservationStore } from '#storage';
import { Framer } from '../../dist/libs/broker/src/intake/framer.js';
import { readPublish } from '../../dist/libs/broker/src/intake/publish-packet.js';
import { Checker } from '../../dist/libs/ingest/src/check.js';
import { bench } from './fill.mjs';
import { OBSERVATIONS, rawMessages } from './fleet.mjs';
import { publishes } from './packets.mjs';
import { remove, scratch } from './scratch.mjs';

const WARM_UP = 20_000;
const ROUNDS = 200_000;
const STORED = { devices: 1000, rounds: 100, outstanding: 5000 };

/** Nanoseconds of each step of the line, a message and a value: on one thread, of the store CPU time of all threads. */
export async function micro() {
  const messages = rawMessages(1000);
  const line = bench();
  const found = Object.entries(steps(messages, line)).map(([name, step]) => {
    const ns = timed(step);
    return { name, message: ns, value: ns / OBSERVATIONS };
  });
  const store = await storeNs(messages, line);
  return [...found, { name: 'store', message: store, value: store / OBSERVATIONS }];
}

function steps(messages, { bind, table, ref, seriesOf }) {
  const [first] = messages;
  const bound = bind(first.topic);
  const bytes = Buffer.from(first.payload);
  const decoded = bound.decode(bytes);
  const result = bound.map(decoded);
  const received = Date.now() * 1000;
  const raw = { topic: first.topic, payload: bytes, qos: 1, retain: false, dup: false, received };
  const sender = { client: 'publisher-0', username: 'admin', received };
  const origin = { ...raw, ...sender, packetId: 1, replayed: undefined };
  const checker = new Checker(table, new DeviceTable(messages.length));
  const mapped = { candidate: { bound, ref }, result };
  const series = seriesOf(first);
  const records = result.values.map(({ value, flags }, i) => ({
    series: series[i],
    time: received,
    nth: 0,
    value,
    resultTime: received,
    schema: ref,
    flags,
  }));
  const encoder = new ObservationEncoder(new ObservationRenderer('http://localhost:3000'));
  const target = Buffer.allocUnsafe(64 * 1024);
  return {
    gate: gate(messages, sender),
    decode: () => bound.decode(bytes),
    map: () => bound.map(decoded),
    check: () => checker.check(origin, mapped, undefined),
    serialise: () => {
      let at = 0;
      for (const record of records) at = encoder.write(record, target, at);
    },
  };
}

/** One packet of a read of a hundred. */
function gate(messages, sender) {
  const chunk = Buffer.concat(publishes(messages.slice(0, 100), 1));
  let taken = 0;
  const framer = new Framer(
    (head, bytes, start, body, end) => {
      if (typeof readPublish(head, bytes, body, end, sender) === 'string')
        throw new Error('a packet is refused');
      taken++;
      return true;
    },
    () => chunk.length,
    (reason) => {
      throw new Error(reason);
    },
  );
  return () => {
    // As often as the others are called.
    if (taken > 0) taken--;
    if (taken === 0) framer.push(chunk);
  };
}

function timed(step) {
  for (let i = 0; i < WARM_UP; i++) step();
  const began = process.hrtime.bigint();
  for (let i = 0; i < ROUNDS; i++) step();
  return Number(process.hrtime.bigint() - began) / ROUNDS;
}

/** CPU time of all threads from append to commit, in a folder of its own. */
async function storeNs(messages, { seriesOf, ref }) {
  const directory = scratch();
  const store = new SqliteObservationStore({ directory, durability: 'fsync' });
  await store.open();
  const series = messages.slice(0, STORED.devices).map(seriesOf);
  const write = async (rounds, from) => {
    let pending = [];
    for (let round = 0; round < rounds; round++) {
      for (let device = 0; device < STORED.devices; device++) {
        pending.push(store.append(append(series[device], ref, from + round * 1_000_000 + device, round)));
        if (pending.length < STORED.outstanding) continue;
        await Promise.all(pending);
        pending = [];
      }
    }
    await Promise.all(pending);
  };
  const start = 1_790_000_000_000_000;
  await write(10, start);
  const used = process.cpuUsage();
  await write(STORED.rounds, start + 3_600_000_000);
  const { user, system } = process.cpuUsage(used);
  await store.close();
  remove(directory);
  return ((user + system) * 1000) / (STORED.rounds * STORED.devices);
}

function append(series, schema, time, round) {
  return {
    values: series.map((one, i) => ({
      series: one,
      time,
      value: one.type === 'quantity' ? 20 + ((round + i) % 50) / 10 : round % 2 === 0,
      resultTime: time + 1500,
      schema,
      flags: 0,
    })),
    rejectedValues: 0,
    fallback: 'filtered',
  };
}
