import { TestGateway } from './support/gateway.js';
import type { MqttTester, Received } from './support/mqtt.js';
import { CLIMATE, ledger, register } from './support/plant.js';

const at = (minute: number) => `2026-05-01T10:${String(minute).padStart(2, '0')}:00Z`;
const semantic = (device: string, path = '') =>
  `semantic/Temperature/AirTemperature/${device}/temperature${path}`;

/** The value of a semantic message. */
const value = ({ text }: Received): unknown =>
  text === '' ? undefined : JSON.parse(text).hasResult.numericValue;

describe('retained', () => {
  let gateway: TestGateway;
  let sender: MqttTester;

  beforeAll(async () => {
    gateway = await TestGateway.start({ GLOSSA_IGNORE_TOPICS: 'notes/#,end' });
    await register(gateway, CLIMATE);
    sender = await gateway.mqtt();
  });

  afterAll(() => gateway.stop());

  /** What a new subscriber gets at once. */
  async function fresh(filters: string | string[], qos: 0 | 1 | 2 = 2): Promise<Received[]> {
    const subscriber = await gateway.mqtt();
    await subscriber.subscribe(filters, qos);
    await subscriber.subscribe('end', 0);
    await subscriber.publish('end', '', { qos: 1 });
    await subscriber.next(({ topic }) => topic === 'end');
    await subscriber.end();
    return subscriber.received.filter(({ topic }) => topic !== 'end');
  }

  const restart = async () => {
    gateway = await gateway.restart();
    sender = await gateway.mqtt();
  };

  describe('raw messages', () => {
    it('are sent to new subscribers, the newest of each topic, with the lower QoS', async () => {
      await sender.publish('notes/0', 'old', { qos: 1, retain: true });
      for (const qos of [0, 1, 2] as const)
        await sender.publish(`notes/${qos}`, `of QoS ${qos}`, { qos, retain: true });
      await sender.publish('notes/0', 'live', { qos: 1 });
      for (const granted of [0, 1, 2] as const) {
        const messages = await fresh('notes/#', granted);
        expect(messages.map(({ topic, qos, retain, text }) => [topic, qos, retain, text]).sort()).toEqual(
          [0, 1, 2].map((qos) => [`notes/${qos}`, Math.min(qos, granted), true, `of QoS ${qos}`]),
        );
      }
      expect(await fresh('notes/1', 0)).toMatchObject([{ topic: 'notes/1', qos: 0, retain: true }]);
      expect(await fresh('notes/+/x')).toEqual([]);
    });

    it('are sent for each subscription, overlapping or made again', async () => {
      const subscriber = await gateway.mqtt();
      for (const filter of ['notes/#', 'notes/1', 'notes/1']) await subscriber.subscribe(filter, 1);
      await subscriber.until(({ length }) => length >= 5);
      expect(subscriber.received.filter(({ topic }) => topic === 'notes/1')).toHaveLength(3);
      expect(subscriber.received.every(({ retain }) => retain)).toBe(true);
    });

    it('reach live subscribers without the flag', async () => {
      const subscriber = await gateway.mqtt();
      await subscriber.subscribe('notes/live', 2);
      await sender.publish('notes/live', 'now', { qos: 1, retain: true });
      await subscriber.until(({ length }) => length >= 1);
      expect(subscriber.received).toMatchObject([{ text: 'now', retain: false, qos: 1 }]);
    });

    it('survive a restart, to the byte', async () => {
      const bytes = Buffer.from([0, 255, 128, 10, 13]);
      await sender.publish('notes/bytes', bytes, { qos: 1, retain: true });
      await sender.publish('notes/Ä:%/x', 'text', { qos: 2, retain: true });
      await restart();
      const messages = await fresh('notes/#');
      expect(messages.map(({ topic }) => topic).sort()).toEqual(
        ['notes/0', 'notes/1', 'notes/2', 'notes/bytes', 'notes/live', 'notes/Ä:%/x'].sort(),
      );
      expect(messages.find(({ topic }) => topic === 'notes/bytes')?.text).toBe(bytes.toString());
      expect(messages.find(({ topic }) => topic === 'notes/2')).toMatchObject({ qos: 2, retain: true });
    });

    it('are cleared by an empty payload, which counts as filtered and clears nothing else', async () => {
      await sender.publish('plant/clear/climate', { temperature: 5 }, { qos: 1, retain: true });
      const before = await ledger(gateway);
      const subscriber = await gateway.mqtt();
      await subscriber.subscribe(['plant/clear/climate', semantic('clear')], 1);
      await subscriber.until(({ length }) => length >= 2);
      await sender.publish('plant/clear/climate', '', { qos: 1, retain: true });
      await subscriber.until(({ length }) => length >= 3);
      expect(subscriber.received[2]).toMatchObject({ topic: 'plant/clear/climate', text: '', retain: false });
      expect((await ledger(gateway))['filtered']).toBe(before['filtered']! + 1);
      expect(await fresh(['plant/#', semantic('clear')])).toMatchObject([
        { topic: semantic('clear'), retain: true },
      ]);
      await restart();
      expect(await fresh('plant/#')).toEqual([]);
      // Without RETAIN it clears nothing.
      await sender.publish('notes/1', '', { qos: 1 });
      expect(await fresh('notes/1')).toHaveLength(1);
    });
  });

  describe('semantic values', () => {
    it('are the newest by phenomenon time; what is older is told and not kept', async () => {
      const subscriber = await gateway.mqtt();
      await subscriber.subscribe(semantic('late'), 1);
      for (const [minute, temperature] of [
        [1, 10],
        [5, 50],
        [3, 30],
        [5, 55],
      ] as const)
        await sender.publish('plant/late/climate', { temperature, at: at(minute) });
      await subscriber.until(({ length }) => length >= 4);
      expect(subscriber.received.map(value)).toEqual([10, 50, 30, 55]);
      expect(subscriber.received.every(({ retain }) => !retain)).toBe(true);
      const [kept, ...more] = await fresh(semantic('late'));
      expect(more).toEqual([]);
      expect(kept).toMatchObject({ retain: true, qos: 1 });
      expect(value(kept!)).toBe(55);
      expect(JSON.parse(kept!.text)).toEqual(JSON.parse(subscriber.received[3]!.text));
    });

    it('are the same right after a restart', async () => {
      const before = await fresh('semantic/#');
      expect(before.length).toBeGreaterThan(1);
      await restart();
      const after = await fresh('semantic/#');
      const texts = (messages: Received[]) => messages.map(({ topic, text }) => [topic, text]).sort();
      expect(texts(after)).toEqual(texts(before));
      await sender.publish('plant/late/climate', { temperature: 20, at: at(2) });
      expect((await fresh(semantic('late'))).map(value)).toEqual([55]);
    });

    it.each([
      ['semantic/Temperature/AirTemperature/many-1/temperature', 1],
      ['semantic/+/+/many-1/#', 2],
      ['semantic/Temperature/#', 3],
      ['semantic/+/RelativeHumidity/+/humidity', 3],
      ['+/+/+/many-2/+', 2],
      ['semantic/Pressure/#', 0],
      ['semantic/Temperature/AirTemperature/many-1', 0],
    ])('fit %s', async (filter, count) => {
      for (const device of ['many-1', 'many-2', 'many-3'])
        await sender.publish(`plant/${device}/climate`, { temperature: 1, humidity: 2 }, { qos: 2 });
      const messages = (await fresh(filter, 1)).filter(({ topic }) => topic.includes('/many-'));
      expect(messages).toHaveLength(count);
      expect(messages.every(({ retain, qos }) => retain && qos === 1)).toBe(true);
    });

    it('have the QoS of their raw message, or the lower one that was granted', async () => {
      for (const qos of [0, 1, 2] as const) {
        await sender.publish(`plant/qos-${qos}/climate`, { temperature: qos }, { qos });
        await sender.publish('plant/marker/climate', { temperature: 0 }, { qos: 1 });
        for (const granted of [0, 1, 2] as const) {
          const [message] = await fresh(semantic(`qos-${qos}`), granted);
          expect(message).toMatchObject({ qos: Math.min(qos, granted), retain: true });
        }
      }
    });

    it('are many: every datastream comes, in one subscription', async () => {
      for (let i = 0; i < 1500; i += 100) {
        const some = Array.from({ length: 100 }, (_, j) =>
          sender.publish(`plant/crowd-${i + j}/climate`, { temperature: 1, humidity: 2 }),
        );
        await Promise.all(some);
      }
      const messages = await fresh('semantic/#', 0);
      const crowd = messages.filter(({ topic }) => topic.includes('/crowd-'));
      expect(new Set(crowd.map(({ topic }) => topic)).size).toBe(3000);
      expect(crowd).toHaveLength(3000);
    });
  });
});
