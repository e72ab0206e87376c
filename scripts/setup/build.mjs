import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { filesOf, fingerprint } from './fingerprint.mjs';
import { CommandFailed, runQuietly } from './run-quietly.mjs';
import { SetupError } from './setup-error.mjs';

const SOURCES = ['apps', 'libs'];
const SETTINGS = ['tsconfig.json', '.swcrc', 'package.json', 'package-lock.json'];
/** SWC's own command: it is what "nest build" calls, and needs neither a second more nor a newer Node.js. */
const COMPILER = 'node_modules/@swc/cli/bin/swc.js';

const isSpec = (file) => file.endsWith('.spec.ts');
const isCompiled = (file) => file.endsWith('.ts') && !file.endsWith('.d.ts') && !isSpec(file);

/** Step: dist/ from apps/ and libs/. */
export function build(root) {
  return {
    title: 'Building',
    stamp: join(root, 'dist/.glossa-setup'),
    fingerprint: () => fingerprint(root, [...SOURCES, ...SETTINGS], { except: isSpec }),
    isWhole: () =>
      filesOf(root, SOURCES)
        .filter(isCompiled)
        .every((file) => existsSync(join(root, 'dist', file.replace(/\.ts$/, '.js')))),
    run: async () => {
      // As deep as dist/, since source maps name the sources from where they are written.
      const [staged, replaced] = ['.glossa-build', '.glossa-replaced'].map((name) => join(root, name));
      for (const folder of [staged, replaced]) rmSync(folder, { recursive: true, force: true });
      try {
        await compile(root, staged);
        replace(join(root, 'dist'), staged, replaced);
      } finally {
        for (const folder of [staged, replaced]) rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

async function compile(root, target) {
  try {
    await runQuietly([COMPILER, ...SOURCES, '--out-dir', target, '--ignore', '**/*.spec.ts'], {
      cwd: root,
      // The compiler's own stack says nothing about the source.
      env: { ...process.env, RUST_BACKTRACE: '0' },
    });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    throw new SetupError('the sources do not compile.', { cause: error });
  }
}

/** At a stroke: a gateway or tests that run meanwhile start their threads from these files. */
function replace(folder, staged, replaced) {
  if (existsSync(folder)) renameSync(folder, replaced);
  renameSync(staged, folder);
}
