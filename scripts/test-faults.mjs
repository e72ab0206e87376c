/**
 * npm run test:faults: set-up, then every fault of docs/faults.md. Files named *.fault.ts take long and run here
 * only; the specs beside them run in npm test, too.
 */
import './setup/node-version.mjs';

const { setUpOrExit } = await import('./setup.mjs');
const { runJest } = await import('./run-jest.mjs');

/** Faults whose tests stand with the flows. */
const FLOWS = ['crash', 'disk', 'files', 'state', 'stop'];
/** A spec whose fault does the same with more. */
const LESS = 'packets/fuzz';

await setUpOrExit();
await runJest([
  '--testMatch',
  '**/test/faults/**/*.{spec,fault}.ts',
  `**/test/flow/service-{${FLOWS.join(',')}}.spec.ts`,
  '--testPathIgnorePatterns',
  '/node_modules/',
  `/test/faults/${LESS}\\.spec\\.ts$`,
  '--testTimeout=300000',
  // A start that is refused leaves to the end of its process what it had begun.
  '--forceExit',
  ...process.argv.slice(2),
]);
