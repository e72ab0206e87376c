import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { ServiceProcess, temporaryFolder } from './support/child.js';
import { TestProcess } from './support/process.js';

/** Every setting that users are promised. */
const SETTINGS = [
  'GLOSSA_HOST',
  'GLOSSA_HTTP_PORT',
  'GLOSSA_MQTT_PORT',
  'GLOSSA_MQTTS_PORT',
  'GLOSSA_TLS_CERT',
  'GLOSSA_TLS_KEY',
  'GLOSSA_DATA_DIR',
  'GLOSSA_BASE_URL',
  'GLOSSA_ADMIN_TOKEN',
  'GLOSSA_UPSTREAM',
  'GLOSSA_UPSTREAM_PUBLISH',
  'GLOSSA_DURABILITY',
  'GLOSSA_MAX_DEVICES',
  'GLOSSA_IGNORE_TOPICS',
  'GLOSSA_RETENTION',
  'GLOSSA_METRICS_ACCESS',
  'GLOSSA_LOG_LEVEL',
];

describe('a start', () => {
  it('answers 200 on /health once it listens where its log says, and warns of what is open', async () => {
    const env = { GLOSSA_BASE_URL: '', GLOSSA_LOG_LEVEL: 'debug', GLOSSA_HOST: '0.0.0.0' };
    const service = await ServiceProcess.start(env);
    expect(await service.log(({ level }) => level === 40)).toMatchObject({
      host: '0.0.0.0',
      msg: expect.stringMatching(/beyond this machine without TLS.*GLOSSA_TLS_CERT/),
    });
    const { status, body } = await service.rest().get('/health');
    expect([status, body.status, body.trouble]).toEqual([200, 'ok', []]);
    const line = await service.log(({ msg }) => msg.startsWith('Glossa listens'));
    expect(line.msg).toContain(`http://localhost:${service.ports.http}/api`);
    expect(line['data']).toBe(service.directory);
    await (await service.mqtt()).end();
    await service.stop();
    // What a program reads is JSON, line by line, and nothing is said elsewhere.
    expect(service.lines.at(-1)).toMatchObject({ msg: 'Glossa stopped', time: expect.stringMatching(/Z$/) });
    expect(service.stderr).toBe('');
  });

  it('lists every setting with --help', async () => {
    const help = TestProcess.node('dist/apps/gateway/src/main.js', ['--help']);
    expect((await help.ended).code).toBe(0);
    const listed = [...help.stdout.matchAll(/^ {2}(GLOSSA_\w+) +\S/gm)].map(([, name]) => name);
    expect(listed.sort()).toEqual([...SETTINGS].sort());
  });

  it('makes an admin token for its owner only and keeps it', async () => {
    const first = await ServiceProcess.start({ GLOSSA_ADMIN_TOKEN: '' });
    const file = join(first.directory, 'admin-token');
    const token = (await readFile(file, 'utf8')).trim();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(token.length).toBeGreaterThanOrEqual(24);
    expect((await first.rest(token).get('/api/schemas')).status).toBe(200);
    await first.stop();
    const second = await first.again();
    expect((await readFile(file, 'utf8')).trim()).toBe(token);
    expect((await second.rest(token).get('/api/schemas')).status).toBe(200);
    expect((await second.rest('').get('/api/schemas')).status).toBe(401);
    expect(first.output + second.output).not.toContain(token);
    // On this machine alone, there is nothing to warn of.
    expect(second.lines.filter(({ level }) => level >= 40)).toEqual([]);
    await second.stop();
  });

  it('stops in order when the signal comes before it listens', async () => {
    const service = await ServiceProcess.launch({ GLOSSA_LOG_LEVEL: 'debug' });
    await service.until(() => (service.stdout !== '' ? true : undefined));
    expect((await service.kill('SIGTERM')).code).toBe(0);
  });
});

