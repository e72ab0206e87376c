import { execFileSync } from 'node:child_process';

/** Worker threads run compiled files, so the tests see the same build that users start. */
export default function build() {
  if (process.env.GLOSSA_TEST_NO_BUILD) return;
  execFileSync('npx', ['--no-install', 'nest', 'build'], { stdio: ['ignore', 'ignore', 'inherit'] });
}
