import { TestGateway } from './support/gateway.js';
import type { MqttTester } from './support/mqtt.js';
import { account, letters, register } from './support/plant.js';

const SCHEMA = {
  id: 'strict',
  topic: 'strict/{device}',
  payload: { type: 'object', required: ['temperature'] },
  observations: {
    temperature: { property: 'AirTemperature', unit: '°C', range: [-40, 80], outOfRange: 'reject' },
    humidity: { property: 'RelativeHumidity', unit: '%' },
  },
};
type Rule = [effect: string, action: string, topic: string];
interface Letter {
  readonly topic: string;
}

const REGISTERED = {
  id: 'registered',
  topic: 'registered/{device}',
  autoCreate: false,
  observations: { temperature: { property: 'AirTemperature', unit: '°C' } },
};

describe('glossa/rejected/{device}', () => {
  let gateway: TestGateway;
  let watcher: MqttTester;
  let sender: MqttTester;
  let readers = 0;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    await register(gateway, SCHEMA, REGISTERED);
    await account(gateway, 'limited', { rules: [['allow', 'publish', 'strict/#']] });
    watcher = await gateway.mqtt();
    await watcher.subscribe('glossa/rejected/#', 2);
    sender = await gateway.mqtt();
  });

  afterAll(() => gateway.stop());

  const strict = { schema: 'http://glossa.test/api/schemas/strict/versions/1', topic: 'strict/s1' };

  it.each<{ name: string; topic: string; payload: unknown; device: string; says: object }>([
    {
      name: 'bytes that cannot be decoded',
      topic: 'strict/s1',
      payload: 'no JSON',
      device: 's1',
      says: { ...strict, state: 'rejected', stage: 'decode' },
    },
    {
      name: 'a payload that is not as its schema says',
      topic: 'strict/s1',
      payload: { humidity: 3 },
      device: 's1',
      says: { ...strict, state: 'rejected' },
    },
    {
      name: 'a value out of range',
      topic: 'strict/s1',
      payload: { temperature: 200 },
      device: 's1',
      says: { ...strict, state: 'rejected', datastream: 'temperature', code: 'value-out-of-range' },
    },
    {
      name: 'one bad value among good ones',
      topic: 'strict/s1',
      payload: { temperature: 20, humidity: 'wet' },
      device: 's1',
      says: { ...strict, state: 'stored', datastream: 'humidity' },
    },
    {
      name: 'a topic that no schema takes',
      topic: 'unknown/topic',
      payload: 'x',
      device: '_',
      says: { state: 'unmatched', stage: 'match', code: 'topic-unmatched', topic: 'unknown/topic' },
    },
    {
      name: 'a device that nobody registered',
      topic: 'registered/r1',
      payload: { temperature: 1 },
      device: 'r1',
      says: {
        state: 'rejected',
        stage: 'check',
        code: 'device-unknown',
        schema: 'http://glossa.test/api/schemas/registered/versions/1',
      },
    },
    {
      name: 'a device with a name of its own',
      topic: 'strict/Küche 1',
      payload: 'no JSON',
      device: 'K%C3%BCche%201',
      says: { state: 'rejected', stage: 'decode', topic: 'strict/Küche 1' },
    },
  ])('tells of $name', async ({ topic, payload, device, says }) => {
    watcher.received.splice(0);
    await sender.publish(topic, payload, { qos: 1 });
    await watcher.until(({ length }) => length >= 1);
    const [message] = watcher.received;
    expect(message).toMatchObject({ topic: `glossa/rejected/${device}`, retain: false, qos: 1 });
    const said = JSON.parse(message!.text);
    expect(said).toMatchObject(says);
    expect(said).toMatchObject({
      message: expect.any(String),
      code: expect.any(String),
      stage: expect.any(String),
    });
    // A pointer where there is one, never null; and the dead letter says the same.
    expect(Object.values(said)).not.toContain(null);
    const [letter] = await letters(gateway, `limit=1&code=${said.code}`);
    expect(letter).toMatchObject({ state: said.state, topic: said.topic });
  });

  it('tells of a refusal, with the rule', async () => {
    watcher.received.splice(0);
    const limited = await gateway.mqtt({ username: 'limited', password: 'password-of-limited' });
    await limited.publish('elsewhere', 'x', { qos: 2 });
    await watcher.until(({ length }) => length >= 1);
    const [message] = watcher.received;
    expect(message).toMatchObject({ topic: 'glossa/rejected/_', qos: 2 });
    expect(JSON.parse(message!.text)).toMatchObject({
      state: 'refused',
      stage: 'access',
      code: 'publish-denied',
      topic: 'elsewhere',
      message: 'limited may not publish to elsewhere: no rule allows it',
    });
  });

  it('is silent of what is good, filtered, or known already', async () => {
    watcher.received.splice(0);
    await sender.publish('strict/s2', { temperature: 20, humidity: null }, { qos: 1 });
    await sender.publish('strict/s2', '', { qos: 1 });
    await sender.publish('unknown/end', 'x', { qos: 1 });
    await watcher.until(({ length }) => length >= 1);
    expect(watcher.received.map(({ text }) => JSON.parse(text).topic)).toEqual(['unknown/end']);
  });

  it('is retained nowhere', async () => {
    const late = await gateway.mqtt();
    await late.subscribe('glossa/rejected/#');
    await late.publish('unknown/end', 'x');
    await late.until(({ length }) => length >= 1);
    expect(late.received).toHaveLength(1);
    expect(late.received[0]!.retain).toBe(false);
  });

  it('comes with the QoS of the raw message, for a session that is away too', async () => {
    const session = { clientId: 'reject-watch', clean: false };
    const away = await gateway.mqtt(session);
    await away.subscribe('glossa/rejected/s3', 1);
    await away.end();
    for (const qos of [0, 1, 2] as const) await sender.publish('strict/s3', `no JSON ${qos}`, { qos });
    await sender.publish('strict/s4', {}, { qos: 1 });
    const back = await gateway.mqtt(session);
    await back.until(({ length }) => length >= 2);
    expect(back.received.map(({ qos }) => qos)).toEqual([1, 1]);
  });

  it.each<{ name: string; rules: Rule[]; filter: string; hears: string[] }>([
    { name: 'an operator', rules: [], filter: 'glossa/rejected/#', hears: ['$secret', 'open/1', 'secret/1'] },
    {
      name: 'an operator who may not read some topics',
      rules: [['deny', 'subscribe', 'secret/#']],
      filter: '#',
      hears: ['open/1'],
    },
    {
      name: 'an account that may read some topics',
      rules: [
        ['allow', 'subscribe', 'glossa/rejected/#'],
        ['allow', 'subscribe', 'open/#'],
      ],
      filter: 'glossa/#',
      hears: ['open/1'],
    },
  ])('tells $name of what it may read letters of', async ({ name, rules, filter, hears }) => {
    const roles = name.startsWith('an operator') ? ['operator'] : [];
    const credentials = await account(gateway, `reader-${++readers}`, { roles, rules });
    const connect = async (clientId: string, clean: boolean, qos: 0 | 1) => {
      const client = await gateway.mqtt({ ...credentials, clientId: `${clientId}-${readers}`, clean });
      await client.subscribe(filter, qos);
      return client;
    };
    const away = await connect('away', false, 1);
    await away.end();
    const here = [
      await connect('qos-0', true, 0),
      await connect('qos-1', true, 1),
      await connect('kept-0', false, 0),
      await connect('kept-1', false, 1),
    ];
    for (const topic of ['$secret', 'secret/1', 'open/1']) await sender.publish(topic, 'x', { qos: 1 });
    const back = await gateway.mqtt({ ...credentials, clientId: `away-${readers}`, clean: false });
    for (const client of [...here, back]) {
      const heard = () => client.received.filter(({ topic }) => topic.startsWith('glossa/rejected/'));
      await client.until(() => heard().some(({ text }) => text.includes('open/1')));
      expect(
        heard()
          .map(({ text }) => JSON.parse(text).topic)
          .sort(),
      ).toEqual(hears);
    }
    if (roles.length === 0) return;
    const { body } = await gateway.rest().post(`/api/accounts/${credentials.username}/tokens`, {});
    const listed = (await gateway.rest(body.token).get('/api/messages?limit=1000')).body.items as Letter[];
    const topics = new Set(listed.map(({ topic }) => topic));
    expect(['$secret', 'open/1', 'secret/1'].filter((topic) => topics.has(topic))).toEqual(hears);
  });
});