/** Settings that cannot be used, and what the sentence names beside them. `FOLDER` is a fresh folder. */
const WRONG: readonly (readonly [settings: Record<string, string>, named: string])[] = [
  [{ GLOSSA_HOST: 'no host' }, 'GLOSSA_HOST=no host'],
  [{ GLOSSA_HOST: 'no-such-host.invalid' }, 'GLOSSA_HOST=no-such-host.invalid'],
  [{ GLOSSA_HOST: '203.0.113.7' }, 'GLOSSA_HOST=203.0.113.7'],
  [{ GLOSSA_HTTP_PORT: '70000' }, 'GLOSSA_HTTP_PORT=70000'],
  [{ GLOSSA_HTTP_PORT: 'http' }, 'GLOSSA_HTTP_PORT=http'],
  [{ GLOSSA_MQTT_PORT: '-1' }, 'GLOSSA_MQTT_PORT=-1'],
  [{ GLOSSA_MQTTS_PORT: '8883.5' }, 'GLOSSA_MQTTS_PORT=8883.5'],
  [{ GLOSSA_HTTP_PORT: '18883', GLOSSA_MQTT_PORT: '18883' }, 'GLOSSA_HTTP_PORT and GLOSSA_MQTT_PORT'],
  [{ GLOSSA_TLS_CERT: 'FOLDER/cert.pem' }, 'GLOSSA_TLS_KEY'],
  [{ GLOSSA_TLS_KEY: 'FOLDER/key.pem' }, 'GLOSSA_TLS_CERT'],
  [{ GLOSSA_TLS_CERT: 'FOLDER/none', GLOSSA_TLS_KEY: 'FOLDER/none' }, 'GLOSSA_TLS_CERT=FOLDER/none'],
  [{ GLOSSA_TLS_CERT: 'package.json', GLOSSA_TLS_KEY: 'package.json' }, 'GLOSSA_TLS_CERT=package.json'],
  [{ GLOSSA_DATA_DIR: 'package.json' }, 'GLOSSA_DATA_DIR=package.json'],
  [{ GLOSSA_DATA_DIR: 'package.json/data' }, 'GLOSSA_DATA_DIR=package.json/data'],
  [{ GLOSSA_BASE_URL: 'glossa.test' }, 'GLOSSA_BASE_URL=glossa.test'],
  [{ GLOSSA_BASE_URL: 'ftp://glossa.test' }, 'GLOSSA_BASE_URL=ftp://glossa.test'],
  [{ GLOSSA_BASE_URL: 'http://ada:secret@glossa.test' }, 'GLOSSA_BASE_URL is no http or https URL'],
  [{ GLOSSA_RETENTION: '90' }, 'GLOSSA_RETENTION: "90" is no duration'],
  [{ GLOSSA_METRICS_ACCESS: 'closed' }, 'GLOSSA_METRICS_ACCESS=closed is none of open, token'],
  [{ GLOSSA_BASE_URL: 'http://glossa.test/?a=1' }, 'GLOSSA_BASE_URL=http://glossa.test/?a=1'],
  [{ GLOSSA_ADMIN_TOKEN: 'short' }, 'GLOSSA_ADMIN_TOKEN'],
  [{ GLOSSA_ADMIN_TOKEN: 'long enough but with spaces' }, 'GLOSSA_ADMIN_TOKEN'],
  [{ GLOSSA_UPSTREAM: 'broker:1883' }, 'GLOSSA_UPSTREAM'],
  [{ GLOSSA_UPSTREAM: 'http://u:hidden-word@broker' }, 'GLOSSA_UPSTREAM'],
  [{ GLOSSA_UPSTREAM: 'mqtt://' }, 'GLOSSA_UPSTREAM'],
  [{ GLOSSA_UPSTREAM_PUBLISH: 'yes' }, 'GLOSSA_UPSTREAM_PUBLISH=yes'],
  [{ GLOSSA_UPSTREAM_PUBLISH: 'true' }, 'GLOSSA_UPSTREAM'],
  [{ GLOSSA_DURABILITY: 'never' }, 'GLOSSA_DURABILITY=never'],
  [{ GLOSSA_MAX_DEVICES: '0' }, 'GLOSSA_MAX_DEVICES=0'],
  [{ GLOSSA_MAX_DEVICES: '1e3' }, 'GLOSSA_MAX_DEVICES=1e3'],
  [{ GLOSSA_IGNORE_TOPICS: 'a/#/b' }, 'GLOSSA_IGNORE_TOPICS'],
  [{ GLOSSA_IGNORE_TOPICS: 'cmnd/#,' }, 'GLOSSA_IGNORE_TOPICS'],
  [{ GLOSSA_LOG_LEVEL: 'loud' }, 'GLOSSA_LOG_LEVEL=loud'],
  [{ GLOSSA_PORT: '3000' }, 'GLOSSA_PORT'],
  [{ GLOSSA_HOST: 'no-such-host.invalid', GLOSSA_LOG_LEVEL: 'silent' }, 'GLOSSA_HOST'],
];

