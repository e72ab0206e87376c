import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
// Jest loads it itself, so it is no package of ours.
const { default: Sequencer } = require(
  require.resolve('@jest/test-sequencer', { paths: [require.resolve('jest')] }),
);

/** What takes longest, in its order; the rest comes beside and after it. */
const LONGEST = [
  'packets/fuzz.fault',
  'http/flood.fault',
  'kill.fault',
  'storms/storms.fault',
  'store-hangs.fault',
];

/** Jest begins with the largest files, of which these are the smallest: one core would wait for them at the end. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    const place = ({ path }) => {
      const at = LONGEST.findIndex((name) => path.endsWith(`/${name}.ts`));
      return at < 0 ? LONGEST.length : at;
    };
    return [...super.sort(tests)].sort((a, b) => place(a) - place(b));
  }
}
