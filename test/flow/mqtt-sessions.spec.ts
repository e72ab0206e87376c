import { TestGateway } from './support/gateway.js';
import type { MqttTester } from './support/mqtt.js';
import { CLIMATE, register } from './support/plant.js';
import { Wire } from './support/wire.js';

const raw = (device: string) => `plant/${device}/climate`;
const semantic = (device: string) => `semantic/Temperature/AirTemperature/${device}/temperature`;

/** The temperatures that a client got on a topic, in order. */
function temperatures({ received }: MqttTester, topic: string): number[] {
  return received
    .filter((message) => message.topic === topic && !message.retain)
    .map(({ text }) => JSON.parse(text))
    .map((message) => message.temperature ?? message.hasResult.numericValue);
}

/** What keys of a journal might take for their own. */
const LASTING = 'lasting:0/ü%41;';

describe('a persistent session', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    await register(gateway, CLIMATE);
  });

  afterAll(() => gateway.stop());

  const client = (clientId: string, clean = false) => gateway.mqtt({ clientId, clean });
  const measure = async (device: string, values: number[], qos: 0 | 1 | 2 = 1) => {
    const sender = await gateway.mqtt();
    for (const temperature of values) await sender.publish(raw(device), { temperature }, { qos });
    // QoS 0 has no acknowledgement: what comes after it has.
    await sender.publish('plant/marker', '', { qos: 1 });
    await sender.end();
  };

  it.each([1, 2] as const)(
    'keeps QoS %i messages, raw and semantic, while its client is away',
    async (qos) => {
      const device = `boiler-${qos}`;
      const before = await client(`keeper-${qos}`);
      await before.subscribe([raw(device), semantic(device)], qos);
      await before.end();
      await measure(device, [0, 1, 2], qos);
      await measure(device, [9], 0);
      const back = await client(`keeper-${qos}`);
      await back.until(({ length }) => length >= 6);
      expect(temperatures(back, raw(device))).toEqual([0, 1, 2]);
      expect(temperatures(back, semantic(device))).toEqual([0, 1, 2]);
      expect(back.received.every((message) => message.qos === qos && !message.retain && !message.dup)).toBe(
        true,
      );
      await back.end();
      const again = await client(`keeper-${qos}`);
      await again.publish(raw(device), { temperature: 3 });
      await again.until(({ length }) => length >= 2);
      expect(temperatures(again, raw(device))).toEqual([3]);
    },
  );

  it('delivers live, in order, QoS 0 too', async () => {
    const subscriber = await client('live');
    await subscriber.subscribe([raw('live'), semantic('live')], 1);
    const sender = await gateway.mqtt();
    for (const qos of [0, 1, 2, 1] as const) await sender.publish(raw('live'), { temperature: qos }, { qos });
    await subscriber.until(({ length }) => length >= 8);
    for (const topic of [raw('live'), semantic('live')]) {
      expect(temperatures(subscriber, topic).sort()).toEqual([0, 1, 1, 2]);
      const seen = subscriber.received.filter((message) => message.topic === topic).map(({ qos }) => qos);
      expect(seen.sort()).toEqual([0, 1, 1, 1]);
    }
  });

  it('lasts over a restart, with what its client had and had not acknowledged', async () => {
    const wire = await Wire.signIn(gateway.mqttPort, { clientId: LASTING, clean: false });
    wire.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: raw('lasting'), qos: 2 }] });
    await wire.next('suback');
    await measure('lasting', [1, 2, 3], 2);
    await wire.next('publish', 3);
    const [first, second, third] = wire.all('publish').map(({ messageId }) => messageId!);
    wire.send({ cmd: 'pubrec', messageId: first! }, { cmd: 'pubrec', messageId: second! });
    await wire.next('pubrel', 2);
    wire.send({ cmd: 'pubcomp', messageId: first! });
    await wire.ping();
    await wire.cut();
    await measure('lasting', [4], 2);
    gateway = await gateway.restart();
    await measure('lasting', [5], 2);
    const back = await Wire.signIn(gateway.mqttPort, { clientId: LASTING, clean: false });
    expect(back.all('connack')[0]).toMatchObject({ sessionPresent: true });
    await back.next('publish', 3);
    expect(back.all('pubrel').map(({ messageId }) => messageId)).toEqual([second]);
    const got = back.all('publish').map(({ messageId, dup, payload }) => ({
      again: dup && messageId === third,
      temperature: JSON.parse(payload.toString()).temperature,
    }));
    expect(got).toEqual([
      { again: true, temperature: 3 },
      { again: false, temperature: 4 },
      { again: false, temperature: 5 },
    ]);
    await back.cut();
  });

  it('ends when its client asks for a clean one', async () => {
    const before = await client('cleaned');
    await before.subscribe([raw('cleaned'), semantic('cleaned')], 1);
    await before.end();
    await measure('cleaned', [1]);
    const clean = await client('cleaned', true);
    await clean.end();
    const back = await Wire.signIn(gateway.mqttPort, { clientId: 'cleaned', clean: false });
    expect(back.all('connack')[0]).toMatchObject({ sessionPresent: false });
    await measure('cleaned', [2]);
    await back.ping();
    expect(back.all('publish')).toEqual([]);
    await back.cut();
  });

  it('keeps order when messages come while it is replayed', async () => {
    const before = await client('replayed');
    await before.subscribe([raw('replayed'), semantic('replayed')], 1);
    await before.end();
    const values = Array.from({ length: 1500 }, (_, i) => i);
    const sender = await Wire.signIn(gateway.mqttPort);
    const publish = (from: number, to: number) =>
      sender.publish(
        ...values
          .slice(from, to)
          .map((temperature) => ({ topic: raw('replayed'), payload: { temperature }, id: temperature + 1 })),
      );
    publish(0, 1000);
    await sender.next('puback', 1000);
    const connecting = client('replayed');
    publish(1000, 1500);
    const back = await connecting;
    await back.until(({ length }) => length >= 3000);
    expect(temperatures(back, raw('replayed'))).toEqual(values);
    expect(temperatures(back, semantic('replayed'))).toEqual(values);
    await sender.cut();
  });

  it('sends a window of messages, and more as they are acknowledged', async () => {
    const slow = await Wire.signIn(gateway.mqttPort, { clientId: 'slow-acks', clean: false });
    slow.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'numbers/#', qos: 1 }] });
    await slow.next('suback');
    const other = await gateway.mqtt();
    await other.subscribe('numbers/#', 1);
    const sender = await Wire.signIn(gateway.mqttPort);
    sender.publish(...Array.from({ length: 1200 }, (_, i) => ({ topic: `numbers/${i}`, id: i + 1 })));
    await sender.next('puback', 1200);
    await other.until(({ length }) => length >= 1200);
    await slow.next('publish', 1000);
    await slow.ping();
    const sent = slow.all('publish');
    expect(sent).toHaveLength(1000);
    slow.send(...sent.map(({ messageId }) => ({ cmd: 'puback' as const, messageId: messageId! })));
    await slow.next('publish', 1200);
    expect(slow.all('publish').map(({ topic }) => topic)).toEqual(other.received.map(({ topic }) => topic));
    // What is not acknowledged keeps its packet id, and no other message gets it [MQTT-2.3.1-2].
    await slow.cut();
    const back = await Wire.signIn(gateway.mqttPort, { clientId: 'slow-acks', clean: false });
    sender.publish({ topic: 'numbers/new', id: 1 });
    await back.next('publish', 201);
    const again = back.all('publish').map(({ messageId, dup, topic }) => [messageId, dup, topic]);
    expect(again.slice(0, 200)).toEqual(
      slow
        .all('publish')
        .slice(1000)
        .map(({ messageId, topic }) => [messageId, true, topic]),
    );
    expect(again[200]).toEqual([expect.any(Number), false, 'numbers/new']);
    expect(new Set(again.map(([id]) => id)).size).toBe(201);
    await sender.cut();
    await back.cut();
  });

  it('drops its oldest messages beyond its bound, and says so', async () => {
    const before = await client('full');
    await before.subscribe('bulk/#', 1);
    await before.end();
    const { logger } = gateway.service.gateway;
    const warned: unknown[] = [];
    logger.warn = (fields: unknown) => void warned.push(fields);
    const sender = await Wire.signIn(gateway.mqttPort);
    for (let part = 0; part < 5; part++) {
      const messages = Array.from({ length: 2010 }, (_, i) => ({
        topic: `bulk/${part * 2010 + i}`,
        id: i + 1,
      }));
      sender.publish(...messages);
      await sender.next('puback', (part + 1) * 2010);
    }
    expect(warned).toContainEqual({ client: 'full', messages: 1 });
    const back = await client('full');
    await back.until(({ length }) => length >= 10_000);
    expect(back.received.map(({ topic }) => topic)).toEqual(
      Array.from({ length: 10_000 }, (_, i) => `bulk/${i + 50}`),
    );
    await sender.cut();
  });

  it('is taken over by a second connection of its client', async () => {
    const first = await Wire.signIn(gateway.mqttPort, { clientId: 'twin', clean: false });
    first.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: raw('twin'), qos: 1 }] });
    await first.next('suback');
    const second = await Wire.signIn(gateway.mqttPort, { clientId: 'twin', clean: false });
    await first.ended();
    await measure('twin', [1]);
    await second.next('publish');
    expect(first.all('publish')).toEqual([]);
    await second.cut();
  });

  it('is not lost when its client comes back while the old connection ends', async () => {
    let wire = await Wire.signIn(gateway.mqttPort, { clientId: 'flapping', clean: false });
    wire.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'flap/#', qos: 1 }] });
    await wire.next('suback');
    for (let i = 0; i < 40; i++) {
      const next = Wire.signIn(gateway.mqttPort, { clientId: 'flapping', clean: false });
      for (let turn = 0; turn < i % 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      wire.socket.destroy();
      wire = await next;
    }
    const sender = await gateway.mqtt();
    await sender.publish('flap/1', 'here');
    await wire.next('publish');
    const twin = await Wire.signIn(gateway.mqttPort, { clientId: 'flapping', clean: false });
    await wire.ended();
    await twin.cut();
  });

  it('is answered with CONNACK first, whatever is going on', async () => {
    const session = { clientId: 'first', clean: false };
    let wire = await Wire.signIn(gateway.mqttPort, session);
    const subscriptions = [raw('first'), semantic('first')].flatMap((topic) => [
      { topic, qos: 0 as const },
      { topic: topic.replace('first', '+'), qos: 1 as const },
    ]);
    wire.send({ cmd: 'subscribe', messageId: 1, subscriptions });
    await wire.next('suback');
    const sender = await Wire.signIn(gateway.mqttPort);
    let id = 0;
    const traffic = setInterval(() => {
      for (const qos of [0, 1] as const)
        sender.publish({ topic: raw('first'), payload: { temperature: 1 }, qos, id: (++id % 60_000) + 1 });
    }, 0);
    for (let i = 0; i < 25; i++) {
      await wire.cut();
      wire = await Wire.signIn(gateway.mqttPort, session);
      await wire.next('publish');
      expect(wire.packets[0]).toMatchObject({ cmd: 'connack', sessionPresent: true });
    }
    clearInterval(traffic);
    await wire.cut();
    await sender.cut();
  });

  it('is there for its client where nothing but a message without PUBREL is left of it', async () => {
    const session = { clientId: 'publisher', clean: false };
    const present = async (wire: Wire) => (await wire.next('connack')).sessionPresent;
    let wire = await Wire.signIn(gateway.mqttPort, session);
    expect(await present(wire)).toBe(false);
    wire.publish({ topic: 'receipt/x', qos: 2, id: 1 });
    await wire.next('pubrec');
    await wire.cut();
    gateway = await gateway.restart();
    wire = await Wire.signIn(gateway.mqttPort, session);
    // [MQTT-3.2.2-2]: a client that is told otherwise takes the packet id for another message.
    expect(await present(wire)).toBe(true);
    wire.send({ cmd: 'pubrel', messageId: 1 });
    await wire.next('pubcomp');
    await wire.cut();
    wire = await Wire.signIn(gateway.mqttPort, session);
    expect(await present(wire)).toBe(false);
    await wire.cut();
  });

  it('gets without RETAIN what was published while it subscribed, also when it comes again', async () => {
    const session = { clientId: 'again', clean: false };
    let wire = await Wire.signIn(gateway.mqttPort, session);
    wire.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'again/#', qos: 1 }] });
    await wire.next('suback');
    const sender = await gateway.mqtt();
    await sender.publish('again/x', 'kept', { qos: 1, retain: true });
    expect(await wire.next('publish')).toMatchObject({ retain: false, dup: false });
    await wire.cut();
    wire = await Wire.signIn(gateway.mqttPort, session);
    expect(await wire.next('publish')).toMatchObject({ retain: false, dup: true });
    await wire.cut();
  });

  it('takes as many filters as one SUBSCRIBE holds, at once', async () => {
    const filters = Array.from({ length: 3000 }, (_, i) => ({ topic: `many/${i}/#`, qos: 1 as const }));
    const wire = await Wire.signIn(gateway.mqttPort, { clientId: 'many', clean: false });
    const began = performance.now();
    wire.send({ cmd: 'subscribe', messageId: 1, subscriptions: filters });
    const { granted } = await wire.next('suback');
    expect(granted).toEqual(filters.map(() => 1));
    expect(performance.now() - began).toBeLessThan(3000);
    await wire.cut();
    const sender = await gateway.mqtt();
    for (const i of [0, 1500, 2999]) await sender.publish(`many/${i}/x`, 'x');
    const back = await Wire.signIn(gateway.mqttPort, { clientId: 'many', clean: false });
    await back.next('publish', 3);
    await back.cut();
  });
});
