/**
 * Generates the Prisma client of the control store (libs/storage/src/control/generated) from prisma/schema.prisma.
 * Does nothing, in milliseconds, when the client was generated from this very schema and these very packages.
 * Run: node scripts/prisma-generate.mjs
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../', import.meta.url);
const GENERATED = new URL('libs/storage/src/control/generated/', ROOT);
/** Written last: a client that was cut short is generated again. */
const STAMP = new URL('.stamp', GENERATED);
const SOURCES = ['prisma/schema.prisma', 'package-lock.json', 'scripts/prisma-generate.mjs'];

// By contents, not by time: a checkout or an unpacked archive gives files any time.
const hash = createHash('sha256');
for (const source of SOURCES) hash.update(readFileSync(new URL(source, ROOT)));
const stamp = hash.digest('hex');

if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== stamp) {
  rmSync(GENERATED, { recursive: true, force: true });
  const prisma = fileURLToPath(new URL('node_modules/prisma/build/index.js', ROOT));
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [prisma, 'generate', '--no-hints'], {
    cwd: fileURLToPath(ROOT),
    encoding: 'utf8',
    env: {
      ...process.env,
      // `generate` would download a schema engine that it does not use; any existing file stops it.
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      // No telemetry, no check for updates.
      CHECKPOINT_DISABLE: '1',
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
    },
  });
  if (status !== 0) {
    process.stderr.write(
      `The Prisma client could not be generated.\n${stdout ?? ''}${stderr ?? ''}${error ?? ''}\n`,
    );
    process.exit(1);
  }
  writeFileSync(STAMP, stamp);
}
