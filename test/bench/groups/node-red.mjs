import { measured, over } from '../measure.mjs';
import { startNodeRed } from '../node-red.mjs';
import { figure, mebibytes, range, times } from '../text.mjs';
import { glossaRun } from './throughput.mjs';

const DEVICES = 1000;

const label = (qos) => `QoS ${qos}, 20 publishers, 1 subscriber`;

/** Beside Node-RED with its own nodes, when a folder is named in which it is installed. */
export const nodeRed = {
  name: 'node-red',
  rows: [0, 1].map(label),
  minutes: { quick: 1, full: 4 },

  async run({ only, runs, seconds, nodeRed: folder, report, say }) {
    if (folder === undefined) return say('  left out: --node-red DIR names the folder of its installation');
    for (const qos of [0, 1].filter((one) => only(label(one)))) {
      const load = { qos, publishers: 20, subscribers: 1, seconds };
      const ours = [];
      const theirs = [];
      for (let i = 0; i < runs; i++) {
        ours.push(await glossaRun(load));
        theirs.push(await nodeRedRun(folder, load));
      }
      report(label(qos), {
        version: theirs[0].version,
        glossa: over(ours, 'deliveries'),
        nodeRed: over(theirs, 'deliveries'),
        micros: { glossa: over(ours, 'serverMicros'), nodeRed: over(theirs, 'serverMicros') },
        memory: { glossa: over(ours, 'memory'), nodeRed: over(theirs, 'memory') },
        complaints: [...ours, ...theirs].flatMap(({ complaints }) => complaints),
      });
    }
  },

  tables: (results) => [
    {
      columns: [
        'Semantic deliveries/s: median (least - most)',
        'Glossa',
        'Node-RED',
        'ratio',
        'CPU µs a delivery: Glossa',
        'Node-RED and its broker',
        'resident: Glossa',
        'Node-RED',
      ],
      rows: nodeRed.rows.map(
        (row) =>
          results[row] && [
            row,
            range(results[row].glossa),
            range(results[row].nodeRed),
            times(results[row].glossa.median / results[row].nodeRed.median),
            figure(results[row].micros.glossa.median),
            figure(results[row].micros.nodeRed.median),
            mebibytes(results[row].memory.glossa.most),
            mebibytes(results[row].memory.nodeRed.most),
          ],
      ),
    },
  ],
};

async function nodeRedRun(folder, options) {
  const server = await startNodeRed(folder, options.qos);
  try {
    const result = await measured(server.job(DEVICES), options);
    const expected = (result.sent + result.warmUp.sent) * result.observations;
    const rows = server.rows();
    if (rows !== expected) result.complaints.push(`Node-RED: ${rows} of ${expected} rows`);
    return { ...result, version: server.version, memory: server.memory().peak };
  } finally {
    await server.stop();
  }
}
