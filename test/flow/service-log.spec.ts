import { connect } from 'node:net';
import { ADMIN_TOKEN } from './support/admin-token.js';
import { ServiceProcess, type LogLine } from './support/child.js';
import { Metrics } from './support/metrics.js';
import { MqttTester } from './support/mqtt.js';
import { Rest } from './support/rest.js';
import { Wire } from './support/wire.js';

const PASSWORD = 'the-password-of-node-1';
const WRONG = 'the-wrong-password';
const PAYLOAD = 'what-only-the-payload-says';
const MiB = 1024 * 1024;

const SCHEMA = {
  id: 'nodes',
  topic: 'plant/{device}/data',
  observations: {
    t: { property: 'AirTemperature', unit: '°C' },
    mode: { property: 'Opened', values: { open: true } },
  },
};

/** The service with an account that may publish below plant/ and read everything; and its token. */
async function plant(level: string): Promise<{ service: ServiceProcess; token: string }> {
  const service = await ServiceProcess.start({ GLOSSA_LOG_LEVEL: level, GLOSSA_IGNORE_TOPICS: 'large/#' });
  const rest = service.rest();
  await rest.post('/api/schemas', SCHEMA);
  await rest.post('/api/accounts', {
    username: 'node-1',
    password: PASSWORD,
    rules: [
      { effect: 'allow', action: 'publish', topic: 'plant/#' },
      { effect: 'deny', action: 'publish', topic: 'plant/secret/#' },
      { effect: 'allow', action: 'subscribe', topic: 'large/#' },
    ],
  });
  const { body } = await rest.post('/api/accounts/node-1/tokens', {});
  return { service, token: (body as { token: string }).token };
}

/** What goes wrong in a day. */
async function faults(service: ServiceProcess, token: string): Promise<void> {
  // Passwords that are wrong, and tokens where they do not belong.
  await expect(service.mqtt({ username: 'node-1', password: WRONG })).rejects.toThrow();
  await expect(service.mqtt({ username: token, password: '' })).rejects.toThrow();
  await expect(service.mqtt({ username: ADMIN_TOKEN, password: WRONG })).rejects.toThrow();
  const anonymous = new Rest(service.url, undefined);
  expect((await anonymous.get(`/api/devices?access_token=${token}`)).status).toBe(401);
  expect((await anonymous.get(`/nowhere/${token}?token=${ADMIN_TOKEN}`)).status).toBe(404);
  const socket = `${service.url.replace('http', 'ws')}/mqtt?token=${token}`;
  await expect(MqttTester.connect(socket, { username: 'node-1', password: WRONG })).rejects.toThrow();

  const node = await service.mqtt({ username: 'node-1', password: PASSWORD, clientId: 'node-1-client' });
  await node.publish('plant/secret/data', { t: PAYLOAD }, { qos: 1, messageId: 77 } as object);
  await expect(node.subscribe('semantic/#')).resolves.toEqual([128]);
  await node.publish('plant/d-1/data', { t: 1, mode: PAYLOAD });
  await node.publish('plant/d-1/data', `{ "t": ${PAYLOAD}`);
  await node.publish('plant/nowhere', { t: PAYLOAD });
  await node.end();
}

