import { TestGateway } from './support/gateway.js';
import type { MqttTester } from './support/mqtt.js';
import { account, CLIMATE, ledger, letters, register } from './support/plant.js';
import { Wire } from './support/wire.js';

type Rule = [effect: string, action: string, topic: string];

describe('a publish that is denied', () => {
  let gateway: TestGateway;
  let admin: MqttTester;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    await register(gateway, CLIMATE);
    admin = await gateway.mqtt();
    await admin.subscribe('#', 2);
    await account(gateway, 'sensor', {
      rules: [
        ['allow', 'publish', 'plant/#'],
        ['deny', 'publish', 'plant/secret/#'],
      ],
    });
    await account(gateway, 'strict', { rules: [['allow', 'publish', 'plant/#']], onDeny: 'disconnect' });
  });

  afterAll(() => gateway.stop());

  const signIn = (username: string, options: object = {}) =>
    Wire.signIn(gateway.mqttPort, { username, password: Buffer.from(`password-of-${username}`), ...options });

  /**
   * What the admin, who sees everything, has got since, reasons of refusal aside; a marker tells that all of it
   * is there.
   */
  async function seen(): Promise<string[]> {
    const marker = `marker/${Math.random()}`;
    await admin.publish(marker, '', { qos: 2 });
    await admin.next(({ topic }) => topic === marker);
    const topics = admin.received.splice(0).map(({ topic }) => topic);
    return topics.filter((topic) => topic !== marker && topic !== 'glossa/rejected/_');
  }

  it.each([0, 1, 2] as const)(
    'with QoS %i is acknowledged, goes nowhere and is recorded with its rule',
    async (qos) => {
      await seen();
      const before = await ledger(gateway);
      const wire = await signIn('sensor', { clientId: `sensor-${qos}` });
      wire.publish(
        {
          topic: 'plant/secret/climate',
          payload: { temperature: 1 },
          qos,
          retain: true,
          ...(qos && { id: 1 }),
        },
        { topic: 'plant/open/climate', payload: { temperature: 2 }, qos: 1, id: 2 },
      );
      await wire.next('puback', qos === 1 ? 2 : 1);
      if (qos === 2) {
        await wire.next('pubrec');
        wire.send({ cmd: 'pubrel', messageId: 1 });
        await wire.next('pubcomp');
      }
      expect(wire.ids('puback')).toEqual(qos === 1 ? [1, 2] : [2]);
      const topics = await seen();
      expect(topics.sort()).toEqual([
        'plant/open/climate',
        'semantic/Temperature/AirTemperature/open/temperature',
      ]);
      const after = await ledger(gateway);
      expect(after['refused']).toBe(before['refused']! + 1);
      expect(await letters(gateway, 'state=refused&limit=1')).toMatchObject([
        {
          state: 'refused',
          stage: 'access',
          code: 'publish-denied',
          topic: 'plant/secret/climate',
          payload: '{"temperature":1}',
          client: `sensor-${qos}`,
          username: 'sensor',
          rule: 'rule 2 of sensor: deny publish plant/secret/#',
        },
      ]);
      const late = await gateway.mqtt();
      await late.subscribe('plant/#');
      await late.publish('plant/end', '');
      await late.next(({ topic }) => topic === 'plant/end');
      expect(late.received.map(({ topic }) => topic)).toEqual(['plant/end']);
      await wire.cut();
    },
  );

  it('without a rule says so', async () => {
    const wire = await signIn('sensor');
    wire.publish({ topic: 'elsewhere', id: 1 });
    await wire.next('puback');
    expect(await letters(gateway, 'state=refused&limit=1')).toMatchObject([
      {
        topic: 'elsewhere',
        rule: 'no rule allows it',
        message: expect.stringContaining('sensor may not publish to elsewhere'),
      },
    ]);
    await wire.cut();
  });

  it('closes the connection where the account wants that, after what was acknowledged before', async () => {
    await seen();
    const before = await ledger(gateway);
    const wire = await signIn('strict');
    wire.publish(
      { topic: 'plant/one/climate', payload: { temperature: 1 }, id: 1 },
      { topic: 'plant/two/climate', payload: { temperature: 2 }, id: 2, qos: 2 },
      { topic: 'plant/three/climate', payload: 'no JSON', id: 3 },
      { topic: 'elsewhere', payload: 'x', id: 4 },
      { topic: 'plant/four/climate', payload: { temperature: 4 }, id: 5 },
    );
    await wire.ended();
    expect(wire.ids('puback')).toEqual([1, 3]);
    expect(wire.ids('pubrec')).toEqual([2]);
    const after = await ledger(gateway);
    const difference = (state: string) => after[state]! - before[state]!;
    expect(['received', 'stored', 'rejected', 'refused'].map(difference)).toEqual([4, 2, 1, 1]);
    const topics = await seen();
    expect(topics).toContain('plant/one/climate');
    expect(topics).not.toContain('elsewhere');
    expect(topics).not.toContain('plant/four/climate');
  });

  it.each([
    'semantic/Temperature/AirTemperature/open/temperature',
    'semantic',
    'semantic/',
    'glossa/devices/open/status',
    'glossa/rejected/open',
    'glossa',
  ])('to %s is denied to everyone, the admin included', async (topic) => {
    await seen();
    for (const [i, qos] of ([0, 1, 2] as const).entries())
      await admin.publish(topic, `forged ${i}`, { qos, retain: true });
    const topics = await seen();
    expect(topics).toEqual([]);
    const late = await gateway.mqtt();
    await late.subscribe(['semantic/#', 'glossa/#']);
    await late.publish('end', '');
    expect(late.received.some(({ text }) => text.startsWith('forged'))).toBe(false);
    expect(await letters(gateway, 'state=refused&limit=1')).toMatchObject([
      { topic, rule: 'semantic/ and glossa/ belong to the gateway' },
    ]);
    await late.end();
  });

  it('because the topic only begins alike is not', async () => {
    await seen();
    for (const topic of ['semantics/x', 'glossary', 'x/semantic/y']) await admin.publish(topic, 'x');
    expect(await seen()).toEqual(['semantics/x', 'glossary', 'x/semantic/y']);
  });

  it.each<{ name: string; topic: string; rules: Rule[]; rule: string }>([
    {
      name: 'a denied topic',
      topic: 'elsewhere/will',
      rules: [['allow', 'publish', 'plant/#']],
      rule: 'no rule allows it',
    },
    {
      name: "the gateway's topics",
      topic: 'glossa/devices/x/status',
      rules: [['allow', 'publish', '#']],
      rule: 'semantic/ and glossa/ belong to the gateway',
    },
  ])('is a will for $name', async ({ topic, rules, rule }) => {
    await account(gateway, `willing-${topic.length}`, { rules });
    await seen();
    const will = { topic, payload: Buffer.from('gone'), qos: 1 as const, retain: true };
    const wire = await signIn(`willing-${topic.length}`, { will, clientId: 'willing' });
    const before = await ledger(gateway);
    await wire.cut();
    while ((await ledger(gateway))['refused'] === before['refused']) await gateway.rest().get('/health');
    expect(await seen()).toEqual([]);
    expect(await letters(gateway, 'state=refused&limit=1')).toMatchObject([
      { topic, client: 'willing', username: `willing-${topic.length}`, rule, payload: 'gone' },
    ]);
  });
});
