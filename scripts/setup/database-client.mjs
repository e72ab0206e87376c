import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint } from './fingerprint.mjs';
import { runQuietly } from './run-quietly.mjs';

const GENERATOR = 'scripts/prisma-generate.mjs';
const RESULT = 'libs/storage/src/control/generated/client.ts';

/** Step: the database client of the control plane, from prisma/schema.prisma. */
export function databaseClient(root) {
  return {
    title: 'Generating the database client',
    stamp: join(root, 'node_modules/.glossa-client'),
    fingerprint: () =>
      fingerprint(root, ['prisma/schema.prisma', 'prisma.config.ts', GENERATOR, 'package-lock.json']),
    isWhole: () => existsSync(join(root, RESULT)),
    run: () => runQuietly([GENERATOR], { cwd: root }),
  };
}
