import { TestGateway } from './support/gateway.js';
import type { MqttTester } from './support/mqtt.js';
import { account, CLIMATE, register } from './support/plant.js';

type Rule = [effect: string, action: string, topic: string];

/** Subscriptions and what comes through them: live, retained, and queued while away. */
describe('access to topics', () => {
  let gateway: TestGateway;
  let admin: MqttTester;
  let names = 0;

  beforeAll(async () => {
    gateway = await TestGateway.start({ GLOSSA_IGNORE_TOPICS: 'rooms/#,end' });
    await register(gateway, CLIMATE);
    admin = await gateway.mqtt();
  });

  afterAll(() => gateway.stop());

  const make = (rights: { roles?: string[]; rules?: Rule[] }) => account(gateway, `user-${++names}`, rights);

  describe.each<{ roles: string[]; reads: string[]; not: string[]; writes: boolean }>([
    {
      roles: ['device'],
      reads: [],
      not: ['#', 'semantic/#', 'rooms/1', '$SYS/#', 'glossa/#'],
      writes: false,
    },
    {
      roles: ['consumer'],
      reads: [
        '#',
        'semantic/#',
        'semantic/+/AirTemperature/#',
        'glossa/devices/#',
        'glossa/#',
        '+/devices/+/status',
      ],
      not: ['rooms/#', 'glossa/rejected/#', '$SYS/#', 'plant/+/climate'],
      writes: false,
    },
    {
      roles: ['operator'],
      reads: ['#', 'semantic/#', 'rooms/#', 'glossa/rejected/#', '$SYS/#', 'plant/+/climate'],
      not: [],
      writes: false,
    },
    { roles: ['admin'], reads: ['#', 'rooms/#', 'glossa/rejected/#', '$SYS/#'], not: [], writes: true },
    {
      roles: ['device', 'consumer'],
      reads: ['semantic/#'],
      not: ['rooms/#'],
      writes: false,
    },
  ])('of roles $roles', ({ roles, reads, not, writes }) => {
    it('is as the contract says', async () => {
      const credentials = await make({ roles });
      const client = await gateway.mqtt(credentials);
      const granted = await client.subscribe([...reads, ...not], 1);
      expect(granted).toEqual([...reads.map(() => 1), ...not.map(() => 128)]);
      const check = (action: string, topic: string) =>
        gateway
          .rest()
          .get(
            `/api/access/check?username=${credentials.username}&action=${action}&topic=${encodeURIComponent(topic)}`,
          );
      for (const [filters, allowed] of [
        [reads, true],
        [not, false],
      ] as const) {
        for (const filter of filters) expect((await check('subscribe', filter)).body.allowed).toBe(allowed);
      }
      expect((await check('publish', 'rooms/1')).body.allowed).toBe(writes);
      const listener = await gateway.mqtt();
      await listener.subscribe('rooms/#');
      await client.publish('rooms/1', 'by a role');
      await admin.publish('rooms/end', '');
      await listener.next(({ topic }) => topic === 'rooms/end');
      expect(listener.received.some(({ text }) => text === 'by a role')).toBe(writes);
      await listener.end();
    });
  });

  /** Topics that a client receives of what the admin publishes. */
  async function received(client: MqttTester, topics: readonly string[]): Promise<string[]> {
    for (const topic of topics) await admin.publish(topic, 'x');
    await admin.publish('end', '');
    await client.next(({ topic }) => topic === 'end');
    return client.received.map(({ topic }) => topic).filter((topic) => topic !== 'end');
  }

  const ROOMS = ['rooms/1/light', 'rooms/1/door', 'rooms/2/light', 'rooms/2/door', 'rooms/3'];
  const END: Rule = ['allow', 'subscribe', 'end'];

  it.each<{ name: string; rules: Rule[]; filter: string; granted: number; sees: string[] }>([
    {
      name: 'an exact allow',
      rules: [['allow', 'subscribe', 'rooms/3']],
      filter: 'rooms/#',
      granted: 1,
      sees: ['rooms/3'],
    },
    {
      name: 'a wildcard',
      rules: [['allow', 'subscribe', 'rooms/+/light']],
      filter: '#',
      granted: 1,
      sees: ['rooms/1/light', 'rooms/2/light'],
    },
    {
      name: 'deny over allow',
      rules: [
        ['deny', 'subscribe', 'rooms/1/#'],
        ['allow', 'subscribe', 'rooms/#'],
      ],
      filter: 'rooms/#',
      granted: 1,
      sees: ['rooms/2/light', 'rooms/2/door', 'rooms/3'],
    },
    {
      name: 'deny within',
      rules: [
        ['allow', 'subscribe', '#'],
        ['deny', 'subscribe', '+/+/door'],
      ],
      filter: 'rooms/#',
      granted: 1,
      sees: ['rooms/1/light', 'rooms/2/light', 'rooms/3'],
    },
    {
      name: 'deny of all of it',
      rules: [
        ['allow', 'subscribe', 'rooms/#'],
        ['deny', 'subscribe', 'rooms/#'],
      ],
      filter: 'rooms/1/#',
      granted: 128,
      sees: [],
    },
    {
      name: 'no overlap',
      rules: [['allow', 'subscribe', 'halls/#']],
      filter: 'rooms/#',
      granted: 128,
      sees: [],
    },
    {
      name: 'allow of publish alone',
      rules: [['allow', 'publish', 'rooms/#']],
      filter: 'rooms/#',
      granted: 128,
      sees: [],
    },
    {
      name: 'the parent level',
      rules: [['allow', 'subscribe', 'rooms/3/#']],
      filter: 'rooms/3',
      granted: 1,
      sees: ['rooms/3'],
    },
  ])('$name', async ({ rules, filter, granted, sees }) => {
    const client = await gateway.mqtt(await make({ rules: [...rules, END] }));
    expect(await client.subscribe(['end', filter], 1)).toEqual([1, granted]);
    expect(await received(client, ROOMS)).toEqual(sees);
  });

  it('{username} stands for the account', async () => {
    const rules: Rule[] = [
      ['allow', 'subscribe', 'rooms/{username}/#'],
      ['allow', 'publish', 'rooms/{username}/+'],
      END,
    ];
    const one = await make({ rules });
    const two = await make({ rules });
    const clients = [await gateway.mqtt(one), await gateway.mqtt(two)] as const;
    for (const client of clients) await client.subscribe(['rooms/#', 'end']);
    await clients[0].publish(`rooms/${one.username}/a`, 'own');
    await clients[0].publish(`rooms/${two.username}/a`, "another's");
    await admin.publish('end', '');
    for (const client of clients) await client.next(({ topic }) => topic === 'end');
    expect(clients.map((client) => client.received.map(({ text }) => text))).toEqual([['own', ''], ['']]);
  });

  it.each([0, 1, 2] as const)(
    'hides live semantic messages of QoS %i from clean sessions too',
    async (qos) => {
      const credentials = await make({
        rules: [
          ['allow', 'subscribe', 'semantic/+/AirTemperature/#'],
          ['deny', 'subscribe', '+/+/+/veiled/#'],
          END,
        ],
      });
      const client = await gateway.mqtt(credentials);
      expect(await client.subscribe(['semantic/#', '#', 'end'], qos)).toEqual([qos, qos, qos]);
      for (const device of ['veiled', 'open'])
        await admin.publish(`plant/${device}/climate`, { temperature: 1, humidity: 2 }, { qos: 2 });
      await admin.publish('end', '', { qos: 2 });
      await client.next(({ topic }) => topic === 'end');
      const live = client.received.filter(({ topic, retain }) => topic !== 'end' && !retain);
      expect(live).toMatchObject([{ topic: 'semantic/Temperature/AirTemperature/open/temperature', qos }]);
    },
  );

  it('hides retained and queued messages as it hides live ones, raw and semantic', async () => {
    const credentials = await make({
      rules: [
        ['allow', 'subscribe', 'plant/#'],
        ['allow', 'subscribe', 'semantic/#'],
        ['deny', 'subscribe', '+/+/+/hidden/#'],
        ['deny', 'subscribe', 'plant/hidden/#'],
        END,
      ],
    });
    const publish = async (retain: boolean) => {
      for (const device of ['hidden', 'shown'])
        await admin.publish(`plant/${device}/climate`, { temperature: 1 }, { qos: 1, retain });
      await admin.publish('end', '', { qos: 1 });
    };
    const seen = ({ received: messages }: MqttTester) =>
      messages.filter(({ topic }) => /shown|hidden/.test(topic)).map(({ topic, retain }) => [topic, retain]);
    const RAW = 'plant/shown/climate';
    const SEMANTIC = 'semantic/Temperature/AirTemperature/shown/temperature';
    await publish(true);
    const session = { ...credentials, clientId: 'sighted', clean: false };
    const first = await gateway.mqtt(session);
    expect(await first.subscribe(['#', 'plant/hidden/climate', 'end'], 1)).toEqual([1, 128, 1]);
    await publish(false);
    await first.next(({ topic }) => topic === 'end');
    expect(seen(first).sort()).toEqual(
      [
        [RAW, false],
        [RAW, true],
        [SEMANTIC, false],
        [SEMANTIC, true],
      ].sort(),
    );
    await first.end();
    await publish(false);
    const back = await gateway.mqtt(session);
    await back.next(({ topic }) => topic === 'end');
    expect(seen(back).sort()).toEqual(
      [
        [RAW, false],
        [SEMANTIC, false],
      ].sort(),
    );
    await back.end();
  });

  it('a session keeps only the filters that were allowed, and only what its account may receive still', async () => {
    const credentials = await make({
      rules: [['allow', 'subscribe', 'rooms/1/#'], ['allow', 'subscribe', 'rooms/2/#'], END],
    });
    const session = { ...credentials, clientId: 'partial', clean: false };
    const first = await gateway.mqtt(session);
    expect(await first.subscribe(['rooms/1/#', 'rooms/3', 'rooms/2/#', 'end'], 1)).toEqual([1, 128, 1, 1]);
    await first.end();
    const rules = (topic: string) =>
      gateway.rest().put(`/api/accounts/${credentials.username}`, {
        rules: [topic, 'end'].map((one) => ({ effect: 'allow', action: 'subscribe', topic: one })),
      });
    // rooms/3 is allowed now, but was not subscribed to.
    await rules('rooms/#');
    await admin.publish('rooms/3', 'not subscribed');
    await admin.publish('rooms/1/door', 'queued');
    const second = await gateway.mqtt(session);
    await second.next(({ text }) => text === 'queued');
    expect(await received(second, ['rooms/3', 'rooms/2/door'])).toEqual(['rooms/1/door', 'rooms/2/door']);
    await second.end();
    // rooms/2 was subscribed to, and is no longer allowed.
    await admin.publish('rooms/2/light', 'queued, then forbidden');
    await rules('rooms/1/#');
    await admin.publish('rooms/2/light', 'forbidden');
    const back = await gateway.mqtt(session);
    expect(await received(back, ROOMS)).toEqual(['rooms/1/light', 'rooms/1/door']);
  });
});
