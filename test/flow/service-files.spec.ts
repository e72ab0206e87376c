import Database from 'better-sqlite3';
import { rmSync } from 'node:fs';
import { cp, open, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceProcess, temporaryFolder } from './support/child.js';
import { closedLedger } from './support/observations.js';
import { Publisher } from './support/publisher.js';

const SCHEMA = {
  id: 'load',
  topic: 'load/{device}',
  observations: { a: { property: 'AirTemperature', unit: '°C' } },
};

/** A folder with data, as an orderly stop leaves it, and one as a kill does: with its write-ahead log. */
let stopped: string;
let killed: string;

beforeAll(async () => {
  const service = await ServiceProcess.start();
  expect((await service.rest().post('/api/schemas', SCHEMA)).status).toBe(201);
  const publisher = new Publisher({
    clientId: 'p',
    message: (n) => ({ topic: `load/d${n % 50}`, payload: JSON.stringify({ a: n }) }),
  });
  await publisher.connect(service.ports.mqtt);
  publisher.start(1000);
  await publisher.until(1000);
  await service.kill('SIGKILL');
  killed = service.directory;
  stopped = (await (await ServiceProcess.start({}, await copy(killed))).stop()).directory;
});

async function copy(folder: string): Promise<string> {
  const target = await temporaryFolder();
  await cp(folder, target, { recursive: true });
  return target;
}

async function overwrite(file: string, at: number, bytes: Buffer): Promise<void> {
  const handle = await open(file, 'r+');
  await handle.write(bytes, 0, bytes.length, at);
  await handle.close();
}

/** Has another program write a file, which is to be taken as it is. */
function sql(file: string, statement: string): void {
  const db = new Database(file);
  db.exec(statement);
  db.close();
  rmSync(`${file}-sums`, { force: true });
}

type Damage = (folder: string) => Promise<void> | void;
const noise = Buffer.alloc(4096, 'not a page of a database ');

/** What was done to the folder, the file that the sentence names, and what it says with the way out. */
const DAMAGED: readonly (readonly [what: string, file: string, says: RegExp, damage: Damage])[] = [
  [
    'observations.db that is no database',
    'observations.db',
    /is damaged .*restore a backup/,
    (folder) => overwrite(join(folder, 'observations.db'), 0, noise),
  ],
  [
    'observations.db cut in half',
    'observations.db',
    /is damaged .*restore a backup/,
    async (folder) => {
      const file = join(folder, 'observations.db');
      await truncate(file, (await stat(file)).size / 2);
    },
  ],
  [
    'observations.db with a page overwritten',
    'observations.db',
    /is damaged .*restore a backup/,
    (folder) => overwrite(join(folder, 'observations.db'), 4096 * 3, noise),
  ],
  [
    'observations.db of a newer version',
    'observations.db',
    /newer version of Glossa.*Start that version, or restore a backup/,
    (folder) => sql(join(folder, 'observations.db'), 'pragma user_version = 99'),
  ],
  [
    'head.db that is no database',
    'head.db',
    /is damaged .*restore a backup/,
    (folder) => overwrite(join(folder, 'head.db'), 0, noise),
  ],
  [
    'observations.db that is gone',
    'observations.db',
    /is missing, but .*head\.db.* is there.*restore a backup/,
    (folder) => rm(join(folder, 'observations.db')),
  ],
  [
    'head.db that is gone',
    'head.db',
    /is missing, but .*observations\.db.* is there.*restore a backup/,
    (folder) => rm(join(folder, 'head.db')),
  ],
  [
    'control.db that is no database',
    'control.db',
    /is damaged .*restore a backup/,
    (folder) => overwrite(join(folder, 'control.db'), 0, noise),
  ],
  [
    'control.db of a newer version',
    'control.db',
    /newer version of Glossa.*Start that version, or restore a backup/,
    (folder) =>
      sql(join(folder, 'control.db'), `insert into _migration values ('99991231000000_later', 'x', '')`),
  ],
  [
    "control.db that is another program's",
    'control.db',
    /another program.*own data folder/,
    async (folder) => {
      await rm(join(folder, 'control.db'));
      sql(join(folder, 'control.db'), 'create table notes(text)');
    },
  ],
  [
    'sessions whose files are gone',
    'sessions',
    /cannot be read .*Restore a backup, or move it away/,
    (folder) => writeFile(join(folder, 'sessions', 'CURRENT'), 'MANIFEST-999999\n'),
  ],
];

