/** npm run demo: set-up, then the gateway on a throw-away folder with a simulated fleet. */
import './setup/node-version.mjs';

const { setUpOrExit } = await import('./setup.mjs');
const { runHere } = await import('./run-here.mjs');

await setUpOrExit();
await runHere('dist/apps/simulator/src/demo.js');
