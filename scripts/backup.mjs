/**
 * npm run backup -- <file> [--force]: asks the running gateway for a consistent copy of everything and writes it as a
 * .tar.gz. The settings are those of the gateway; the file appears under its name only when it is complete.
 */
import './setup/node-version.mjs';
import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

const { BackupError } = await import('./backup/backup-error.mjs');
const { readGateway } = await import('./backup/gateway.mjs');
const { requestCopy } = await import('./backup/request-copy.mjs');
const { writeWhole } = await import('./backup/write-whole.mjs');

const USAGE = 'Usage: npm run backup -- <file.tar.gz> [--force]';

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BackupError)) throw error;
  process.stderr.write(`No backup was made: ${error.message}\n`);
  process.exitCode = 1;
}

async function main(args) {
  const options = args.filter((arg) => arg.startsWith('-'));
  const files = args.filter((arg) => !arg.startsWith('-'));
  if (options.some((option) => option === '--help' || option === '-h'))
    return void process.stdout.write(`${USAGE}\n`);
  if (files.length !== 1 || options.some((option) => option !== '--force')) throw new BackupError(USAGE);
  const target = resolve(folderOfCommand(), files[0]);
  checkTarget(target, options.includes('--force'));
  const bytes = await writeWhole(target, await requestCopy(readGateway()));
  process.stdout.write(`Wrote ${target}, ${size(bytes)}.\n`);
}

/** npm runs scripts in the package's folder and remembers where it was called. */
function folderOfCommand() {
  return (process.env.npm_lifecycle_event === 'backup' && process.env.INIT_CWD) || process.cwd();
}

function checkTarget(target, force) {
  if (!existsSync(dirname(target))) throw new BackupError(`there is no folder ${dirname(target)}.`);
  const stats = statSync(target, { throwIfNoEntry: false });
  if (stats?.isDirectory()) throw new BackupError(`${target} is a folder; name a file in it.`);
  if (stats && !force)
    throw new BackupError(`${target} exists. Name another file, or add --force to replace it.`);
}

function size(bytes) {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let step = 0;
  for (; bytes >= 1024 && step < units.length - 1; step++) bytes /= 1024;
  return `${step === 0 ? bytes : bytes.toFixed(1)} ${units[step]}`;
}
