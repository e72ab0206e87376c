import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expectSums } from '../../../../../test/contract/observation-store-ledger.js';
import { messageOf, seriesOf, T0, valueOf } from '../../../../../test/contract/observation-store-fixtures.js';
import { completeOld } from './old-schema.js';
import { SqliteObservationStore } from './sqlite-observation-store.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glossa-store-'));
});
afterEach(async () => rm(directory, { recursive: true }));

const SERIES = [
  seriesOf(1),
  seriesOf(2, { type: 'text', unit: '' }),
  seriesOf(3, { type: 'state', unit: '' }),
  seriesOf(4, { circular: true, unit: 'DEG' }),
];
const ROWS = 30_000;

/** A file as the version before left it. */
function writeOld(version = 3): void {
  const db = new Database(join(directory, 'observations.db'));
  db.pragma('journal_mode = WAL');
  completeOld(db);
  db.transaction(() => {
    const series = db.prepare('insert into series values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    for (const { id, device, name, property, unit, feature, kind, type, origin, circular } of SERIES)
      series.run(
        id,
        device,
        name,
        property,
        unit,
        feature,
        kind,
        type,
        origin,
        Number(circular),
        id === 3 ? 9 : 0,
      );
    db.prepare("insert into mapping values (1, 'climate', 1)").run();
    const row = db.prepare('insert into observation values (?, ?, ?, ?, ?, ?, 1, ?)');
    for (let i = 0; i < ROWS; i++) {
      row.run(1, T0 + i * 10, 0, i / 10, 250_000, 1 + (i % 9), i % 3);
      row.run(2, T0 + Math.floor(i / 2), i % 2, `text ${i}`, -3, 9, 0);
      row.run(4, T0 + i, 0, i % 2 ? 350 : 10, 0, 9, 0);
    }
    row.run(3, T0, 0, 1, 0, 9, 0);
    db.prepare("insert into resend_client values (1, 'c', 1, 9)").run();
    db.prepare("insert into resend values (1, 0, 7, 'hash', ?)").run(T0);
    db.prepare('update ledger set batch = 9, stored = 100, v_stored = ?, last_series = 6').run(3 * ROWS + 1);
  })();
  if (version < 3) db.exec('drop index series_datastream');
  db.pragma(`user_version = ${version}`);
  db.close();
}

async function check(): Promise<void> {
  const store = new SqliteObservationStore({ directory, durability: 'os' });
  const contents = await store.open();
  expect(contents).toMatchObject({ series: SERIES, nextSeries: 7 });
  expect(contents.latest.map(({ series }) => series.id)).toEqual([1, 2, 4]);
  const { messages } = await expectSums(store, [1, 2, 3, 4]);
  expect(messages.stored).toBe(100);
  expect(await store.get([1], T0 + 12_340, 0)).toEqual({
    ...valueOf(SERIES[0]!, T0 + 12_340, 123.4, { flags: 1 }),
    nth: 0,
  });
  expect(await store.get([2], T0 + 77, 1)).toMatchObject({ value: 'text 155', resultTime: T0 + 74 });
  expect((await store.get([3], T0, 0))?.value).toBe(true);
  const bounds = Float64Array.of(T0, T0 + 1_000_000);
  const [wind] = await store.aggregate({ series: [4], bounds });
  expect(wind!.windows[0]!.mean).toBeCloseTo(0, 9);
  // What was known is known: values, resends, and the next batch's number.
  const resend = { client: 'c', packetId: 7, hash: 'hash', dup: true };
  expect((await store.append(messageOf([], { resend }))).state).toBe('duplicate');
  const again = [valueOf(SERIES[0]!, T0 + 12_340, 123.4), valueOf(SERIES[0]!, T0 + 12_340, 5)];
  expect([...(await store.append(messageOf(again))).statuses]).toEqual([1, 2]);
  await store.close();
  expect((await readdir(directory)).sort()).toEqual([
    'head.db',
    'head.db-sums',
    'observations.db',
    'observations.db-sums',
  ]);
}

it.each([3, 2])(
  'a file of version %i is brought to the form of this version',
  async (version) => {
    writeOld(version);
    await check();
  },
  60_000,
);

it('is brought there after kills at any moment', async () => {
  writeOld();
  const storage = new URL('../../../../../dist/libs/storage/src/index.js', import.meta.url).href;
  const folder = await mkdtemp(join(tmpdir(), 'glossa-child-'));
  const script = join(folder, 'open.mjs');
  await writeFile(
    script,
    `const { SqliteObservationStore } = await import('${storage}');
     const store = new SqliteObservationStore({ directory: process.argv[2], durability: 'os' });
     process.stdout.write('begins');
     await store.open();
     process.stdout.write('ended');`,
  );
  let killed = 0;
  for (let wait = 20; ; wait += Math.max(25, wait / 4)) {
    const child = spawn(process.execPath, [script, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise<boolean>((resolve) => {
      child.stdout.on('data', (text: Buffer) => {
        if (text.includes('begins')) setTimeout(() => resolve(false), wait);
        if (text.includes('ended')) resolve(true);
      });
    });
    const done = await ended;
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    if (done) break;
    killed++;
  }
  await rm(folder, { recursive: true });
  expect(killed).toBeGreaterThan(2);
  await check();
}, 120_000);

it('is brought there when the kill came between the names of the two files', async () => {
  writeOld();
  await check();
  await rename(join(directory, 'head.db'), join(directory, 'head.db.new'));
  const store = new SqliteObservationStore({ directory, durability: 'os' });
  await store.open();
  await expectSums(store, [1, 2, 3, 4]);
  await store.close();
  expect(existsSync(join(directory, 'head.db.new'))).toBe(false);
});
