import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { DamagedFileError, ForeignFileError, NewerFileError } from '../sqlite-file/errors.js';

/** One step of the file's tables: a folder of prisma/migrations. */
export interface Migration {
  /** `<timestamp>_<name>`: the order of the names is the order of the steps. */
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/** Reads the migrations of a folder, by default prisma/migrations, in order. */
export function readMigrations(
  folder = new URL('migrations/', import.meta.resolve('#prisma/schema.prisma')),
): readonly Migration[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .map((name) => {
      // A checkout may have changed the ends of lines.
      const sql = readFileSync(new URL(`${name}/migration.sql`, folder), 'utf8').replaceAll('\r\n', '\n');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    });
}

/** Throws ForeignFileError for a database that has tables, and none of ours. */
export function refuseForeign(db: Database): void {
  const tables = db
    .prepare<[], string>(
      `select name from sqlite_schema where type = 'table' and name not like 'sqlite\\_%' escape '\\'`,
    )
    .pluck()
    .all();
  if (tables.length > 0 && !tables.includes('_migration'))
    throw new ForeignFileError(`it has tables such as ${tables[0]!} and none of Glossa's`);
}

/**
 * Brings a new or older file's tables up to date, each step in a transaction of its own, and leaves the
 * connection without checks of references. Throws NewerFileError, DamagedFileError, or what SQLite throws; steps
 * before that one stay applied.
 */
export function migrate(db: Database, migrations: readonly Migration[]): void {
  // Redefining a table drops the old one, which would delete what refers to it; no effect inside a transaction.
  db.pragma('foreign_keys = off');
  db.exec(`create table if not exists _migration(
    name text not null primary key, checksum text not null, applied_at text not null
  ) strict`);
  refuseUnknown(db, migrations);
  for (const migration of migrations) db.transaction(() => apply(db, migration)).immediate();
}

function apply(db: Database, { name, sql, checksum }: Migration): void {
  if (db.prepare('select 1 from _migration where name = ?').get(name)) return;
  db.exec(sql);
  const broken = db.pragma('foreign_key_check') as unknown[];
  if (broken.length > 0) throw new DamagedFileError(`${broken.length} rows refer to none after ${name}`);
  db.prepare('insert into _migration values (?, ?, ?)').run(name, checksum, new Date().toISOString());
}

function refuseUnknown(db: Database, migrations: readonly Migration[]): void {
  const known = new Map(migrations.map(({ name, checksum }) => [name, checksum]));
  const applied = db
    .prepare<[], { name: string; checksum: string }>('select name, checksum from _migration order by name')
    .all();
  for (const { name, checksum } of applied) {
    if (!known.has(name))
      throw new NewerFileError(`it has the migration ${name}, which this version does not know`);
    if (known.get(name) !== checksum)
      throw new NewerFileError(`its migration ${name} is another than the one this version knows`);
  }
}
