import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** npm's own program: the one that runs this script, else the one that came with this Node.js. */
export function npmProgram() {
  const running = process.env.npm_execpath;
  if (running && basename(running) === 'npm-cli.js' && existsSync(running)) return running;
  const bin = dirname(process.execPath);
  const places = ['../lib/node_modules', '../share/nodejs', 'node_modules', '../share'];
  const found = [
    ...places.map((place) => resolve(bin, place, 'npm/bin/npm-cli.js')),
    ...(process.env.PATH ?? '')
      .split(process.platform === 'win32' ? ';' : ':')
      .flatMap((folder) => [
        resolve(folder, '../lib/node_modules/npm/bin/npm-cli.js'),
        join(folder, 'node_modules/npm/bin/npm-cli.js'),
      ]),
  ].find((file) => existsSync(file));
  return found;
}
