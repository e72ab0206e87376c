/** npm test: set-up, then Jest with the given arguments. */
import './setup/node-version.mjs';

const { setUpOrExit } = await import('./setup.mjs');
const { runJest } = await import('./run-jest.mjs');

await setUpOrExit();
await runJest(process.argv.slice(2));
