import { BENCH_SCHEMA } from '../fleet.mjs';
import { bytesIn } from '../fill.mjs';
import { filledFolder } from '../filled.mjs';
import { measuredGateway, over } from '../measure.mjs';
import { ADMIN_TOKEN, Gateway, startLoad } from '../processes.mjs';
import { figure, mebibytes, whole } from '../text.mjs';

const IDLE_MS = 5000;
const CONNECTIONS = 10_000;
const DEVICES = 1000;

const ROWS = {
  idle: () => idle(),
  '10,000 connected devices': () => connected(),
  'under load, QoS 0': (settings) => underLoad(0, settings),
  'under load, QoS 1': (settings) => underLoad(1, settings),
};
const LIVE = 'after live load';
const YEAR = 'a year of a fleet';

/** Resident memory, and what an observation takes on the disk. */
export const memory = {
  name: 'memory',
  rows: [...Object.keys(ROWS), LIVE, YEAR],
  minutes: { quick: 1, full: 8 },

  async run({ quick, only, runs, seconds, rows: count = quick ? 1e6 : 5e7, report, say }) {
    for (const [label, measure] of Object.entries(ROWS).filter(([one]) => only(one))) {
      const found = [];
      for (let i = 0; i < runs; i++) found.push(await measure({ seconds }));
      report(label, {
        resident: over(found, 'resident'),
        complaints: found.flatMap(({ complaints = [] }) => complaints),
      });
    }
    if (only(LIVE)) report(LIVE, await disk(seconds));
    if (only(YEAR)) {
      const { rows, bytes } = await filledFolder(count, say);
      report(YEAR, { rows, bytes });
    }
  },

  tables: (results) => [
    {
      columns: ['Resident memory', 'median', 'most'],
      labels: Object.keys(ROWS),
      rows: Object.keys(ROWS).map(
        (row) =>
          results[row] && [
            row,
            mebibytes(results[row].resident.median),
            mebibytes(results[row].resident.most),
          ],
      ),
    },
    {
      columns: ['Disk, the service stopped', 'rows', 'size', 'bytes an observation'],
      labels: [LIVE, YEAR],
      rows: [LIVE, YEAR].map(
        (row) =>
          results[row] && [
            row,
            whole(results[row].rows),
            mebibytes(results[row].bytes),
            figure(results[row].bytes / results[row].rows),
          ],
      ),
    },
  ],
};

async function idle() {
  const gateway = await Gateway.start();
  try {
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    return { resident: gateway.memory().now };
  } finally {
    await gateway.stop();
  }
}

async function connected() {
  const gateway = await Gateway.start();
  try {
    const clients = startLoad({
      port: gateway.port,
      username: 'admin',
      password: ADMIN_TOKEN,
      connections: CONNECTIONS,
    });
    await clients.ready;
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    const { now } = gateway.memory();
    clients.stop();
    await clients.result;
    return { resident: now };
  } finally {
    await gateway.stop();
  }
}

async function underLoad(qos, { seconds }) {
  const gateway = await Gateway.start();
  try {
    await gateway.call('POST', '/api/schemas', BENCH_SCHEMA);
    const load = { qos, publishers: 20, subscribers: 1, seconds: 4 * seconds };
    const { memory, complaints } = await measuredGateway(gateway, gateway.job(DEVICES), load);
    return { resident: memory, complaints };
  } finally {
    await gateway.stop();
  }
}

/** What was written live, some seconds at full speed, after the service has stopped. */
async function disk(seconds) {
  const gateway = await Gateway.start();
  try {
    await gateway.call('POST', '/api/schemas', BENCH_SCHEMA);
    const load = { qos: 1, publishers: 20, subscribers: 1, seconds: 4 * seconds };
    const { complaints } = await measuredGateway(gateway, gateway.job(DEVICES), load);
    const rows = await gateway.rows();
    await gateway.stop({ keep: true });
    return { rows, bytes: bytesIn(gateway.directory), complaints };
  } finally {
    await gateway.stop();
  }
}
