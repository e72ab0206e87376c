import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What npm or a compiler says -> what is the matter and the way out. The first that fits is told. */
const ADVICE = [
  [/ENOSPC|no space left/i, () => 'The disk is full: free about 1 GB and run the command again.'],
  [
    /\bEACCES\b|\bEPERM\b|\bEROFS\b/,
    () => 'npm may not write here: check who owns this folder, node_modules and npm’s cache.',
  ],
  [/\bEUSAGE\b|in sync/, () => 'package.json and package-lock.json disagree: run "npm install" once.'],
  [/gyp ERR|node-gyp|prebuild-install|better.sqlite3/i, compilerAdvice],
  [
    /ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH|network/i,
    () =>
      'The npm registry cannot be reached: check the connection, and behind a proxy "npm config set proxy" and ' +
      '"npm config set registry". Then run the command again.',
  ],
];

export function installAdvice(output) {
  const found = ADVICE.find(([pattern]) => pattern.test(output));
  return found ? found[1](output) : 'Run the command again; "npm ci" shows everything that npm says.';
}

/** better-sqlite3 takes a prebuilt binary where it can fetch one, and else compiles. */
function compilerAdvice(output) {
  const missing = [
    ['python3', ['python3', 'python']],
    ['make', ['make', 'gmake']],
    ['g++', [process.env.CXX, 'g++', 'c++', 'clang++']],
  ]
    .filter(([, programs]) => !programs.some((program) => program && isOnPath(program)))
    .map(([name]) => name);
  const start = 'better-sqlite3 found no prebuilt binary for this system, and compiling it failed';
  if (missing.length > 0) {
    return (
      `${start}: ${missing.join(', ')} ${missing.length > 1 ? 'are' : 'is'} missing.\n` +
      'Debian and Ubuntu: apt-get install python3 make g++. Alpine: apk add python3 make g++. macOS: xcode-select --install.\n' +
      'Then run the command again.'
    );
  }
  if (/headers|nodejs\.org|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED/.test(output)) {
    return (
      `${start}: the headers of Node.js could not be fetched.\n` +
      'Check the connection or the proxy, or name a folder that has them: npm config set nodedir <folder with include/node>.'
    );
  }
  return `${start}; the compiler's words are above.`;
}

function isOnPath(program) {
  if (program.includes('/')) return existsSync(program);
  const names =
    process.platform === 'win32' ? [`${program}.exe`, `${program}.cmd`, `${program}.bat`] : [program];
  return (process.env.PATH ?? '')
    .split(delimiter)
    .some((folder) => names.some((name) => existsSync(join(folder, name))));
}
