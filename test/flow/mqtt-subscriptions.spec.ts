import { TestGateway } from './support/gateway.js';
import type { MqttTester } from './support/mqtt.js';
import { account, CLIMATE, register } from './support/plant.js';
import { publishPacket, Wire } from './support/wire.js';

type Qos = 0 | 1 | 2;
const QOS = [0, 1, 2] as const;
const RAW = 'plant/s/climate';
const SEMANTIC = 'semantic/Temperature/AirTemperature/s/temperature';

describe('a subscription', () => {
  let gateway: TestGateway;
  let sender: MqttTester;

  beforeAll(async () => {
    gateway = await TestGateway.start({ GLOSSA_IGNORE_TOPICS: 'end,plant/#' });
    await register(gateway, CLIMATE);
    sender = await gateway.mqtt();
  });

  afterAll(() => gateway.stop());

  /** Publishes with each QoS; answers what of it the client got live: topic and QoS. */
  async function got(client: MqttTester): Promise<string[]> {
    await client.subscribe('end', 1);
    client.received.splice(0);
    for (const qos of QOS) await sender.publish(RAW, { temperature: qos }, { qos });
    // Once for the sessions that send in their turn, once for the rest.
    for (let i = 0; i < 2; i++) {
      await sender.publish('end', String(i), { qos: 1 });
      await client.next(({ topic, text }) => topic === 'end' && text === String(i));
    }
    return client.received
      .filter(({ topic, retain }) => topic !== 'end' && !retain)
      .map(({ topic, qos }) => `${topic} ${qos}`)
      .sort();
  }

  const expected = (topic: string, granted: Qos) => QOS.map((qos) => `${topic} ${Math.min(qos, granted)}`);

  describe.each([true, false])('with a clean session: %s', (clean) => {
    const connect = async () => {
      const clientId = `sub-${Math.random().toString(36).slice(2)}`;
      return gateway.mqtt({ clean, clientId });
    };

    it.each(QOS)('of QoS %i delivers with that at most, raw and semantic', async (granted) => {
      const client = await connect();
      expect(await client.subscribe([RAW, 'semantic/+/+/s/#'], granted)).toEqual([granted, granted]);
      expect(await got(client)).toEqual([...expected(RAW, granted), ...expected(SEMANTIC, granted)].sort());
    });

    it.each<{ filters: [string, Qos][]; granted: Qos }>([
      {
        filters: [
          ['plant/#', 0],
          [RAW, 2],
        ],
        granted: 2,
      },
      {
        filters: [
          [RAW, 2],
          ['plant/#', 0],
        ],
        granted: 2,
      },
      {
        filters: [
          ['+/+/climate', 1],
          ['plant/#', 0],
          ['plant/+/+', 1],
          ['#', 0],
        ],
        granted: 1,
      },
      { filters: [['plant/+/climate', 1]], granted: 1 },
    ])('delivers once where several fit, with the highest QoS: $filters', async ({ filters, granted }) => {
      const client = await connect();
      for (const [filter, qos] of filters) await client.subscribe(filter, qos);
      expect((await got(client)).filter((one) => one.startsWith(RAW))).toEqual(expected(RAW, granted).sort());
    });

    it.each<{ filters: [string, Qos][]; granted: Qos }>([
      {
        filters: [
          ['semantic/#', 0],
          [SEMANTIC, 2],
          ['semantic/Temperature/#', 1],
        ],
        granted: 2,
      },
      {
        filters: [
          ['semantic/+/+/s/#', 1],
          ['#', 0],
        ],
        granted: 1,
      },
    ])('delivers semantic messages so too: $filters', async ({ filters, granted }) => {
      const client = await connect();
      for (const [filter, qos] of filters) await client.subscribe(filter, qos);
      expect((await got(client)).filter((one) => one.startsWith('sem'))).toEqual(
        expected(SEMANTIC, granted).sort(),
      );
    });

    it('that is made again has the QoS of the second time', async () => {
      const client = await connect();
      for (const qos of [2, 0] as const) await client.subscribe([RAW, SEMANTIC], qos);
      expect(await got(client)).toEqual([...expected(RAW, 0), ...expected(SEMANTIC, 0)].sort());
      await client.subscribe([RAW, SEMANTIC], 1);
      expect(await got(client)).toEqual([...expected(RAW, 1), ...expected(SEMANTIC, 1)].sort());
    });

    it('ends with UNSUBSCRIBE, that one alone', async () => {
      const client = await connect();
      await client.subscribe([RAW, 'plant/#', SEMANTIC, 'semantic/+/+/s/#'], 2);
      await client.client.unsubscribeAsync(['plant/#', 'semantic/+/+/s/#', 'never/subscribed']);
      expect(await got(client)).toEqual([...expected(RAW, 2), ...expected(SEMANTIC, 2)].sort());
      await client.client.unsubscribeAsync([RAW, SEMANTIC]);
      expect(await got(client)).toEqual([]);
    });
  });

  it('answers each filter in its place, wrong ones with a refusal', async () => {
    const wire = await Wire.signIn(gateway.mqttPort);
    const topics = ['a', 'a/#', '+/b', 'a/b+', 'b/+c', '#/a'];
    wire.send({
      cmd: 'subscribe',
      messageId: 5,
      subscriptions: topics.slice(0, 3).map((topic, i) => ({ topic, qos: i as Qos })),
    });
    expect((await wire.next('suback')).granted).toEqual([0, 1, 2]);
    for (const topic of topics.slice(3)) {
      const other = await Wire.signIn(gateway.mqttPort);
      other.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos: 1 }] });
      // Refused or, as a breach of the protocol, the end of the connection.
      await other.next('suback').then(
        ({ granted }) => expect(granted).toEqual([128]),
        () => expect(other.closed).toBe(true),
      );
      await other.cut();
    }
    wire.send({ cmd: 'unsubscribe', messageId: 6, unsubscriptions: ['nothing', 'a'] });
    expect(await wire.next('unsuback')).toMatchObject({ messageId: 6 });
    await wire.cut();
  });

  describe.each([true, false])('of filters that repeat, with a clean session: %s', (clean) => {
    const packet = (messageId: number, ...filters: [topic: string, qos: Qos][]) => ({
      cmd: 'subscribe' as const,
      messageId,
      subscriptions: filters.map(([topic, qos]) => ({ topic, qos })),
    });

    it('is answered with a code for each [MQTT-3.8.4-5], and has the QoS of the last', async () => {
      const topic = `repeat/${clean}`;
      await sender.publish(topic, 'kept', { qos: 1, retain: true });
      const wire = await Wire.signIn(gateway.mqttPort, { clean });
      wire.send(packet(1, [topic, 0], [topic, 1], ['b', 0]));
      expect(await wire.next('suback')).toMatchObject({ messageId: 1, granted: [0, 1, 0] });
      await wire.next('publish');
      await sender.publish(topic, 'live', { qos: 2 });
      await wire.next('publish', 2);
      // Again, where nothing is new, and with what follows in the same bytes.
      wire.send(
        packet(2, ['b', 2], [topic, 2], ['b', 1], [topic, 0]),
        packet(3, ['c', 1]),
        packet(4, [topic, 0], [topic, 0]),
        publishPacket({ topic, payload: 'own', qos: 1, id: 9 }),
        { cmd: 'pingreq' },
      );
      await wire.next('puback');
      await wire.next('pingresp');
      await wire.until(() => wire.all('publish').some(({ payload }) => String(payload) === 'own'));
      await wire.next('suback', 4);
      expect(
        wire
          .all('suback')
          .map(({ messageId, granted }) => [messageId, granted])
          .sort(),
      ).toEqual([
        [1, [0, 1, 0]],
        [2, [2, 2, 1, 0]],
        [3, [1]],
        [4, [0, 0]],
      ]);
      const got = wire
        .all('publish')
        .map(({ payload, retain, qos }) => `${String(payload)} ${retain} ${qos}`);
      expect(got).toEqual([
        'kept true 1',
        'live false 1',
        ...['kept true 0', 'kept true 0'],
        ...['own false 0'],
      ]);
      await wire.cut();
      await sender.publish(topic, '', { qos: 1, retain: true });
    });

    it('is refused where an account has no right, each time', async () => {
      const name = `limited-${clean}`;
      const { username, password } = await account(gateway, name, { rules: [['allow', 'subscribe', 'a']] });
      const options = { username, password: Buffer.from(password), clean };
      const wire = await Wire.signIn(gateway.mqttPort, options);
      wire.send(packet(1, ['x', 0], ['a', 2], ['x', 1], ['a', 1]), packet(2, ['x', 0], ['x', 0]));
      await wire.next('suback', 2);
      const codes = new Map(wire.all('suback').map(({ messageId, granted }) => [messageId, granted]));
      expect([codes.get(1), codes.get(2)]).toEqual([
        [128, 2, 128, 1],
        [128, 128],
      ]);
      // More levels than are allowed: the connection ends, as with a filter that comes once.
      const deep = 'd/'.repeat(200);
      wire.send(packet(3, [deep, 0], [deep, 0]));
      await wire.ended();
    });
  });

  it('of many clients to one topic reaches each of them', async () => {
    const clients = await Promise.all(Array.from({ length: 60 }, () => Wire.signIn(gateway.mqttPort)));
    for (const [i, wire] of clients.entries())
      wire.send({
        cmd: 'subscribe',
        messageId: 1,
        subscriptions: [{ topic: 'semantic/#', qos: (i % 3) as Qos }],
      });
    await Promise.all(clients.map((wire) => wire.next('suback')));
    for (let i = 0; i < 30; i++)
      await sender.publish('plant/many/climate', { temperature: i, humidity: i }, { qos: QOS[i % 3]! });
    const live = (wire: Wire) =>
      wire.all('publish').filter(({ retain, topic }) => !retain && topic.includes('/many/'));
    await sender.publish('plant/many/climate', { temperature: 99 }, { qos: 1 });
    for (const [i, wire] of clients.entries()) {
      await wire.until(() => live(wire).length >= 61);
      expect(
        live(wire)
          .map(({ qos }) => qos)
          .sort(),
      ).toEqual(
        [
          ...Array.from({ length: 60 }, (_, n) => Math.min(QOS[Math.floor(n / 2) % 3]!, i % 3)),
          Math.min(1, i % 3),
        ].sort(),
      );
      const values = live(wire)
        .filter(({ topic, qos }) => topic.includes('AirTemperature') && qos === 0)
        .map(({ payload }) => JSON.parse(payload.toString()).hasResult.numericValue);
      expect(values).toEqual([...values].sort((a, b) => a - b));
    }
    await Promise.all(clients.map((wire) => wire.cut()));
  });
});
