/** npm run bench: set-up, then the benchmarks. */
import './setup/node-version.mjs';

const { setUpOrExit } = await import('./setup.mjs');
const { runHere } = await import('./run-here.mjs');

await setUpOrExit();
await runHere('test/bench/run.mjs');
