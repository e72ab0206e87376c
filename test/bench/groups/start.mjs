import { over } from '../measure.mjs';
import { startUp } from '../start.mjs';
import { mebibytes, range } from '../text.mjs';

const ROWS = [
  { label: '1 schema, 1 device', schemas: 1, devices: 1 },
  { label: '1,000 schemas, 10,000 devices', schemas: 1000, devices: 10_000 },
];

/** From the start of the process until it listens. */
export const start = {
  name: 'start',
  rows: ROWS.map(({ label }) => label),
  minutes: { quick: 0.3, full: 1 },

  async run({ only, runs, report }) {
    for (const { label, ...row } of ROWS.filter((one) => only(one.label))) {
      const found = [];
      for (let i = 0; i < runs; i++) found.push(await startUp(row));
      report(label, { ms: over(found, 'ms'), memory: over(found, 'memory') });
    }
  },

  tables: (results) => [
    {
      columns: ['Start with', 'ms until it listens', 'resident then'],
      rows: start.rows.map(
        (row) => results[row] && [row, range(results[row].ms), mebibytes(results[row].memory.median)],
      ),
    },
  ],
};
