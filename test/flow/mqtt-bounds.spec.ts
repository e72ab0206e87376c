import { TestGateway } from './support/gateway.js';
import { Wire } from './support/wire.js';

const MIB = 1024 * 1024;

describe('one client', () => {
  let gateway: TestGateway;

  beforeAll(async () => (gateway = await TestGateway.start({ GLOSSA_IGNORE_TOPICS: '#' })));
  afterAll(() => gateway.stop());

  it('that asks for retained messages and does not read holds one of them, and gets all when it reads', async () => {
    const sender = await gateway.mqtt();
    await sender.publish('big/one', 'x'.repeat(MIB), { qos: 1, retain: true });
    const wire = await Wire.signIn(gateway.mqttPort);
    wire.socket.pause();
    const before = process.memoryUsage().arrayBuffers;
    const asked = 60;
    const subscriptions = [{ topic: 'big/one', qos: 0 as const }];
    wire.send(
      ...Array.from({ length: asked }, (_, i) => ({
        cmd: 'subscribe' as const,
        messageId: i + 1,
        subscriptions,
      })),
    );
    // What it sent was read when another's message has been there and back.
    for (let i = 0; i < 3; i++) await sender.publish('other', 'x', { qos: 2 });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * MIB);
    wire.socket.resume();
    await wire.next('publish', asked);
    expect(wire.count('suback')).toBe(asked);
    await wire.ping();
    await wire.cut();
  });

  it.each([true, false])('has at most 10,000 subscriptions, with clean=%s', async (clean) => {
    const clientId = `subscriber-${clean}`;
    const wire = await Wire.signIn(gateway.mqttPort, { clientId, clean });
    const subscribe = async (messageId: number, topics: string[]) => {
      const subscriptions = topics.map((topic) => ({ topic, qos: 1 as const }));
      wire.send({ cmd: 'subscribe', messageId, subscriptions });
      return (await wire.next('suback', messageId)).granted;
    };
    const topics = Array.from({ length: 10_002 }, (_, i) => `bounds/${i}`);
    const granted = await subscribe(1, topics);
    expect(granted).toEqual(topics.map((_, i) => (i < 10_000 ? 1 : 128)));
    expect(await subscribe(2, ['bounds/7', 'bounds/new'])).toEqual([1, 128]);
    wire.send({ cmd: 'unsubscribe', messageId: 3, unsubscriptions: ['bounds/7'] });
    await wire.next('unsuback');
    expect(await subscribe(3, ['bounds/new', 'bounds/7'])).toEqual([1, 128]);
    await wire.cut();
    if (clean) return;
    // Its session has the same.
    const back = await Wire.signIn(gateway.mqttPort, { clientId, clean });
    const sender = await gateway.mqtt();
    for (const topic of ['bounds/7', 'bounds/10001', 'bounds/9999', 'bounds/new'])
      await sender.publish(topic, 'x');
    await back.next('publish', 2);
    expect(back.all('publish').map(({ topic }) => topic)).toEqual(['bounds/9999', 'bounds/new']);
    await back.cut();
  });

  it('has filters of at most 2 MiB', async () => {
    const wire = await Wire.signIn(gateway.mqttPort);
    const long = (i: number) => `${i}/${'x'.repeat(60_000)}`;
    for (let i = 1; i <= 40; i++)
      wire.send({ cmd: 'subscribe', messageId: i, subscriptions: [{ topic: long(i), qos: 0 }] });
    await wire.next('suback', 40);
    expect(wire.all('suback').filter(({ granted }) => granted[0] === 128)).toHaveLength(6);
    await wire.cut();
  });
});