describe('a data folder that cannot be used', () => {
  it.each(DAMAGED)('%s: the start says so and the way out', async (_what, file, says, damage) => {
    const folder = await copy(stopped);
    await damage(folder);
    const service = await ServiceProcess.launch({}, folder);
    expect((await service.ended).code).toBe(1);
    const said = service.lines.at(-1)!;
    expect(said.msg).toMatch(/^Glossa does not start: /);
    expect(said.msg).toContain(join(folder, file));
    expect(said.msg).toMatch(says);
    expect(service.stderr).toBe('');
  });
});

describe('another program that reads the files', () => {
  const FILES = ['control.db', 'head.db', 'observations.db'];
  /** Opens each as a program does that could write, reads it to its end, and closes it. */
  const readAll = (folder: string) => {
    for (const file of FILES) {
      const db = new Database(join(folder, file));
      const tables = db.prepare<[], string>(`select name from sqlite_schema where type = 'table'`).pluck();
      for (const table of tables.all()) db.prepare(`select count(*) from "${table}"`).get();
      db.close();
    }
  };
  const logs = (folder: string) => Promise.all(FILES.map((file) => stat(join(folder, `${file}-wal`))));

  it('does not come between, whatever the service does with them', async () => {
    const folder = await copy(stopped);
    // So large that its pages are compared while the service runs.
    sql(
      join(folder, 'observations.db'),
      'create table padding(bytes); insert into padding values (zeroblob(72000000))',
    );
    const service = await ServiceProcess.start({}, folder);
    const publisher = new Publisher({
      clientId: 'q',
      message: (n) => ({ topic: `load/e${n % 50}`, payload: JSON.stringify({ a: n, b: 'x'.repeat(500) }) }),
    });
    await publisher.connect(service.ports.mqtt);
    readAll(folder);
    const before = await logs(folder);
    for (let round = 1; round <= 20; round++) {
      publisher.start(round * 500);
      await publisher.until(round * 500);
      const device = await service.rest().put(`/api/devices/by-hand-${round}`, { title: 'By hand' });
      expect(device.status).toBeLessThan(300);
      readAll(folder);
    }
    // Who closes last removes the log: they are the same ones.
    expect((await logs(folder)).map(({ ino }) => ino)).toEqual(before.map(({ ino }) => ino));
    await service.kill('SIGKILL');
    const again = await ServiceProcess.start({}, folder);
    const { received, stored } = await closedLedger(again.rest());
    expect([received, stored]).toEqual([11_000, 11_000]);
    expect((await again.rest().get('/api/devices/by-hand-20')).status).toBe(200);
    await again.stop();
  }, 60_000);
});

describe('what a power cut leaves', () => {
  it.each([
    ['cut within a frame', (size: number) => size - 1000],
    ['cut within its header', () => 20],
  ])('a write-ahead log %s is read as far as it is whole', async (_what, length) => {
    const folder = await copy(killed);
    const wal = join(folder, 'head.db-wal');
    await truncate(wal, length((await stat(wal)).size));
    await rm(join(folder, 'head.db-shm'), { force: true });
    const service = await ServiceProcess.start({}, folder);
    const { received, stored } = await closedLedger(service.rest());
    expect(stored).toBe(received);
    expect((await service.rest().get('/api/observations?limit=10000')).body.member).toHaveLength(stored!);
    await service.stop();
  });

  it('the folder holds nothing but what is named', async () => {
    expect((await readdir(stopped)).sort()).toEqual([
      'backup-under-way',
      'control.db',
      'control.db-sums',
      'gateway.lock',
      'head.db',
      'head.db-sums',
      'observations.db',
      'observations.db-sums',
      'sessions',
    ]);
  });
});