describe('the log', () => {
  let service: ServiceProcess;
  let token: string;
  const line = (msg: string, more: Partial<LogLine> = {}) =>
    service.log((one) => one.msg === msg && Object.entries(more).every(([key, value]) => one[key] === value));

  beforeAll(async () => {
    ({ service, token } = await plant('debug'));
    await faults(service, token);
  }, 60_000);
  afterAll(() => service.stop());

  it('names who signed in in vain, and from where, but no token that stands where a name should', async () => {
    const refused = await line('sign-in refused', { username: 'node-1' });
    expect(refused).toMatchObject({ level: 30, client: expect.any(String), remote: expect.any(String) });
    await service.log(({ username }) => username === '(a token)');
  });

  it('is joined by the metrics, which count', async () => {
    const metrics = await Metrics.of(service.rest());
    expect(metrics.value('glossa_sign_ins_refused_total')).toBe(4);
    expect(metrics.value('glossa_subscriptions_refused_total')).toBe(1);
    expect(metrics.value('glossa_messages_total', { state: 'refused' })).toBe(1);
  });

  it('names client, account, message and rule of a publish that was refused', async () => {
    expect(await line('publish refused')).toMatchObject({
      level: 30,
      client: 'node-1-client',
      username: 'node-1',
      remote: expect.stringContaining('127.0.0.1'),
      topic: 'plant/secret/data',
      qos: 1,
      packetId: expect.any(Number),
      rule: expect.stringContaining('deny publish plant/secret/#'),
    });
    expect(await line('subscription refused')).toMatchObject({
      client: 'node-1-client',
      username: 'node-1',
      filter: 'semantic/#',
    });
  });

  it('says at debug why a message or value was rejected, with its device and schema', async () => {
    const message = {
      level: 20,
      client: 'node-1-client',
      username: 'node-1',
      qos: 1,
      packetId: expect.any(Number),
    };
    expect(await line('values rejected')).toMatchObject({
      ...message,
      topic: 'plant/d-1/data',
      device: 'd-1',
      schema: 'nodes/versions/1',
      state: 'stored',
      code: 'value-unmapped',
      stage: 'map',
      reason: expect.stringMatching(/^mode: /),
    });
    expect(await line('message rejected')).toMatchObject({
      ...message,
      topic: 'plant/d-1/data',
      code: 'payload-not-json',
      stage: 'decode',
    });
    expect(await line('message unmatched')).toMatchObject({
      topic: 'plant/nowhere',
      code: 'topic-unmatched',
    });
  });

  it('names a subscriber that does not read, and its account', async () => {
    const slow = await Wire.signIn(service.ports.mqtt, {
      clientId: 'slow-client',
      username: 'node-1',
      password: Buffer.from(PASSWORD),
    });
    slow.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'large/#', qos: 0 }] });
    await slow.next('suback');
    slow.socket.pause();
    const sender = await Wire.signIn(service.ports.mqtt);
    const payload = Buffer.alloc(MiB, 'x');
    const dropped = () => service.lines.find(({ msg }) => msg === 'subscriber dropped');
    for (let id = 1; !dropped(); id++) {
      expect(id).toBeLessThan(100);
      sender.publish({ topic: 'large/1', payload, id });
      await sender.next('puback', id);
    }
    expect(dropped()).toMatchObject({
      level: 40,
      client: 'slow-client',
      username: 'node-1',
      remote: expect.stringContaining('127.0.0.1'),
      reason: expect.stringMatching(/bytes wait for a subscriber that does not read/),
    });
    const metrics = await Metrics.of(service.rest());
    expect(metrics.value('glossa_subscribers_dropped_total', { reason: 'full' })).toBe(1);
    expect((await service.rest().get('/health')).body.warnings[0]).toMatch(
      /^1 subscribers that did not read/,
    );
    slow.socket.resume();
    await slow.ended();
    await sender.cut();
  });

  it('holds no secret', () => {
    expect(service.lines.length).toBeGreaterThan(10);
    for (const secret of [PASSWORD, WRONG, token, ADMIN_TOKEN])
      expect([secret, service.output.includes(secret)]).toEqual([secret, false]);
  });
});

it('holds no payload at info, and no more lines than there are reasons', async () => {
  const { service, token } = await plant('info');
  await faults(service, token);
  const node = await service.mqtt({ username: 'node-1', password: PASSWORD, clientId: 'flood' });
  await Promise.all(Array.from({ length: 2000 }, () => node.publish('plant/secret/data', { t: 1 })));
  // Who talks nonsense, again and again.
  for (let i = 0; i < 20; i++) {
    const socket = connect(service.ports.mqtt, '127.0.0.1');
    await new Promise((resolve) => {
      socket
        .once('error', resolve)
        .once('close', resolve)
        .end(Buffer.from(`GET /${token} HTTP/1.1\r\n\r\n`));
      socket.resume();
    });
  }
  await node.end();
  await service.stop();
  for (const secret of [PASSWORD, WRONG, token, ADMIN_TOKEN, PAYLOAD])
    expect([secret, service.output.includes(secret)]).toEqual([secret, false]);
  const told = (msg: string) =>
    service.lines.filter((line) => line.msg === msg && line['client'] === 'flood');
  expect(told('publish refused')).toHaveLength(1);
  // What came after the first is told as a count, at the end at the latest.
  expect(told('publish refused, again')).toMatchObject([{ times: 1999 }]);
  expect(service.lines.length).toBeLessThan(40);
  expect(service.lines.some(({ level }) => level < 30)).toBe(false);
});
