import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { ControlStore } from './control-store.js';
import { readMigrations, type Migration } from './migrations.js';
import { prepareFile } from './open-file.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glossa-control-'));
});
afterEach(() => rm(directory, { recursive: true }));

const file = () => join(directory, 'control.db');

/** The rows of a query on the file, or the changes of a statement. */
function sql(text: string, ...values: unknown[]): unknown {
  const db = new Database(file());
  try {
    const statement = db.prepare(text);
    return statement.reader ? statement.all(...values) : statement.run(...values).changes;
  } finally {
    db.close();
  }
}

async function refusal(): Promise<string> {
  const error: unknown = await ControlStore.open(file()).then(
    (store) => store.close(),
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'GlossaError', code: 'unavailable' });
  const { message } = error as Error;
  expect(message).toContain(file());
  return message;
}

async function filled(): Promise<void> {
  const store = await ControlStore.open(file());
  await store.accounts.put({ username: 'anna', roles: [], rules: [], onDeny: 'ignore' });
  await store.tokens.create({ id: 't', username: 'anna', hash: 'h', createdAt: '2026-01-01T00:00:00.000Z' });
  await store.devices.createMany(Array.from({ length: 2000 }, (_, i) => `device ${i}`));
  await store.close();
}

/** A step that is not in prisma/migrations. */
const step = (name: string, text: string): Migration => ({
  name,
  sql: text,
  checksum: `checksum of ${name}`,
});

describe('migrations', () => {
  it('lead to the schema', async () => {
    const script = fileURLToPath(new URL('../../../../scripts/prisma-migration.mjs', import.meta.url));
    await promisify(execFile)(process.execPath, [script, '--check']);
  });

  it('are missed when the schema went on', async () => {
    const root = new URL('../../../../', import.meta.url);
    await mkdir(join(directory, 'scripts'));
    await symlink(fileURLToPath(new URL('node_modules', root)), join(directory, 'node_modules'));
    await cp(new URL('prisma', root), join(directory, 'prisma'), { recursive: true });
    const script = join(directory, 'scripts', 'prisma-migration.mjs');
    await cp(new URL('scripts/prisma-migration.mjs', root), script);
    const schema = join(directory, 'prisma', 'schema.prisma');
    await writeFile(schema, `${await readFile(schema, 'utf8')}\nmodel Extra {\n  id Int @id\n}\n`);
    await expect(promisify(execFile)(process.execPath, [script, '--check'])).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('CREATE TABLE "Extra"'),
    });
  });

  it('are applied once, and recorded', async () => {
    await filled();
    const before = sql('select * from _migration');
    expect(before).toEqual(
      readMigrations().map(({ name, checksum }) => ({ name, checksum, applied_at: expect.any(String) })),
    );
    const store = await ControlStore.open(file());
    expect(await store.devices.all()).toHaveLength(2000);
    await store.close();
    expect(sql('select * from _migration')).toEqual(before);
  });

  it('are applied to a file of an older version, in order', async () => {
    await filled();
    const known = readMigrations();
    const more = [
      step('30000000000001_a', 'create table extra(id text primary key); insert into extra values (1)'),
      step('30000000000002_b', 'alter table extra add column more text; update extra set more = id'),
    ];
    prepareFile(file(), [...known, ...more]);
    expect(sql('select * from extra')).toEqual([{ id: '1', more: '1' }]);
    expect(await refusal()).toMatch(/belongs to a newer version of Glossa.*30000000000001_a/);
  });

  it('keep what refers to a table that is made anew', async () => {
    await filled();
    const anew = `
      create table new_account(username text not null primary key, password_hash text, roles text not null,
        rules text not null, on_deny text not null, extra text);
      insert into new_account select *, null from account;
      drop table account;
      alter table new_account rename to account`;
    prepareFile(file(), [...readMigrations(), step('30000000000001_anew', anew)]);
    expect(sql('select id, username, extra from token join account using (username)')).toEqual([
      { id: 't', username: 'anna', extra: null },
    ]);
  });

  it('leave the file as it was when one fails', async () => {
    await filled();
    const bad = [
      step('30000000000001_bad', 'create table extra(id text); insert into missing values (1)'),
      step('30000000000001_orphan', 'pragma defer_foreign_keys = on; delete from account'),
    ];
    for (const one of bad) expect(() => prepareFile(file(), [...readMigrations(), one])).toThrow(file());
    const store = await ControlStore.open(file());
    expect(await store.tokens.all()).toHaveLength(1);
    await store.close();
    expect(sql(`select name from sqlite_schema where name = 'extra'`)).toEqual([]);
  });

  it('must be the ones that were applied', async () => {
    await filled();
    sql(`update _migration set checksum = 'another'`);
    expect(await refusal()).toMatch(/page \d+ is not as it was written/);
    await rm(`${file()}-sums`);
    expect(await refusal()).toMatch(/belongs to a newer version of Glossa.*is another/);
  });
});

describe('a file', () => {
  it('is durable', async () => {
    await filled();
    expect(sql('pragma journal_mode')).toEqual([{ journal_mode: 'wal' }]);
  });

  it('may be empty', async () => {
    await writeFile(file(), '');
    await filled();
  });

  it('that is no database is refused', async () => {
    await writeFile(
      file(),
      'this is no database at all, but it is long enough to have a header of its own'.repeat(9),
    );
    expect(await refusal()).toMatch(/is damaged .*restore a backup/);
  });

  it('that is cut short is refused', async () => {
    await filled();
    await truncate(file(), 20 * 4096);
    expect(await refusal()).toMatch(/is damaged .*restore a backup/);
  });

  it('with broken pages is refused', async () => {
    await filled();
    const bytes = await readFile(file());
    bytes.fill(0x5a, 4096 * 2, bytes.length);
    await writeFile(file(), bytes);
    expect(await refusal()).toMatch(/is damaged .*restore a backup/);
  });

  it('of another program is refused, and stays as it is', async () => {
    sql('create table recipe(id integer primary key)');
    const before = await readFile(file());
    expect(await refusal()).toMatch(/belongs to another program: it has tables such as recipe/);
    expect((await readFile(file())).equals(before)).toBe(true);
  });

  it('that another program holds is refused', async () => {
    await filled();
    const other = new Database(file());
    other.exec('begin exclusive');
    try {
      expect(await refusal()).toMatch(/is locked by another program/);
    } finally {
      other.close();
    }
    await (await ControlStore.open(file())).close();
  });

  it('that is a folder is refused', async () => {
    await mkdir(file());
    expect(await refusal()).toMatch(/cannot be opened/);
  });

  it('may have any name', async () => {
    for (const name of ['file:x.db', 'a?mode=ro.db', "it's 100% 😀.db"]) {
      const store = await ControlStore.open(join(directory, name));
      await store.devices.createMany(['a']);
      await store.close();
      const again = await ControlStore.open(join(directory, name));
      expect(await again.devices.all()).toHaveLength(1);
      await again.close();
    }
  });
});
