/**
 * Writes the next migration of the control file: what leads from prisma/migrations to prisma/schema.prisma.
 *
 *   node scripts/prisma-migration.mjs <name>     writes prisma/migrations/<timestamp>_<name>/migration.sql
 *   node scripts/prisma-migration.mjs --check    writes nothing; exits with 1 when a migration is missing
 *
 * `prisma migrate` would need an engine binary from outside the package registry, so this drives the same engine
 * as WebAssembly (@prisma/schema-engine-wasm, a dev dependency) against a database in memory.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3';
import { bindSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as engineModule from '@prisma/schema-engine-wasm/schema_engine_bg';

const SCHEMA = new URL('../prisma/schema.prisma', import.meta.url);
const MIGRATIONS = new URL('../prisma/migrations/', import.meta.url);

const [argument = '', ...others] = process.argv.slice(2);
if (others.length > 0 || !/^(--check|[a-z][a-z0-9_]*)$/.test(argument)) {
  console.error('Give a name of lower-case letters, digits and _ for the migration, or --check.');
  process.exit(2);
}

const { exitCode, stdout: sql } = await difference();
const missing = exitCode !== 0;
if (argument === '--check') {
  if (missing)
    console.error(`prisma/migrations do not lead to prisma/schema.prisma. This is missing:\n\n${sql}`);
  process.exit(missing ? 1 : 0);
}
if (!missing) {
  console.log('prisma/migrations lead to prisma/schema.prisma already.');
  process.exit(0);
}
const timestamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
const folder = new URL(`${timestamp}_${argument}/`, MIGRATIONS);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('migration.sql', folder), sql);
console.log(`Wrote prisma/migrations/${timestamp}_${argument}/migration.sql. Read it before you commit it.`);

/** What the migrations lack: SQL, and an exit code of 2 when they lack anything. */
async function difference() {
  const files = [{ path: 'schema.prisma', content: readFileSync(SCHEMA, 'utf8') }];
  const { SchemaEngine } = await loadEngine();
  const engine = await SchemaEngine.new(
    { datamodels: files.map(({ path, content }) => [path, content]) },
    () => undefined,
    bindSqlAdapterFactory(migratedDatabase()),
  );
  return engine.diff({
    from: { tag: 'schemaDatasource', files, configDir: 'prisma' },
    to: { tag: 'schemaDatamodel', files },
    script: true,
    exitCode: true,
    shadowDatabaseUrl: null,
    filters: { externalTables: [], externalEnums: [] },
  });
}

/** A database in memory that every migration was applied to: what the engine takes for the data source. */
function migratedDatabase() {
  const factory = new PrismaBetterSqlite3({ url: ':memory:' });
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect: async () => {
      const database = await factory.connect();
      for (const sql of migrations()) await database.executeScript(sql);
      return database;
    },
  };
}

function migrations() {
  mkdirSync(MIGRATIONS, { recursive: true });
  return readdirSync(MIGRATIONS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .map((name) => readFileSync(new URL(`${name}/migration.sql`, MIGRATIONS), 'utf8'));
}

/** The package leaves it to a bundler to instantiate the module; Node does it by hand. */
async function loadEngine() {
  const binary = import.meta.resolve('@prisma/schema-engine-wasm/schema_engine_bg').replace(/\.js$/, '.wasm');
  const { instance } = await WebAssembly.instantiate(readFileSync(new URL(binary)), {
    './schema_engine_bg.js': engineModule,
  });
  engineModule.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return engineModule;
}
