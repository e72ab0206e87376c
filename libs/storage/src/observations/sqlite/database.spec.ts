import {
  cp,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import {
  messageOf,
  render,
  seriesOf,
  T0,
  valueOf,
} from '../../../../../test/contract/observation-store-fixtures.js';
import { sqliteStores } from '../../../../../test/contract/sqlite-stores.js';
import { SqliteObservationStore } from './sqlite-observation-store.js';

const { make, opened, directory, body, head } = sqliteStores();
const a = seriesOf(1);
const rows = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => messageOf([valueOf(a, T0 + from + i, i)]));

describe('a file that cannot be used', () => {
  const refusal = async () => {
    const error = await make()
      .open()
      .then(
        () => undefined,
        (reason: unknown) => reason,
      );
    expect(error).toMatchObject({ name: 'GlossaError', code: 'unavailable' });
    return (error as Error).message;
  };

  /** Filled once; each case damages its own copy. */
  const templates = { closed: '', killed: '', other: '' };
  beforeAll(async () => {
    for (const name of ['closed', 'killed', 'other'] as const)
      templates[name] = await mkdtemp(join(tmpdir(), 'glossa-store-'));
    const fill = async (folder: string, copy?: string) => {
      const store = new SqliteObservationStore({ directory: folder, durability: 'os' });
      await store.open();
      await Promise.all(rows(0, 20_000).map((message) => store.append(message)));
      // As a kill leaves it: the rows are in the head.
      if (copy !== undefined) await cp(folder, copy, { recursive: true });
      await store.close();
    };
    await fill(templates.closed, templates.killed);
    await fill(templates.other);
  });
  afterAll(() => Promise.all(Object.values(templates).map((folder) => rm(folder, { recursive: true }))));

  const filled = (as: keyof typeof templates = 'closed') =>
    cp(templates[as], directory(), { recursive: true });

  /** Another program writes a file, and the checksums of its pages are removed for it. */
  const edit = async (file: string, step: (db: Database.Database) => void) => {
    const db = new Database(file);
    step(db);
    db.close();
    await rm(`${file}-sums`);
  };

  it.each([head, body])('is refused when it is no database', async (file) => {
    await filled();
    await writeFile(file(), 'this is not a database, but it is long enough to be taken for one'.repeat(100));
    const told = await refusal();
    expect(told).toMatch(/\.db is damaged .* restore a backup/);
    expect(told).toContain(file());
  });

  it.each([head, body])('is refused when it was cut', async (file) => {
    await filled();
    await truncate(file(), Math.floor((await stat(file())).size / 16_384) * 8192);
    const told = await refusal();
    expect(told).toMatch(/is damaged/);
    expect(told).toContain(file());
  });

  it.each([head, body])('is refused when its pages are overwritten', async (file) => {
    await filled();
    const bytes = await readFile(file());
    bytes.fill(0xa5, 8192 * 3);
    await writeFile(file(), bytes);
    const told = await refusal();
    expect(told).toMatch(/is damaged/);
    expect(told).toContain(file());
  });

  it.each([head, body])('is refused when it belongs to a newer version, and is not touched', async (file) => {
    await filled();
    await edit(file(), (db) => db.pragma('user_version = 99'));
    expect(await refusal()).toMatch(/newer version of Glossa/);
    expect(await refusal()).toContain(file());
  });

  it.each([head, body])('is refused when it is missing', async (file) => {
    await filled();
    await rm(file());
    const told = await refusal();
    expect(told).toMatch(/is missing, but .* is there. Put the file back, or .* restore a backup/);
    expect(told.startsWith(file())).toBe(true);
  });

  it('is as it was after it was refused, so that what was missing can be put back', async () => {
    const store = await opened();
    await Promise.all(rows(0, 3000).map((message) => store.append(message)));
    // So that the body has something in its log.
    await store.delete([1], T0, T0 + 10);
    const killed = join(directory(), 'killed');
    const elsewhere = join(directory(), 'elsewhere');
    for (const folder of [killed, elsewhere]) await mkdir(folder);
    for (const name of await readdir(directory()))
      if (/^(head|observations)\.db/.test(name)) await cp(join(directory(), name), join(killed, name));
    const heads = (await readdir(killed)).filter((name) => name.startsWith('head.db'));
    for (const name of heads) await rename(join(killed, name), join(elsewhere, name));
    const log = await stat(join(killed, 'observations.db-wal'));
    expect(log.size).toBeGreaterThan(0);
    await expect(make({ directory: killed }).open()).rejects.toThrow(
      /head\.db is missing, .* Put the file back/,
    );
    expect((await stat(join(killed, 'observations.db-wal'))).size).toBe(log.size);
    for (const name of heads) await rename(join(elsewhere, name), join(killed, name));
    const again = await opened({ directory: killed });
    expect(await again.statistics([1])).toMatchObject([{ count: 2990 }]);
  });

  it.each([head, body])('is refused when it is of another time or store', async (file) => {
    const early = join(directory(), 'early');
    await filled();
    await cp(file(), early);
    const store = await opened();
    await store.append(messageOf([valueOf(a, T0 - 1, 1)]));
    await store.close();
    await cp(early, file());
    expect(await refusal()).toMatch(/page \d+ is not as it was written\. If .* delete .*\.db-sums/);
    await rm(`${file()}-sums`);
    expect(await refusal()).toContain(`do not belong together: ${file()} is the older`);
    await rm(head());
    await rm(body());
    await filled('other');
    await cp(early, file());
    expect(await refusal()).toContain('they are of two different stores');
  });

  it('is refused when the rows of the head are not what was written', async () => {
    await filled('killed');
    await edit(head(), (db) => {
      const row = db.prepare('select batch, data from head limit 1').raw().get();
      const [batch, data] = row as [number, Buffer];
      data[10]! ^= 1;
      db.prepare('update head set data = ? where batch = ?').run(data, batch);
    });
    expect(await refusal()).toMatch(/head\.db is damaged \(the rows of batch 1 are not what was written\)/);
  });

  it('tells a bit of a block that changed instead of serving it', async () => {
    await filled();
    await edit(body(), (db) => {
      const [id, data] = db.prepare('select id, d from block limit 1').raw().get() as [number, Buffer];
      data[10]! ^= 1;
      db.prepare('update block set d = ? where id = ?').run(data, id);
    });
    const store = await opened();
    await expect(store.query({ series: [1], order: 'asc', limit: 10 }, render)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/observations\.db is damaged .*not what was written.*restore a backup/),
    });
    // What is whole is still read.
    expect(await store.get([1], T0 + 19_999, 0)).toMatchObject({ value: 19_999 });
  });

  it('is told of when it is too large to be read before the start', async () => {
    await filled();
    await edit(body(), (db) => {
      db.exec('create table padding(bytes); insert into padding values (zeroblob(70 * 1024 * 1024))');
    });
    await (await opened()).close();
    const file = await open(body(), 'r+');
    const { size } = await file.stat();
    await file.write(Buffer.of(1), 0, 1, size - 100);
    await file.close();
    const errors: string[] = [];
    let store: SqliteObservationStore | undefined;
    await new Promise<void>((resolve) => {
      const error = (message: string) => {
        errors.push(message);
        resolve();
      };
      store = make({ logger: { info: () => undefined, error } });
      void store.open();
    });
    expect(errors).toEqual([
      expect.stringMatching(/observations\.db is damaged \(page \d+ is not as it was/),
    ]);
    // It stays so, while ingest and merges go on.
    await store!.append(messageOf([valueOf(a, T0 - 1, 1)]));
    await store!.delete([2]);
    expect([store!.trouble, store!.warning]).toEqual([undefined, errors[0]]);
  });

  it('is refused when the folder cannot be made', async () => {
    await writeFile(join(directory(), 'taken'), '');
    const error = await make({ directory: join(directory(), 'taken') })
      .open()
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'unavailable' });
  });
});
