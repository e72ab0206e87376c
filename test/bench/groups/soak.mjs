import { BENCH_SCHEMA } from '../fleet.mjs';
import { metricsOf } from '../metrics.mjs';
import { ADMIN_TOKEN, Gateway, startLoad } from '../processes.mjs';
import { figure, mebibytes, whole } from '../text.mjs';
import { troughs } from '../troughs.mjs';
import { glossaRun } from './throughput.mjs';

const LOAD = { qos: 1, publishers: 20, subscribers: 1 };
const DEVICES = 1000;
const SAMPLE_MS = 10_000;
/** Of the throughput, if no rate is asked for. */
const SHARE = 0.5;
/** What is flat: memory whose least would grow by no more than this share of itself in an hour. */
const FLAT = 0.05;
const ROW = 'at a fixed rate';

/** Hours of load: does memory grow, does the event loop stand still. Asked for by name. */
export const soak = {
  name: 'soak',
  rows: [ROW],
  minutes: { quick: 60, full: 60 },

  async run({ minutes, seconds, rate: asked, report, say }) {
    const rate = asked ?? Math.round((await glossaRun({ ...LOAD, seconds })).raw * SHARE);
    const gateway = await Gateway.start();
    try {
      await gateway.call('POST', '/api/schemas', BENCH_SCHEMA);
      const ingest = startLoad({ ...gateway.job(DEVICES), ...LOAD, rate, seconds: minutes * 60 });
      let over = false;
      const result = ingest.result.finally(() => (over = true));
      // Told below; a load that fails in the meantime must not end the process.
      result.catch(() => undefined);
      const samples = [];
      const began = performance.now();
      while (!over) {
        await Promise.race([
          new Promise((resolve) => setTimeout(resolve, SAMPLE_MS)),
          result.catch(() => undefined),
        ]);
        if (!over) samples.push(await sample(gateway, began, say));
      }
      const { sent, elapsed, ack, delivery, received, expected } = await result;
      const ledger = await gateway.ledger(sent);
      const rows = await gateway.rows();
      report(ROW, {
        minutes,
        runs: 1,
        seconds: minutes * 60,
        rate: sent / elapsed,
        ack,
        delivery,
        late: Math.max(...samples.map(({ late }) => late)),
        samples,
        complaints: [
          received === expected ? '' : `received ${received} of ${expected}`,
          rows === ledger.values.stored ? '' : `${rows} rows, the ledger says ${ledger.values.stored}`,
        ].filter(Boolean),
      });
    } finally {
      await gateway.stop();
    }
  },

  tables: (results) => {
    const found = results[ROW];
    return [
      {
        columns: [
          'Load for a long time',
          'minutes',
          'raw messages/s',
          'resident: least in each third',
          'growth an hour',
          'flat',
          'heap: least in each third',
          'event loop late at most (p99 of 10 s)',
          'PUBACK p99, p99.9',
        ],
        rows: [found && row(found)],
      },
    ];
  },
};

function row({ minutes, rate, samples, late, ack }) {
  const of = (name) =>
    troughs(
      samples.map((one) => [one.minute, one[name]]),
      minutes,
    );
  const resident = of('resident');
  return [
    ROW,
    String(minutes),
    whole(rate),
    resident.least.map(mebibytes).join(', '),
    mebibytes(resident.growth),
    resident.growth <= FLAT * resident.least[1] ? 'yes' : 'NO',
    of('heap').least.map(mebibytes).join(', '),
    `${figure(late)} ms`,
    `${figure(ack.p99)} ms, ${figure(ack.p999)} ms`,
  ];
}

async function sample(gateway, began, say) {
  const metrics = await metricsOf(gateway.url, ADMIN_TOKEN);
  const found = {
    minute: (performance.now() - began) / 60_000,
    resident: gateway.memory().now,
    heap: metrics.get('nodejs_heap_size_used_bytes'),
    late: metrics.get('nodejs_eventloop_lag_p99_seconds') * 1000,
  };
  say(
    `  ${found.minute.toFixed(1)} min: resident ${mebibytes(found.resident)}, heap ${mebibytes(found.heap)}, event loop late ${figure(found.late)} ms`,
  );
  return found;
}