describe('a wrong setting', () => {
  it('has its place in the table below', () => {
    const covered = new Set(WRONG.flatMap(([settings]) => Object.keys(settings)));
    expect([...covered].filter((name) => name !== 'GLOSSA_PORT').sort()).toEqual([...SETTINGS].sort());
  });

  // In one test, several at a time: each is a process, and some wait for the resolver.
  it.each(chunks(WRONG, 12))('stops the start with a sentence that names it %#', async (...group) => {
    const results = group.map(async ([settings, named]) => {
      const folder = await temporaryFolder();
      const inFolder = (text: string) => text.replaceAll('FOLDER', folder);
      const env = Object.entries(settings).map(([name, value]) => [name, inFolder(value)]);
      const service = await ServiceProcess.launch(Object.fromEntries(env), join(folder, 'data'));
      const { code } = await service.ended;
      const said = service.output.trim().split('\n').at(-1);
      expect({ settings, code }).toEqual({ settings, code: 1 });
      expect(said).toContain('Glossa does not start: ');
      expect(said).toContain(inFolder(named));
      expect(service.output).not.toMatch(/hidden-word|^\s+at /m);
    });
    await Promise.all(results);
  });
});

describe('a start that finds its place taken', () => {
  it('names the port and its setting', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = String((server.address() as AddressInfo).port);
    const told = ['GLOSSA_HTTP_PORT', 'GLOSSA_MQTT_PORT'].map(async (setting) => {
      const service = await ServiceProcess.launch({ [setting]: port });
      expect((await service.ended).code).toBe(1);
      expect(service.lines.at(-1)?.msg).toMatch(new RegExp(`port ${port} is in use.* ${setting}\\.`));
    });
    await Promise.all(told);
    server.close();
  });

  it('leaves a data folder to the gateway that has it, which goes on', async () => {
    const first = await ServiceProcess.start();
    const before = await readdir(first.directory);
    const second = await ServiceProcess.launch({}, first.directory);
    expect((await second.ended).code).toBe(1);
    expect(second.lines.map(({ msg }) => msg)).toEqual([
      `Glossa does not start: The data folder ${first.directory} is in use by another gateway. ` +
        'Stop that one, or give this one its own folder with GLOSSA_DATA_DIR.',
    ]);
    expect(await readdir(first.directory)).toEqual(before);
    expect((await first.rest().get('/health')).status).toBe(200);
    await first.kill('SIGKILL');
    // What a kill leaves behind holds nobody up.
    await (await first.again()).stop();
  });

  it('refuses an admin token file that would let everybody in', async () => {
    const folder = await temporaryFolder();
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'admin-token'), '\n');
    const service = await ServiceProcess.launch({ GLOSSA_ADMIN_TOKEN: '' }, folder);
    expect((await service.ended).code).toBe(1);
    expect(service.output).toMatch(/admin-token holds no token/);
  });
});

function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) =>
    list.slice(i * size, (i + 1) * size),
  );
}
