import { TestGateway } from './support/gateway.js';
import { ledger } from './support/plant.js';
import { Wire, type Publish } from './support/wire.js';

const CLIENTS = 1000;
const MESSAGES = 20;
const QOS = [0, 1, 2] as const;

/** What one client sends in one write: QoS and retain mixed, a topic for each QoS, numbered. */
function batch(client: number): Publish[] {
  return Array.from({ length: MESSAGES }, (_, i) => {
    const qos = QOS[i % 3]!;
    const retain = i % 5 === 0;
    const id = qos === 0 ? {} : { id: i + 1 };
    return { topic: `load/${client}/${qos}`, payload: String(i), qos, retain, ...id };
  });
}

describe('under load', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await TestGateway.start({ GLOSSA_IGNORE_TOPICS: 'load/#,mix/#' });
  });

  afterAll(() => gateway.stop());

  it('a subscriber to # gets every message of 1,000 clients, in order', async () => {
    const subscriber = await Wire.signIn(gateway.mqttPort);
    subscriber.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '#', qos: 2 }] });
    await subscriber.next('suback');
    const wires: Wire[] = [];
    for (let i = 0; i < CLIENTS; i += 100) {
      const some = Array.from({ length: 100 }, () => Wire.signIn(gateway.mqttPort));
      wires.push(...(await Promise.all(some)));
    }
    for (const [i, wire] of wires.entries()) wire.publish(...batch(i));
    await subscriber.next('publish', CLIENTS * MESSAGES);
    const byTopic = new Map<string, number[]>();
    for (const { topic, payload } of subscriber.all('publish')) {
      const seen = byTopic.get(topic) ?? [];
      seen.push(Number(payload));
      byTopic.set(topic, seen);
    }
    expect(byTopic.size).toBe(CLIENTS * QOS.length);
    for (const [topic, seen] of byTopic) {
      const sent = batch(0).filter(({ qos }) => topic.endsWith(`/${qos}`));
      expect(seen).toEqual(sent.map(({ payload }) => Number(payload)));
    }
    const last = wires[CLIENTS - 1]!;
    await last.next('pubrec', batch(0).filter(({ qos }) => qos === 2).length);
    expect(await ledger(gateway)).toMatchObject({
      received: CLIENTS * MESSAGES,
      filtered: CLIENTS * MESSAGES,
    });
    expect(subscriber.all('publish')).toHaveLength(CLIENTS * MESSAGES);
    await Promise.all([subscriber, ...wires].map((wire) => wire.cut()));
  }, 120_000);

  it('none of a mix of QoS and retain in one turn is left out', async () => {
    const sizes = { plain: 0, acknowledged: 1, assured: 2 } as const;
    const subscribers = await Promise.all(
      Object.values(sizes).map(async (qos) => {
        const subscriber = await gateway.mqtt();
        await subscriber.subscribe('mix/#', qos);
        return subscriber;
      }),
    );
    const wire = await Wire.signIn(gateway.mqttPort);
    const count = 900;
    wire.publish(
      ...Array.from({ length: count }, (_, i) => {
        const qos = QOS[(i * 7) % 3]!;
        return {
          topic: `mix/${i % 4}`,
          payload: String(i),
          qos,
          retain: i % 2 === 0,
          ...(qos && { id: i + 1 }),
        };
      }),
    );
    for (const [granted, subscriber] of subscribers.entries()) {
      await subscriber.until(({ length }) => length >= count);
      const numbers = subscriber.received.map(({ text }) => Number(text));
      expect(new Set(numbers).size).toBe(count);
      expect(numbers).toHaveLength(count);
      // [MQTT-3.8.4-6]
      for (const { text, qos } of subscriber.received)
        expect(qos).toBe(Math.min(granted, QOS[(Number(text) * 7) % 3]!));
    }
    await wire.cut();
  });
});
