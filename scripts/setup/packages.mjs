import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint } from './fingerprint.mjs';
import { installAdvice } from './install-advice.mjs';
import { npmProgram } from './npm.mjs';
import { CommandFailed, runQuietly } from './run-quietly.mjs';
import { SetupError } from './setup-error.mjs';

/** The one package that is compiled for a version of Node.js. */
const NATIVE = 'node_modules/better-sqlite3/build/Release/better_sqlite3.node';
const OPEN_A_DATABASE = "new (require('better-sqlite3'))(':memory:').close()";

/**
 * Development packages too, whatever NODE_ENV says: the same folder serves start and test. Some packages declare a
 * newer Node.js than they need here; the warnings about that help nobody.
 */
const NPM_CI = [
  'ci',
  '--include=dev',
  '--include=optional',
  '--engine-strict=false',
  '--no-audit',
  '--no-fund',
  '--no-progress',
  '--loglevel=error',
];

/** Step: node_modules as package-lock.json says, for this Node.js and this system. */
export function packages(root, { mayInstall }) {
  return {
    title: 'Installing packages (about two minutes the first time)',
    stamp: join(root, 'node_modules/.glossa-setup'),
    fingerprint: () =>
      fingerprint(root, ['package-lock.json'], {
        salt: `${process.platform} ${process.arch} ${process.versions.modules}`,
      }),
    isWhole: () => existsSync(join(root, NATIVE)),
    adopt: async () => {
      if (isInstalled(root) && (await opensDatabases(root))) return true;
      if (mayInstall) return false;
      throw new SetupError('node_modules is not what package-lock.json says. Run "npm run setup" first.');
    },
    run: () => install(root),
  };
}

async function install(root) {
  const npm = npmProgram();
  if (!npm)
    throw new SetupError('npm was not found. It comes with Node.js: install both from https://nodejs.org.');
  await npmQuietly(root, [npm, ...NPM_CI]);
  if (await opensDatabases(root)) return;
  // npm may be told to run no install scripts; this one is needed.
  await npmQuietly(root, [
    npm,
    'rebuild',
    'better-sqlite3',
    '--ignore-scripts=false',
    '--foreground-scripts',
  ]);
  if (!(await opensDatabases(root))) {
    throw new SetupError(`better-sqlite3 is installed and cannot be loaded by Node.js ${process.version}.`);
  }
}

async function npmQuietly(root, args) {
  try {
    await runQuietly(args, { cwd: root });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    throw new SetupError(installAdvice(error.output), { cause: error });
  }
}

async function opensDatabases(root) {
  try {
    await runQuietly(['-e', OPEN_A_DATABASE], { cwd: root });
    return true;
  } catch {
    return false;
  }
}

/** Whether somebody's own "npm ci" or "npm install" put there what package-lock.json says. */
function isInstalled(root) {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const present = readPackages(join(root, 'node_modules/.package-lock.json'));
  if (!wanted || !present) return false;
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '') return true;
    const found = present[path];
    return found ? found.version === version : optional === true;
  });
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
