import { micro as steps } from '../micro.mjs';
import { over } from '../measure.mjs';
import { whole } from '../text.mjs';

const STEPS = ['gate', 'decode', 'map', 'check', 'serialise', 'store'];

/** Steps of the line, each alone on one thread. */
export const micro = {
  name: 'micro',
  rows: STEPS,
  minutes: { quick: 0.5, full: 1 },

  async run({ only, runs, report }) {
    const found = [];
    for (let i = 0; i < runs; i++) found.push(await steps());
    for (const name of STEPS.filter(only)) {
      const runsOfOne = found.map((list) => list.find((one) => one.name === name)).filter(Boolean);
      if (runsOfOne.length > 0)
        report(name, { message: over(runsOfOne, 'message'), value: over(runsOfOne, 'value') });
    }
  },

  tables: (results) => [
    {
      columns: ['Step, five values a message', 'ns a value', 'ns a message'],
      rows: STEPS.map(
        (row) => results[row] && [row, whole(results[row].value.median), whole(results[row].message.median)],
      ),
    },
  ],
};
