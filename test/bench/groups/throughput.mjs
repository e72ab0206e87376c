import { BENCH_SCHEMA } from '../fleet.mjs';
import { measured, measuredGateway, over } from '../measure.mjs';
import { Gateway } from '../processes.mjs';
import { startAedes, startMosquitto } from '../references.mjs';
import { figure, percent, range, times, whole } from '../text.mjs';

const DEVICES = 1000;

const ALL = [0, 1, 2].flatMap((qos) =>
  [1, 20, 1000].flatMap((publishers) => [1, 10].map((subscribers) => ({ qos, publishers, subscribers }))),
);
const QUICK = ALL.filter(
  ({ qos, publishers, subscribers }) => qos < 2 && publishers === 20 && subscribers === 1,
);

const label = ({ qos, publishers, subscribers }) =>
  `QoS ${qos}, ${whole(publishers)} ${publishers === 1 ? 'publisher' : 'publishers'}, ${subscribers} ${subscribers === 1 ? 'subscriber' : 'subscribers'}`;

/** Five observations a raw message, all stored and republished, beside brokers that relay as many as long. */
export const throughput = {
  name: 'throughput',
  rows: ALL.map(label),
  minutes: { quick: 1.5, full: 35 },

  /** Systems take turns in each run, so that what disturbs the machine disturbs all of them. */
  async run({ quick, only, runs, seconds, report }) {
    for (const row of (quick ? QUICK : ALL).filter((one) => only(label(one)))) {
      const found = { glossa: [], aedes: [], mosquitto: [] };
      for (let i = 0; i < runs; i++) {
        const glossa = await glossaRun({ ...row, seconds });
        found.glossa.push(glossa);
        for (const [name, start] of [
          ['aedes', startAedes],
          ['mosquitto', startMosquitto],
        ]) {
          const run = await relayRun(start, { ...row, seconds, size: glossa.size });
          if (run) found[name].push(run);
        }
      }
      report(label(row), {
        ...Object.fromEntries(
          Object.entries(found)
            .filter(([, list]) => list.length > 0)
            .map(([name, list]) => [name, summary(list)]),
        ),
        complaints: Object.entries(found).flatMap(([name, list]) =>
          list.flatMap(({ complaints }) => complaints.map((text) => `${name}: ${text}`)),
        ),
      });
    }
  },

  tables(results) {
    const cells = (row, render) => (results[row] ? [row, ...render(results[row])] : undefined);
    const systems = ['glossa', 'aedes', 'mosquitto'];
    return [
      {
        columns: [
          'Semantic deliveries/s: median (least - most)',
          'raw messages/s',
          'Glossa',
          'plain aedes',
          'Mosquitto',
          'to aedes',
          'to Mosquitto',
        ],
        rows: throughput.rows.map((row) =>
          cells(row, ({ glossa, aedes, mosquitto }) => [
            whole(glossa.raw.median),
            range(glossa.deliveries),
            range(aedes.deliveries),
            mosquitto ? range(mosquitto.deliveries) : '-',
            times(glossa.deliveries.median / aedes.deliveries.median),
            times(glossa.deliveries.median / mosquitto?.deliveries.median),
          ]),
        ),
      },
      {
        columns: [
          'CPU: server µs a delivery and share of a core; load µs, share',
          'Glossa',
          'its load',
          'plain aedes',
          'its load',
          'Mosquitto',
          'its load',
          'Glossa resident',
        ],
        rows: throughput.rows.map((row) =>
          cells(row, (found) => [
            ...systems.flatMap((name) => {
              const one = found[name];
              if (!one) return ['-', '-'];
              return [
                `${figure(one.serverMicros.median)} µs, ${percent(one.serverShare.median)}`,
                `${figure(one.loadMicros.median)} µs, ${percent(one.loadShare.median)}`,
              ];
            }),
            `${whole(found.glossa.memory.most / 2 ** 20)} MiB`,
          ]),
        ),
      },
    ];
  },
};

function summary(runs) {
  const names = ['raw', 'deliveries', 'serverMicros', 'loadMicros', 'serverShare', 'loadShare'];
  if (runs[0].memory !== undefined) names.push('memory');
  return Object.fromEntries(names.map((name) => [name, over(runs, name)]));
}

/** One run of a gateway on a new folder. */
export async function glossaRun({ devices = DEVICES, ...options }) {
  const gateway = await Gateway.start();
  try {
    await gateway.call('POST', '/api/schemas', BENCH_SCHEMA);
    return await measuredGateway(gateway, gateway.job(devices), options);
  } finally {
    await gateway.stop();
  }
}

/** One run of a broker that relays messages of a size; undefined where it is not installed. */
export async function relayRun(start, { size, qos, ...options }) {
  const broker = await start();
  if (!broker) return undefined;
  try {
    return await measured(broker.job(DEVICES, size, qos), { qos, ...options });
  } finally {
    await broker.stop();
  }
}
