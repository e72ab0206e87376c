/**
 * The load, in a process of its own: publishers that send pre-encoded packets over raw sockets, and subscribers that
 * count what they receive. Told what to do by one message of its parent, answers with what it measured.
 */
import { processCpu } from './cpu.mjs';
import { Histogram } from './histogram.mjs';
import { Client } from './load/client.mjs';
import { Deliveries } from './load/deliveries.mjs';
import { ClosedLoop, OpenLoop } from './load/flow.mjs';
import { Publisher } from './load/publisher.mjs';
import { Sink } from './load/sink.mjs';

/** Messages between the publishers and the last sink at most; with more of them plain brokers are slower. */
const IN_FLIGHT = 4000;
/** Packets of one publisher that wait for their acknowledgement: of all of them as many as are in flight. */
const WINDOW = { least: 200, most: 1000 };
/** At a fixed rate nothing may hold a publisher back but its number of packet ids. */
const OPEN_WINDOW = 4000;
const SETTLE_MS = 30_000;
/** Connections that are opened at a time; more would overflow a server's backlog. */
const OPENING = 100;

// Nobody is left to be told.
process.once('disconnect', () => process.exit());
process.once('message', async (job) => {
  const answer = await run(job).then(
    (result) => ({ result }),
    (error) => ({ error: error.stack }),
  );
  process.send(answer, () => process.exit());
});

/**
 * @param job port, username and password of the broker; `filter` and `qos`; `messages` to publish, each with topic,
 *   payload and number of its device; how many `observations` each becomes; `pid` of the server, whose CPU time is told; numbers of `publishers` and `subscribers`;
 *   `seconds`; `rate` in messages/s, or as fast as it goes and `atLeast` a number. With `connections` instead of all
 *   that, that many clients connect, say so and stay until told to stop. `stop` ends any of them before its time.
 */
async function run(job) {
  let lose;
  const lost = new Promise((resolve, reject) => (lose = reject));
  return await Promise.race([lost, job.connections === undefined ? measured(job, lose) : idle(job, lose)]);
}

/** Clients that only are there. */
async function idle(job, lose) {
  const clients = Array.from({ length: job.connections }, (_, i) => new Client(`client-${i}`, lose));
  const stopped = new Promise((resolve) => process.on('message', resolve));
  await openAll(clients, job);
  process.send({ ready: true });
  await stopped;
  for (const client of clients) client.end();
  return { connections: clients.length };
}

async function openAll(clients, job) {
  for (let i = 0; i < clients.length; i += OPENING)
    await Promise.all(clients.slice(i, i + OPENING).map((one) => one.open(job)));
}

async function measured(job, lose) {
  const { filter, qos, seconds, rate, observations } = job;
  const open = rate !== undefined;
  const histograms = open ? { ack: new Histogram(), delivery: new Histogram() } : {};
  const devices = 1 + Math.max(0, ...job.messages.map(({ device }) => device));
  const deliveries = open ? new Deliveries(histograms.delivery, devices, observations) : undefined;
  let lastProgress = 0;
  let pump = () => undefined;
  let settled = () => undefined;
  const progress = () => {
    lastProgress = performance.now();
    pump();
    settled();
  };
  const sinks = Array.from({ length: job.subscribers }, (_, i) => {
    return new Sink(`sink-${i}`, lose, progress, i === 0 ? deliveries : undefined);
  });
  const window = Math.min(WINDOW.most, Math.max(WINDOW.least, IN_FLIGHT / job.publishers));
  const publishers = Array.from({ length: job.publishers }, (_, i) => {
    return new Publisher(`publisher-${i}`, lose, {
      messages: job.messages.filter((_, k) => k % job.publishers === i),
      qos,
      window: open ? OPEN_WINDOW : window,
      progress,
      latencies: qos > 0 ? histograms.ack : undefined,
    });
  });
  await openAll([...sinks, ...publishers], job);
  await Promise.all(sinks.map((sink) => sink.subscribe(filter, qos)));
  const flow = open
    ? new OpenLoop(publishers, deliveries, rate)
    : new ClosedLoop(publishers, sinks, { observations, inFlight: IN_FLIGHT });

  pump = () => flow.pump();
  const used = { load: process.cpuUsage(), server: processCpu(job.pid) };
  const began = performance.now();
  process.on('message', (said) => said === 'stop' && flow.stop());
  await flow.run(seconds, job.atLeast);
  const expected = flow.sent * observations * sinks.length;
  const done = () =>
    sum(sinks, 'received') >= expected && (qos === 0 || sum(publishers, 'acked') >= flow.sent);
  await new Promise((resolve) => {
    const patience = setInterval(() => {
      if (performance.now() - lastProgress > SETTLE_MS) settle();
    }, 1000);
    const settle = () => {
      clearInterval(patience);
      resolve();
    };
    settled = () => done() && settle();
    settled();
  });
  const { user, system } = process.cpuUsage(used.load);
  const cpu = { load: user + system, server: processCpu(job.pid) - used.server };
  const unacknowledged = qos === 0 ? 0 : flow.sent - sum(publishers, 'acked');
  for (const one of [...sinks, ...publishers]) one.end();
  return {
    sent: flow.sent,
    received: sum(sinks, 'received'),
    expected,
    unacknowledged,
    bytes: sum(sinks, 'bytes'),
    elapsed: (lastProgress - began) / 1000,
    cpu,
    ...Object.fromEntries(Object.entries(histograms).map(([name, one]) => [name, one.summary()])),
  };
}

function sum(list, name) {
  return list.reduce((total, one) => total + one[name], 0);
}
