import { constants } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './setup.mjs';

/** Ctrl-C comes from the terminal and, within moments, again from npm, which passes it on. */
const ECHO_MS = 1000;

/** Runs a program of this repository in this process, so that signals, streams and the exit code are its own. */
export async function runHere(file) {
  const path = join(ROOT, file);
  process.argv[1] = path;
  for (const signal of ['SIGINT', 'SIGTERM']) heedOnce(signal);
  await import(pathToFileURL(path).href);
}

/**
 * Keeps the echo of a signal from killing a program that is stopping in good order. A program that has no listener for
 * the signal ends at once; so does one that is told a second time.
 */
function heedOnce(signal) {
  let heeded;
  process.on(signal, () => {
    if (heeded === undefined && process.listenerCount(signal) > 1) heeded = performance.now();
    else if (heeded === undefined || performance.now() - heeded > ECHO_MS) {
      process.exit(128 + constants.signals[signal]);
    }
  });
}
