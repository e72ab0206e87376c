import { BENCH_SCHEMA } from '../fleet.mjs';
import { metricsOf } from '../metrics.mjs';
import { ADMIN_TOKEN, Gateway, startLoad } from '../processes.mjs';
import { figure, mebibytes, whole } from '../text.mjs';
import { trend } from '../trend.mjs';
import { glossaRun } from './throughput.mjs';

const LOAD = { qos: 1, publishers: 20, subscribers: 1 };
const DEVICES = 1000;
const SAMPLE_MS = 10_000;
/** Of the throughput, if no rate is asked for. */
const SHARE = 0.5;
/** What is flat: memory that would grow by no more than this share of itself in an hour. */
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
        rate: sent / elapsed,
        ack,
        delivery,
        resident: trend(samples.map(({ minute, resident }) => [minute, resident])),
        heap: trend(samples.map(({ minute, heap }) => [minute, heap])),
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
          'resident at the end',
          'its slope in the second half, an hour',
          'flat',
          'heap: its slope',
          'event loop late at most (p99 of 10 s)',
          'PUBACK p99, p99.9',
        ],
        rows: [
          found && [
            ROW,
            String(found.minutes),
            whole(found.rate),
            mebibytes(found.resident.last),
            mebibytes(found.resident.slope),
            flat(found.resident) ? 'yes' : 'NO',
            mebibytes(found.heap.slope),
            `${figure(found.late)} ms`,
            `${figure(found.ack.p99)} ms, ${figure(found.ack.p999)} ms`,
          ],
        ],
      },
    ];
  },
};

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

function flat({ slope, mean }) {
  return slope <= FLAT * mean;
}
