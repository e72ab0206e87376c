import { cp, mkdtemp, open, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceProcess } from '../flow/support/child.js';
import { pino } from 'pino';
import { readConfig } from '../../apps/gateway/src/config.js';
import { start, type Service } from '../../apps/gateway/src/service.js';
import { ADMIN_TOKEN } from '../flow/support/admin-token.js';
import { MqttTester } from '../flow/support/mqtt.js';
import { Rest } from '../flow/support/rest.js';
import { Fleet, FLEET_SCHEMA } from './support/fleet.js';
import { rows } from './support/stored.js';

/** How often one bit of each file is flipped, and each log of writes is cut. */
const FLIPS = 8;
const CUTS = 5;

/** Everything that a data folder holds, as its users see it. */
type Served = Readonly<Record<string, string>>;

/** A gateway of this process on a folder, with what it logs of level warn and above. */
class Opened {
  private constructor(
    readonly service: Service,
    readonly told: string[],
  ) {}

  static async start(folder: string): Promise<Opened> {
    const told: string[] = [];
    const logger = pino({ level: 'warn' }, { write: (line: string) => void told.push(line) });
    const config = readConfig({
      GLOSSA_DATA_DIR: folder,
      GLOSSA_HTTP_PORT: '0',
      GLOSSA_MQTT_PORT: '0',
      GLOSSA_ADMIN_TOKEN: ADMIN_TOKEN,
      GLOSSA_BASE_URL: 'http://glossa.test',
    });
    return new Opened(await start(config, logger), told);
  }

  rest(): Rest {
    return new Rest(`http://127.0.0.1:${this.service.ports.http}`, ADMIN_TOKEN);
  }

  mqtt(options: object): Promise<MqttTester> {
    const account = { username: 'admin', password: ADMIN_TOKEN };
    return MqttTester.connect(`mqtt://127.0.0.1:${this.service.ports.mqtt}`, { ...account, ...options });
  }
}

const LISTS = [
  '/api/messages/summary',
  '/api/messages',
  '/api/schemas',
  '/api/devices',
  '/api/features',
  '/api/accounts',
  '/api/properties/Own',
  '/api/datastreams?limit=10000',
];

async function served(gateway: Opened): Promise<Served> {
  const rest = gateway.rest();
  const found: Record<string, string> = {};
  for (const path of LISTS) {
    const { status, text } = await rest.get(path);
    if (status >= 500) throw new Error(`${path}: ${text}`);
    found[path] = `${status} ${text}`;
  }
  for await (const { device, name, time, resultTime, value, id } of rows(rest))
    found[id] = [device, name, time, resultTime, value].join(' ');
  // The session's client comes back, and asks for what is retained.
  const client = await gateway.mqtt({ clientId: 'away', clean: false });
  await client.subscribe(['status/#', 'end/of/queue'], 1);
  await client.publish('end/of/queue', 'here', { qos: 1 });
  await client.next(({ topic }) => topic === 'end/of/queue');
  for (const [i, { topic, text, retain, qos }] of client.received.entries())
    found[`message ${i}`] = `${topic} ${qos} ${retain} ${text}`;
  await client.end();
  return found;
}

interface Folder {
  readonly path: string;
  readonly holds: Served;
}

/** A folder with something of everything, as an orderly stop leaves it, and as a kill does. */
let stopped: Folder;
let killed: Folder;
const made: string[] = [];

async function copy(folder: string): Promise<string> {
  const target = await mkdtemp(join(tmpdir(), 'glossa-damage-'));
  made.push(target);
  await cp(folder, target, { recursive: true });
  return target;
}

beforeAll(async () => {
  const service = await ServiceProcess.start();
  const rest = service.rest();
  const done = async (answer: Promise<{ status: number; text: string }>) => {
    const { status, text } = await answer;
    if (status >= 300) throw new Error(text);
  };
  await done(rest.put('/api/properties/Own', { label: 'Own', kind: 'VolumeFraction', unit: '%' }));
  await done(rest.post('/api/schemas', FLEET_SCHEMA));
  await done(rest.put('/api/features/home/kitchen', { title: 'The kitchen' }));
  await done(rest.put('/api/devices/by-hand', { title: 'By hand', feature: 'home/kitchen' }));
  await done(rest.post('/api/accounts', { username: 'ada', password: 'a long word', roles: ['consumer'] }));
  const away = await service.mqtt({ clientId: 'away', clean: false });
  await away.subscribe(['semantic/+/+/kept/a/#', 'load/kept'], 1);
  await away.end();
  const retainer = await service.mqtt();
  for (let i = 0; i < 200; i++)
    await retainer.publish(`status/${i}`, `kept ${'x'.repeat(i)}`, { qos: 1, retain: true });
  await retainer.end();
  const fleet = await Fleet.start([
    { id: 'kept', topic: 'load/kept', limit: 100 },
    ...Array.from({ length: 10 }, (_, i) => ({
      id: `p${i}`,
      topic: `load/d${i}`,
      timed: i % 2 === 0,
      limit: 60,
    })),
  ]);
  fleet.connect(service.ports.mqtt);
  await fleet.untilAcknowledged(700);
  await fleet.kill();
  // So that the body has something in its log.
  const { status, text } = await rest.delete('/api/observations?datastream=d0/a');
  if (status >= 300) throw new Error(text);
  await service.kill();
  const look = async (path: string) => {
    const gateway = await Opened.start(await copy(path));
    const holds = await served(gateway);
    await gateway.service.close();
    return { path, holds };
  };
  killed = await look(service.directory);
  const copied = await copy(service.directory);
  await (await Opened.start(copied)).service.close();
  stopped = await look(copied);
});
afterAll(async () => {
  for (const folder of made) await rm(folder, { recursive: true, force: true });
});

