import { fillControl } from '../fill.mjs';
import { filled } from '../filled.mjs';
import { BENCH_SCHEMA, rawMessages } from '../fleet.mjs';
import { measuredGateway, over } from '../measure.mjs';
import { Gateway } from '../processes.mjs';
import { scratch } from '../scratch.mjs';
import { figure, mebibytes, range, times, whole } from '../text.mjs';

const LOAD = { qos: 1, publishers: 20, subscribers: 1 };
const SIZES = [10, 1000, 10_000];
const SERIES = 5;

const KINDS = {
  /** Each of 10,000 devices sends by one of them: all are in use. */
  schemas: (count) => ({ folder: () => schemaFolder(count), messages: schemaMessages(count, 10_000) }),
  devices: (count) => ({ folder: scratch, messages: rawMessages(count) }),
  datastreams: (count) => ({ folder: scratch, messages: rawMessages(count / SERIES) }),
  'stored rows': (count) => ({ folder: () => filled(count), keep: true, messages: rawMessages(2000) }),
};
const ROWS = Object.keys(KINDS).flatMap((kind) =>
  (kind === 'stored rows' ? [1e6, 1e7, 5e7] : SIZES).map((count) => ({ kind, count })),
);
const label = ({ kind, count }) => `${whole(count)} ${kind}`;

/** What a message costs as the service grows: CPU time of the whole gateway a raw message, and messages/s. */
export const growth = {
  name: 'growth',
  rows: ROWS.map(label),
  minutes: { quick: 2, full: 25 },

  async run({ quick, only, runs, seconds, report, say }) {
    const wanted = ROWS.filter(({ kind }) => !quick || kind === 'schemas').filter((row) => only(label(row)));
    for (const row of wanted) {
      const { folder, messages, keep = false } = KINDS[row.kind](row.count);
      const found = [];
      for (let i = 0; i < runs; i++) {
        const gateway = await Gateway.start({}, await folder(say));
        try {
          if (row.kind !== 'schemas' && !keep) await gateway.call('POST', '/api/schemas', BENCH_SCHEMA);
          const job = { ...gateway.job(1), messages };
          found.push(await measuredGateway(gateway, job, { ...LOAD, seconds }));
        } finally {
          await gateway.stop({ keep });
        }
      }
      report(label(row), {
        micros: over(found, 'serverMicrosRaw'),
        raw: over(found, 'raw'),
        memory: over(found, 'memory'),
        complaints: found.flatMap(({ complaints }) => complaints),
      });
    }
  },

  tables: (results) =>
    Object.keys(KINDS).map((kind) => {
      const rows = ROWS.filter((row) => row.kind === kind).map(label);
      const first = results[rows[0]]?.micros.median;
      return {
        columns: [`QoS 1, by ${kind}`, 'CPU µs a message', 'to the first', 'raw messages/s', 'resident'],
        labels: rows,
        rows: rows.map(
          (row) =>
            results[row] && [
              row,
              figure(results[row].micros.median),
              times(results[row].micros.median / first),
              range(results[row].raw),
              mebibytes(results[row].memory.most),
            ],
        ),
      };
    }),
};

async function schemaFolder(count) {
  const directory = scratch();
  const schemas = Array.from({ length: count }, (_, i) => ({
    ...BENCH_SCHEMA,
    id: `bench-${i}`,
    topic: `site-${i}/{device}/state`,
  }));
  await fillControl(directory, { schemas, devices: 0 });
  return directory;
}

function schemaMessages(schemas, devices) {
  return rawMessages(devices).map((message) => ({
    ...message,
    topic: `site-${message.device % schemas}/device-${message.device}/state`,
  }));
}
