import { measuredQuery, pagesOf } from '../query.mjs';
import { DEVICES, filledFolder } from '../filled.mjs';
import { YEAR } from '../fill.mjs';
import { rawMessages } from '../fleet.mjs';
import { over } from '../measure.mjs';
import { Gateway, startLoad } from '../processes.mjs';
import { figure, range, whole } from '../text.mjs';

const RATE = 5000;
const LOAD = { qos: 1, publishers: 20, subscribers: 1, rate: RATE };
/** The load ends when the queries have; this is for a store that never answers. */
const LONGEST_S = 3600;
const MINUTE_MICROS = 60_000_000;

const time = (micros) => encodeURIComponent(new Date(micros / 1000).toISOString());

const QUERIES = {
  'latest of 10,000 datastreams': { path: () => '/api/observations/latest?limit=10000', goal: 100 },
  'one day of one datastream': {
    path: ({ from }) => {
      const start = from + 180 * 1440 * MINUTE_MICROS;
      const day = `from=${time(start)}&to=${time(start + 1440 * MINUTE_MICROS)}`;
      return `/api/observations?datastream=device-0/temperature&${day}&limit=10000`;
    },
    goal: 10,
  },
  'hourly aggregate of a year of one datastream': {
    path: ({ from }) =>
      `/api/observations/aggregate?datastream=device-1/humidity&interval=PT1H&from=${time(from)}&to=${time(from + YEAR * MINUTE_MICROS)}`,
    goal: 150,
  },
};
const EXPORTS = {
  'export as CSV': 'text/csv',
  'export as N-Quads': 'application/n-quads',
  'export as JSON-LD': 'application/ld+json',
};
const ACK = 'PUBACK meanwhile';

/** Queries of a full store while messages arrive. */
export const queries = {
  name: 'queries',
  rows: [...Object.keys(QUERIES), ...Object.keys(EXPORTS), ACK],
  minutes: { quick: 2, full: 20 },

  async run({ quick, only, runs, rows: count = quick ? 1e6 : 5e7, report, say }) {
    const folder = await filledFolder(count, say);
    const exported = Math.min(1e6, count / 10);
    const gateway = await Gateway.start({}, folder.directory);
    const shared = { stored: folder.rows, rate: RATE };
    try {
      const ingest = startLoad({
        ...gateway.job(1),
        messages: rawMessages(DEVICES),
        ...LOAD,
        seconds: LONGEST_S,
      });
      const ended = ingest.result.catch((error) => error);
      for (const [label, { path, goal }] of Object.entries(QUERIES).filter(([one]) => only(one))) {
        const found = [];
        for (let i = 0; i < Math.max(3, runs * 7); i++)
          found.push(await measuredQuery(gateway, path(folder)));
        report(label, { ...shared, ms: over(found, 'ms'), bytes: found[0].bytes, goal });
      }
      for (const [label, type] of Object.entries(EXPORTS).filter(([one]) => only(one))) {
        const found = [];
        for (let i = 0; i < runs; i++)
          found.push(await pagesOf(gateway, '/api/observations?order=asc&limit=10000', type, exported));
        report(label, { ...shared, rate: RATE, exported, perSecond: over(found, 'perSecond') });
      }
      ingest.stop();
      const result = await ended;
      if (result instanceof Error) throw result;
      const complaints =
        result.received === result.expected ? [] : [`received ${result.received} of ${result.expected}`];
      const achieved = result.sent / result.elapsed;
      if (only(ACK))
        report(ACK, { ...shared, ack: result.ack, delivery: result.delivery, achieved, complaints });
    } finally {
      await gateway.stop({ keep: true });
    }
  },

  tables(results) {
    const measured = Object.values(results)[0];
    const beside = measured
      ? `${whole(measured.stored)} rows, ${whole(measured.rate)} raw messages/s meanwhile`
      : '';
    const ack = results[ACK];
    return [
      {
        columns: [beside, 'ms: median (least - most)'],
        labels: Object.keys(QUERIES),
        rows: Object.keys(QUERIES).map((row) => results[row] && [row, range(results[row].ms, figure)]),
      },
      {
        columns: [`Pages of 10,000 rows by cursor`, 'rows exported', 'rows/s: median (least - most)'],
        labels: Object.keys(EXPORTS),
        rows: Object.keys(EXPORTS).map(
          (row) => results[row] && [row, whole(results[row].exported), range(results[row].perSecond)],
        ),
      },
      {
        columns: ['Ingest during these queries', 'raw messages/s', 'ms: p50', 'p99', 'p99.9'],
        labels: [ACK],
        rows: [
          ack && [ACK, whole(ack.achieved), ...['p50', 'p99', 'p999'].map((name) => figure(ack.ack[name]))],
        ],
      },
    ];
  },
};