/** Files of a folder that hold what is kept, by their path in it. */
async function files(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  return (
    names
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      // Of one run alone: a lock, shared memory, what LevelDB says.
      .filter((name) => !/gateway\.lock|-shm$|LOCK$|LOG(\.old)?$|admin-token/.test(name))
      .sort()
  );
}

/**
 * What becomes of a damaged folder: it is not opened, a request tells of it, the log tells of it, or nothing that is
 * served is any different. Anything else is silent.
 */
type Verdict = 'refused' | 'told' | 'logged' | 'same' | 'silent';

async function judge({ holds }: Folder, folder: string): Promise<readonly [Verdict, string]> {
  let gateway: Opened;
  try {
    gateway = await Opened.start(folder);
  } catch (error) {
    return ['refused', sentenceOf(error as Error & { code?: string })];
  }
  try {
    const now = await served(gateway);
    const keys = new Set([...Object.keys(holds), ...Object.keys(now)]);
    const different = [...keys].filter((key) => holds[key] !== now[key]);
    if (different.length === 0) return ['same', ''];
    const key = different[0]!;
    const change = `${different.length} differ, ${key} was ${holds[key]?.slice(0, 150)}, is ${now[key]?.slice(0, 150)}`;
    return gateway.told.length > 0 ? ['logged', gateway.told.join()] : ['silent', change];
  } catch (error) {
    return ['told', (error as Error).message];
  } finally {
    await gateway.service.close().catch(() => undefined);
  }
}

/** What the start says. That of a folder of sessions is made where the program ends: see the last test. */
function sentenceOf({ code, message }: Error & { code?: string }): string {
  const sessions = code === 'LEVEL_DATABASE_NOT_OPEN' || code === 'SESSIONS_DAMAGED';
  return sessions ? 'sessions cannot be read. Restore a backup' : message;
}

async function flip(file: string): Promise<string> {
  const { size } = await stat(file);
  const at = Math.floor(Math.random() * size);
  const bit = 1 << Math.floor(Math.random() * 8);
  const handle = await open(file, 'r+');
  const byte = Buffer.alloc(1);
  await handle.read(byte, 0, 1, at);
  byte[0]! ^= bit;
  await handle.write(byte, 0, 1, at);
  await handle.close();
  return `bit ${bit} of byte ${at} of ${size}`;
}

async function cut(file: string): Promise<string> {
  const { size } = await stat(file);
  const length = Math.floor(Math.random() * size);
  await truncate(file, length);
  return `${length} of ${size} bytes left`;
}

/** Damages each of the files so often, and says where that went unnoticed. */
async function unnoticed(
  base: Folder,
  names: readonly string[],
  times: number,
  damage: (file: string) => Promise<string>,
): Promise<string[]> {
  const found: string[] = [];
  const counts: Record<string, Partial<Record<Verdict, number>>> = {};
  for (const name of names) {
    if ((await stat(join(base.path, name))).size === 0) continue;
    for (let i = 0; i < times; i++) {
      const folder = await copy(base.path);
      const what = `${name}, ${await damage(join(folder, name))}`;
      const [verdict, said] = await judge(base, folder);
      await rm(folder, { recursive: true, force: true });
      const count = (counts[name] ??= {});
      count[verdict] = (count[verdict] ?? 0) + 1;
      if (verdict === 'silent') found.push(`${what}: ${said}`);
      if (verdict === 'refused' && !/restore a backup/i.test(said)) found.push(`${what}: ${said}`);
      if (verdict === 'told' && !said.includes('"code":"unavailable"')) found.push(`${what}: ${said}`);
    }
  }
  const total = Object.entries(counts).map(([name, count]) => `${name} ${JSON.stringify(count)}`);
  process.stdout.write(
    `damage of ${base === stopped ? 'a stopped' : 'a killed'} folder: ${total.join(', ')}\n`,
  );
  return found;
}

describe('a damaged file is refused, or told of, and never served as if it were whole', () => {
  it('a bit flipped, after an orderly stop', async () => {
    expect(await unnoticed(stopped, await files(stopped.path), FLIPS, flip)).toEqual([]);
  }, 400_000);

  it('a bit flipped, after a kill', async () => {
    expect(await unnoticed(killed, await files(killed.path), FLIPS, flip)).toEqual([]);
  }, 400_000);

  it('a log of writes cut, after a kill', async () => {
    const logs = (await files(killed.path)).filter((name) => /-wal$|\.log$/.test(name));
    expect(await unnoticed(killed, logs, CUTS, cut)).toEqual([]);
  }, 400_000);

  it('sessions that are not as they were written: the start says so and the way out', async () => {
    const table = (await files(stopped.path)).find((name) => name.endsWith('.ldb'))!;
    for (let tries = 0; tries < 20; tries++) {
      const folder = await copy(stopped.path);
      await flip(join(folder, table));
      const service = await ServiceProcess.launch({}, folder);
      const listens = service.listening().then(
        () => true,
        () => false,
      );
      if (await listens) {
        await service.kill();
        continue;
      }
      expect((await service.ended).code).toBe(1);
      expect(service.lines.at(-1)?.msg).toMatch(
        /^Glossa does not start: \S+sessions cannot be read \(.+\)\. Restore a backup, or move it away/,
      );
      return;
    }
    throw new Error('no bit of twenty mattered');
  }, 300_000);
});
