import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { createClient, delivered, type ControlClient } from './client.js';
import { ControlConnection } from './connection.js';
import { Devices } from './devices.js';
import { prepareFile } from './open-file.js';

let directory: string;
let prisma: ControlClient;
let devices: Devices;
const file = () => join(directory, 'control.db');
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glossa-control-'));
  prepareFile(file());
  prisma = createClient(new ControlConnection(file(), () => undefined));
  devices = new Devices(prisma);
});
afterEach(async () => {
  await prisma.$disconnect();
  await rm(directory, { recursive: true });
});

const device = (id: string) => ({ id, schemas: [], auto: false });
const ids = async () => (await devices.all()).map(({ id }) => id);
const full = { code: 'unavailable', message: expect.stringContaining('is full') };

it('syncs each commit and checks references', async () => {
  expect(await prisma.$queryRaw`pragma synchronous`).toEqual([{ synchronous: 2n }]);
  expect(await prisma.$queryRaw`pragma foreign_keys`).toEqual([{ foreign_keys: 1n }]);
});

it('keeps a write out of a transaction that is under way', async () => {
  let write: Promise<void> | undefined;
  const transaction = prisma.$transaction(async (inside) => {
    await inside.device.create({ data: { id: 'inside', schemas: '[]', auto: true } });
    write = devices.put(device('outside'));
    await inside.device.findMany();
    throw new Error('changed my mind');
  });
  await expect(transaction).rejects.toThrow('changed my mind');
  await write;
  expect(await ids()).toEqual(['outside']);
});

it('shows nothing of a transaction that is under way', async () => {
  let read: Promise<string[]> | undefined;
  await prisma.$transaction(async (inside) => {
    await inside.device.create({ data: { id: 'a', schemas: '[]', auto: true } });
    read = ids();
    await inside.device.create({ data: { id: 'b', schemas: '[]', auto: true } });
  });
  expect(await read).toEqual(['a', 'b']);
});

it('goes on after a commit that failed', async () => {
  const transaction = prisma.$transaction(async (inside) => {
    await inside.$executeRaw`pragma defer_foreign_keys = on`;
    await inside.token.create({ data: { id: 't', username: 'nobody', hash: 'h', createdAt: '' } });
  });
  await expect(transaction).rejects.toThrow();
  await devices.put(device('a'));
  await prisma.$transaction(async (inside) => {
    await inside.device.create({ data: { id: 'b', schemas: '[]', auto: true } });
  });
  expect(await ids()).toEqual(['a', 'b']);
  expect(await prisma.token.count()).toBe(0);
});

it('says that another program holds the file, and goes on when it lets go', async () => {
  const locked = { code: 'unavailable', message: expect.stringContaining('is locked by another program') };
  const other = new Database(file());
  other.exec('begin immediate');
  try {
    await expect(devices.put(device('a'))).rejects.toMatchObject(locked);
    await expect(delivered(prisma.$transaction((inside) => inside.device.findMany()))).rejects.toMatchObject(
      locked,
    );
    expect(await ids()).toEqual([]);
  } finally {
    other.close();
  }
  await devices.put(device('a'));
  await prisma.$transaction((inside) => inside.device.deleteMany());
  expect(await ids()).toEqual([]);
}, 10_000);

it('says that the disk is full, and has stored nothing of what failed', async () => {
  await devices.put(device('a'));
  await prisma.$queryRaw`pragma max_page_count = 1`; // no fewer than there are
  const many = Array.from({ length: 5000 }, (_, i) => `device ${i}`);
  await expect(devices.createMany(many)).rejects.toMatchObject(full);
  const transaction = prisma.$transaction(async (inside) => {
    await inside.device.update({ where: { id: 'a' }, data: { title: 'changed' } });
    await new Devices(inside as ControlClient).createMany(many);
  });
  await expect(delivered(transaction)).rejects.toMatchObject(full);
  expect(await devices.all()).toEqual([device('a')]);
  await prisma.$queryRaw`pragma max_page_count = 100000`;
  await devices.createMany(many);
  expect(await ids()).toHaveLength(5001);
});
