import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './setup.mjs';

/** Runs a program of this repository in this process, so that signals, streams and the exit code are its own. */
export async function runHere(file) {
  const path = join(ROOT, file);
  process.argv[1] = path;
  await import(pathToFileURL(path).href);
}
