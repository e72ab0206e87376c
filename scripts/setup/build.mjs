import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { filesOf, fingerprint } from './fingerprint.mjs';
import { CommandFailed, runQuietly } from './run-quietly.mjs';
import { SetupError } from './setup-error.mjs';

const SOURCES = ['apps', 'libs'];
const SETTINGS = ['tsconfig.json', '.swcrc', 'nest-cli.json', 'package.json', 'package-lock.json'];
const COMPILER = 'node_modules/@nestjs/cli/bin/nest.js';

const isSpec = (file) => file.endsWith('.spec.ts');
const isCompiled = (file) => file.endsWith('.ts') && !file.endsWith('.d.ts') && !isSpec(file);

/** Step: dist/ from apps/ and libs/. The compiler empties the folder first, so the stamp in it goes with it. */
export function build(root) {
  return {
    title: 'Building',
    stamp: join(root, 'dist/.glossa-setup'),
    fingerprint: () => fingerprint(root, [...SOURCES, ...SETTINGS], { except: isSpec }),
    isWhole: () =>
      filesOf(root, SOURCES)
        .filter(isCompiled)
        .every((file) => existsSync(join(root, 'dist', file.replace(/\.ts$/, '.js')))),
    run: () => compile(root),
  };
}

async function compile(root) {
  try {
    // The compiler's own stack says nothing about the source.
    await runQuietly([COMPILER, 'build'], { cwd: root, env: { ...process.env, RUST_BACKTRACE: '0' } });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    throw new SetupError('the sources do not compile.', { cause: error });
  }
}
