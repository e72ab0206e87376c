import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
// Jest loads it itself, so it is no package of ours.
const { default: Sequencer } = require(
  require.resolve('@jest/test-sequencer', { paths: [require.resolve('jest')] }),
);

/** What takes longest, of the faults and of the specs, in its order; the rest comes beside and after it. */
const LONGEST = [
  'http/flood.fault',
  'kill.fault',
  'packets/fuzz.fault',
  'damage.fault',
  'sessions.fault',
  'packets/resend.fault',
  'store-hangs.fault',
  'pressure.fault',
  'store-threads.fault',
  'storms/storms.fault',
  'sqlite/sqlite-observation-store.spec',
  'flow/service-crash.spec',
  'flow/service-start.spec',
  'flow/service-upstream.spec',
  'flow/mqtt-slow-subscriber.spec',
  'flow/service-health.spec',
  'contract/observation-store-merged.spec',
  'flow/rest-aggregate-pages.spec',
  'contract/observation-store-sqlite-reads.spec',
  'contract/observation-store-sqlite-writes.spec',
  'expressions/expression-worker.spec',
];

/** Jest begins with the largest files, of which these are not all: a core would wait for the last of them alone. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    const place = ({ path }) => {
      const at = LONGEST.findIndex((name) => path.endsWith(`/${name}.ts`));
      return at < 0 ? LONGEST.length : at;
    };
    return [...super.sort(tests)].sort((a, b) => place(a) - place(b));
  }
}
