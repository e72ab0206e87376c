/**
 * The load, in a process of its own: publishers that send pre-encoded packets over raw sockets, and subscribers that
 * count what they receive. Told what to do by one message of its parent, answers with what it measured.
 */
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { connect, publishes, subscribe, Walker } from './packets.mjs';

/** Packets of one publisher that wait for their PUBACK at most. */
const WINDOW = 200;
/** Raw messages between the publishers and the last sink at most: kernels hold megabytes a socket otherwise. */
const IN_FLIGHT = 4000;
const SETTLE_MS = 30_000;

process.once('message', async (job) => {
  const answer = await run(job).then(
    (result) => ({ result }),
    (error) => ({ error: error.stack }),
  );
  process.send(answer, () => process.exit());
});

async function run(job) {
  const { subscribers: count, filter, qos, seconds, publishers: publisherCount, rate } = job;
  const counts = { received: 0, bytes: 0, lastReceived: 0 };
  const latencies = rate === undefined ? undefined : new Latencies();
  const sinks = await Promise.all(Array.from({ length: count }, (_, i) => sink(job, i, filter, qos, counts)));
  const flow = { sent: 0, open: () => flow.sent - counts.received / (count * job.observations) < IN_FLIGHT };
  const publishers = await Promise.all(
    Array.from({ length: publisherCount }, (_, i) => publisher(job, i, latencies, flow)),
  );
  const began = performance.now();
  const until = began + seconds * 1000;
  await Promise.all(
    publishers.map((one) => one.run(until, rate === undefined ? undefined : rate / publisherCount)),
  );
  const sent = publishers.reduce((sum, one) => sum + one.sent, 0);
  const expected = sent * job.observations * count;
  const deadline = performance.now() + SETTLE_MS;
  while (counts.received < expected && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 5));
  const elapsed = (Math.max(counts.lastReceived, ...publishers.map((one) => one.lastAck)) - began) / 1000;
  for (const socket of sinks) socket.destroy();
  for (const one of publishers) one.end();
  return { sent, expected, ...counts, elapsed, ...(latencies && { ack: latencies.summary() }) };
}

async function open({ port, username, password }, clientId) {
  const socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  socket.write(connect(clientId, username, password));
  const [connack] = await once(socket, 'data');
  if (connack[0] !== 0x20 || connack[3] !== 0) throw new Error(`CONNACK ${connack[3]} for ${clientId}`);
  return socket;
}

async function sink(job, i, filter, qos, counts) {
  const socket = await open(job, `sink-${i}`);
  let acks = [];
  let subscribed = () => undefined;
  const granted = new Promise((resolve) => (subscribed = resolve));
  const walker = new Walker((first, buffer, start, end) => {
    if (first >> 4 === 9) subscribed();
    // Retained messages are of an earlier run.
    if (first >> 4 !== 3 || (first & 1) === 1) return;
    counts.received++;
    counts.bytes += end - start;
    if ((first & 6) === 0) return;
    const topic = (buffer[start] << 8) | buffer[start + 1];
    acks.push(0x40, 2, buffer[start + 2 + topic], buffer[start + 3 + topic]);
  });
  socket.on('data', (chunk) => {
    walker.push(chunk);
    counts.lastReceived = performance.now();
    if (acks.length === 0) return;
    socket.write(Buffer.from(acks));
    acks = [];
  });
  // Retained messages may come in one chunk with the SUBACK.
  socket.write(subscribe(filter, qos));
  await granted;
  return socket;
}

async function publisher(job, index, latencies, flow) {
  const { qos, messages } = job;
  const socket = await open(job, `publisher-${index}`);
  const own = messages.filter((_, i) => i % job.publishers === index);
  const packets = publishes(repeat(own, WINDOW), qos);
  const state = { sent: 0, acked: 0, lastAck: 0 };
  let wake = () => undefined;
  const times = latencies && new Float64Array(WINDOW);
  const walker = new Walker((first, buffer, start) => {
    if (first >> 4 === 5) {
      // PUBREC of QoS 2: released at once, done with PUBCOMP.
      socket.write(Buffer.from([0x62, 2, buffer[start], buffer[start + 1]]));
      return;
    }
    if (first >> 4 !== 4 && first >> 4 !== 7) return;
    state.acked++;
    state.lastAck = performance.now();
    const id = (buffer[start] << 8) | buffer[start + 1];
    if (times) latencies.add(state.lastAck - times[id - 1]);
    wake();
  });
  socket.on('data', (chunk) => walker.push(chunk));
  const free = () => flow.open() && (qos === 0 || state.sent - state.acked < WINDOW);
  return {
    get sent() {
      return state.sent;
    },
    get lastAck() {
      return state.lastAck;
    },
    async run(until, rate) {
      const began = performance.now();
      while (performance.now() < until) {
        if (!free()) {
          await new Promise((resolve) => {
            wake = resolve;
            setTimeout(resolve, 1);
          });
          continue;
        }
        const due = rate === undefined ? Infinity : Math.floor(((performance.now() - began) / 1000) * rate);
        const room = qos === 0 ? 100 : WINDOW - (state.sent - state.acked);
        const count = Math.min(room, 100, due - state.sent);
        if (count <= 0) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          continue;
        }
        const now = performance.now();
        const chunk = [];
        for (let i = 0; i < count; i++) {
          const at = state.sent++ % packets.length;
          flow.sent++;
          if (times) times[at] = now;
          chunk.push(packets[at]);
        }
        socket.write(Buffer.concat(chunk));
        // Others of this process get their turn.
        await new Promise((resolve) => setImmediate(resolve));
      }
      while (qos > 0 && state.acked < state.sent) {
        await new Promise((resolve) => {
          wake = resolve;
          setTimeout(resolve, 50);
        });
        if (performance.now() > until + SETTLE_MS)
          throw new Error(`${state.sent - state.acked} messages without acknowledgement`);
      }
    },
    end: () => socket.destroy(),
  };
}

function repeat(list, length) {
  return Array.from({ length }, (_, i) => list[i % list.length]);
}

/** Latencies in milliseconds. */
class Latencies {
  #values = [];

  add(value) {
    this.#values.push(value);
  }

  summary() {
    const sorted = Float64Array.from(this.#values).sort();
    const at = (quantile) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))];
    return { count: sorted.length, p50: at(0.5), p99: at(0.99), p999: at(0.999) };
  }
}
