import { execFileSync } from 'node:child_process';
import { mkdtemp, open, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceProcess } from './support/child.js';
import { eventually } from './support/eventually.js';
import { closedLedger, numbersByDatastream } from './support/observations.js';
import { Publisher } from './support/publisher.js';

const SCHEMA = {
  id: 'load',
  topic: 'load/{device}',
  observations: { a: { property: 'AirTemperature', unit: '°C' } },
};

/** A small disk of its own; undefined where this user may not mount one. */
async function smallDisk(): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'glossa-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    await rmdir(folder);
    return undefined;
  }
}

const disk = await smallDisk();
if (!disk) console.warn('no disk can be mounted here: that of a full one is left to the spec of the store');

afterAll(async () => {
  if (!disk) return;
  // The processes on it may end after this hook.
  execFileSync('umount', ['-l', disk]);
  await rmdir(disk);
});

/** Takes every byte that is left. */
async function fill(folder: string, name = 'ballast'): Promise<string> {
  const file = join(folder, name);
  const handle = await open(file, 'w');
  for (let size = 1 << 20; size >= 1;) {
    const written = await handle.write(Buffer.alloc(size)).catch(() => undefined);
    if (written?.bytesWritten !== size) size >>= 1;
  }
  await handle.close();
  return file;
}

const sender = (id: string) =>
  new Publisher({
    clientId: id,
    message: (n) => ({ topic: `load/${id}`, payload: JSON.stringify({ a: n }) }),
  });

(disk ? describe : describe.skip)('a full disk', () => {
  it('acknowledges nothing, says why, and goes on when there is room', async () => {
    const service = await ServiceProcess.start({}, disk);
    const rest = service.rest();
    expect((await rest.post('/api/schemas', SCHEMA)).status).toBe(201);
    const before = sender('before');
    await before.connect(service.ports.mqtt);
    before.start(200);
    await before.until(200);

    const ballast = await fill(disk!);
    // From a device that nobody knows yet: the list of devices cannot be written either.
    const during = sender('during');
    await during.connect(service.ports.mqtt);
    during.start();
    // The merger may say it of its file before; only the writer's keeps messages from being stored.
    await eventually(async () => (await rest.get('/health')).status === 503);
    const health = await rest.get('/health');
    expect([health.status, health.body.status, health.body.storing]).toEqual([503, 'degraded', false]);
    expect(health.body.trouble.join()).toMatch(/The disk that holds \S+head\.db is full.*Free space/);
    const refused = await rest.post('/api/schemas', { ...SCHEMA, id: 'other', topic: 'other/{device}' });
    expect([refused.status, refused.body.code]).toEqual([503, 'unavailable']);
    // What is there can be read.
    expect((await numbersByDatastream(rest)).get('before/a')).toHaveLength(200);
    const acknowledged = during.acknowledged.length;
    const stored = (await closedLedger(rest)).stored!;
    expect(stored - 200).toBe(acknowledged);

    await rm(ballast);
    await during.until(acknowledged + 500);
    await during.drain();
    during.end();
    expect((await rest.get('/health')).body).toMatchObject({ status: 'ok', trouble: [] });
    const values = (await numbersByDatastream(rest)).get('during/a')!.sort((a, b) => a - b);
    expect(values).toEqual(Array.from({ length: during.sent }, (_, n) => n));
    expect((await rest.get('/api/devices')).body.items.map(({ id }: { id: string }) => id)).toEqual([
      'before',
      'during',
    ]);
    expect(
      (await rest.post('/api/schemas', { ...SCHEMA, id: 'other', topic: 'other/{device}' })).status,
    ).toBe(201);
    before.end();

    // A stop and a start while it is full: in order, and with a sentence.
    await fill(disk!);
    const last = sender('last');
    await last.connect(service.ports.mqtt);
    last.start();
    await service.until(() => (service.output.match(/is full/g)!.length > 1 ? true : undefined));
    const began = performance.now();
    await service.stop();
    expect(performance.now() - began).toBeLessThan(5000);
    const more = await fill(disk!, 'more');
    const full = await ServiceProcess.launch({}, disk);
    expect((await full.ended).code).toBe(1);
    expect(full.lines.at(-1)?.msg).toMatch(/Glossa does not start: .*full/);
    await rm(ballast);
    await rm(more);
    const again = await ServiceProcess.start({}, disk);
    const kept = await numbersByDatastream(again.rest());
    expect(kept.get('last/a')?.length ?? 0).toBeGreaterThanOrEqual(last.acknowledged.length);
    expect((await closedLedger(again.rest())).stored).toBe([...kept.values()].flat().length);
    await again.stop();
  });
});

describe('GLOSSA_DURABILITY=os', () => {
  it('keeps what was acknowledged when the process is killed', async () => {
    const service = await ServiceProcess.start({ GLOSSA_DURABILITY: 'os' });
    await service.rest().post('/api/schemas', SCHEMA);
    const publisher = sender('p');
    await publisher.connect(service.ports.mqtt);
    publisher.start();
    await publisher.until(1000);
    await service.kill('SIGKILL');
    await publisher.closed();
    const again = await service.again();
    const values = new Set((await numbersByDatastream(again.rest())).get('p/a'));
    expect(publisher.acknowledged.filter((n) => !values.has(n))).toEqual([]);
    expect((await closedLedger(again.rest())).stored).toBe(values.size);
    await again.stop();
  });
});
