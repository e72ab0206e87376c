/**
 * Makes everything that a fresh clone lacks: packages, the database client, the build. Does nothing when nothing is
 * due. `node scripts/setup.mjs` does it alone; every npm script does it first.
 */
import './setup/node-version.mjs';
import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const { build } = await import('./setup/build.mjs');
const { databaseClient } = await import('./setup/database-client.mjs');
const { packages } = await import('./setup/packages.mjs');
const { runSteps } = await import('./setup/steps.mjs');

const TAIL_LINES = 30;

export const ROOT = resolve(fileURLToPath(new URL('..', import.meta.url)));

/**
 * @param mayInstall false where a program that runs out of node_modules asks: it cannot be replaced beneath itself
 * @throws what hindered a step
 */
export async function setUp({ mayInstall = true } = {}) {
  await runSteps([packages(ROOT, { mayInstall }), databaseClient(ROOT), build(ROOT)], {
    lock: join(ROOT, '.glossa-setup'),
  });
}

/** Set-up for a command: when it fails, the process ends with the reason. */
export async function setUpOrExit() {
  try {
    await setUp();
  } catch (error) {
    process.stderr.write(describeFailure(error));
    process.exit(1);
  }
}

/** The tail of what was said, then the reason and the way out, last, where the eye is. */
export function describeFailure(error) {
  const output = error.output ?? error.cause?.output ?? '';
  const tail = output.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  const reason = error.name === 'SetupError' || error.output !== undefined ? error.message : error.stack;
  return `${tail === '' ? '' : `\n${tail}\n`}\nSet-up failed: ${reason}\n`;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await setUpOrExit();
