import { BENCH_SCHEMA } from '../fleet.mjs';
import { measuredGateway, measured } from '../measure.mjs';
import { Gateway } from '../processes.mjs';
import { startMosquitto } from '../references.mjs';
import { figure, whole } from '../text.mjs';
import { glossaRun } from './throughput.mjs';

const SHARES = [0.1, 0.5, 0.8];
const LOAD = { qos: 1, publishers: 20, subscribers: 1 };
const DEVICES = 1000;

const label = (share) => `${share * 100} % of the throughput`;

/** From the time a message was due until its PUBACK and until each of its observations arrived. */
export const latency = {
  name: 'latency',
  rows: SHARES.map(label),
  minutes: { quick: 1, full: 6 },

  async run({ quick, only, runs, seconds, report }) {
    const wanted = (quick ? [0.5] : SHARES).filter((share) => only(label(share)));
    if (wanted.length === 0) return;
    const full = await glossaRun({ ...LOAD, seconds });
    for (const share of wanted) {
      const rate = full.raw * share;
      const found = { glossa: [], mosquitto: [] };
      for (let i = 0; i < runs; i++) {
        found.glossa.push(await timed(rate, seconds));
        const relayed = await timedRelay(rate * 5, seconds, full.size);
        if (relayed) found.mosquitto.push(relayed);
      }
      report(label(share), {
        rate,
        // Of several runs the worst: a tail is what is asked for.
        glossa: worst(found.glossa),
        ...(found.mosquitto.length > 0 && { mosquitto: worst(found.mosquitto) }),
        complaints: Object.values(found).flatMap((list) => list.flatMap(({ complaints }) => complaints)),
      });
    }
  },

  tables(results) {
    const quantiles = (summary) =>
      summary ? ['p50', 'p99', 'p999'].map((name) => figure(summary[name])).join(' / ') : '-';
    return [
      {
        columns: [
          'Latency in ms at QoS 1: p50 / p99 / p99.9',
          'raw messages/s',
          'to semantic delivery',
          'to PUBACK',
          'Mosquitto, to delivery',
          'Mosquitto, to PUBACK',
        ],
        rows: latency.rows.map(
          (row) =>
            results[row] && [
              row,
              whole(results[row].rate),
              quantiles(results[row].glossa.delivery),
              quantiles(results[row].glossa.ack),
              quantiles(results[row].mosquitto?.delivery),
              quantiles(results[row].mosquitto?.ack),
            ],
        ),
      },
    ];
  },
};

async function timed(rate, seconds) {
  const gateway = await Gateway.start();
  try {
    await gateway.call('POST', '/api/schemas', BENCH_SCHEMA);
    return await measuredGateway(gateway, gateway.job(DEVICES), { ...LOAD, seconds: 2 * seconds, rate });
  } finally {
    await gateway.stop();
  }
}

async function timedRelay(rate, seconds, size) {
  const broker = await startMosquitto();
  if (!broker) return undefined;
  try {
    return await measured(broker.job(DEVICES, size, LOAD.qos), { ...LOAD, seconds: 2 * seconds, rate });
  } finally {
    await broker.stop();
  }
}

function worst(runs) {
  const most = (name) =>
    Object.fromEntries(
      Object.keys(runs[0][name]).map((key) => [key, Math.max(...runs.map((run) => run[name][key]))]),
    );
  return { ack: most('ack'), delivery: most('delivery') };
}
