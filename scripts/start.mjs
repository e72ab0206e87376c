/** npm start: set-up, then the gateway. */
import './setup/node-version.mjs';

const { setUpOrExit } = await import('./setup.mjs');
const { runHere } = await import('./run-here.mjs');

await setUpOrExit();
await runHere('dist/apps/gateway/src/main.js');
