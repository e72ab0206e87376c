import { once } from 'node:events';
import { generate } from 'mqtt-packet';
import WebSocket from 'ws';
import { eventually } from './support/eventually.js';
import { TestGateway } from './support/gateway.js';
import { register } from './support/plant.js';
import { connectPacket, Wire } from './support/wire.js';

const MiB = 1024 * 1024;
const ITEMS = 250;
/** One message, many observations. */
const BULK = {
  id: 'bulk',
  topic: 'bulk/{device}',
  each: 'items',
  time: { value: 't', format: 'unix-ms' },
  observations: { temperature: { property: 'AirTemperature', unit: '°C', value: 'v' } },
};

describe('a subscriber that stops reading', () => {
  let gateway: TestGateway;
  let dropped: { client: string; reason: string }[];

  beforeAll(async () => {
    gateway = await TestGateway.start({ GLOSSA_IGNORE_TOPICS: 'large/#' });
    await register(gateway, BULK);
    const { logger } = gateway.service.gateway;
    dropped = [];
    logger.warn = (fields: unknown) => void dropped.push(fields as { client: string; reason: string });
  });

  afterAll(() => gateway.stop());

  async function stopped(filter: string, qos: 0 | 1): Promise<Wire> {
    const wire = await Wire.signIn(gateway.mqttPort, { clientId: `stopped ${filter} ${qos}` });
    wire.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: filter, qos }] });
    await wire.next('suback');
    wire.socket.pause();
    return wire;
  }

  it.each([0, 1] as const)(
    'of raw messages with QoS %i is dropped at a bound, and delays nobody',
    async (qos) => {
      const slow = await stopped('large/#', qos);
      const reader = await gateway.mqtt();
      await reader.subscribe('large/#', qos);
      const sender = await Wire.signIn(gateway.mqttPort);
      const payload = Buffer.alloc(MiB, 'x');
      let sent = 0;
      while (!dropped.some(({ client }) => client === `stopped large/# ${qos}`)) {
        expect(sent).toBeLessThan(90);
        sender.publish({ topic: `large/${sent}`, payload, id: ++sent });
        // Each is acknowledged and reaches the other while one does not read.
        await sender.next('puback', sent);
        await reader.until(({ length }) => length >= sent);
      }
      expect(sent).toBeGreaterThan(10);
      const { reason } = dropped.at(-1)!;
      expect(reason).toMatch(/^\d+ bytes wait for a subscriber that does not read$/);
      expect(parseInt(reason)).toBeLessThan(70 * MiB);
      slow.socket.resume();
      await slow.ended();
      await sender.cut();
    },
  );

  it('is dropped over WebSocket too', async () => {
    const socket = new WebSocket(`${gateway.httpUrl.replace('http', 'ws')}/mqtt`, 'mqtt');
    await once(socket, 'open');
    socket.send(generate(connectPacket({ clientId: 'stopped over WebSocket' })));
    await once(socket, 'message');
    socket.send(generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'large/#', qos: 0 }] }));
    await once(socket, 'message');
    socket.pause();
    const sender = await Wire.signIn(gateway.mqttPort);
    const payload = Buffer.alloc(MiB, 'x');
    let sent = 0;
    while (!dropped.some(({ client }) => client === 'stopped over WebSocket')) {
      expect(sent).toBeLessThan(90);
      sender.publish({ topic: `large/${sent}`, payload, id: ++sent });
      await sender.next('puback', sent);
    }
    socket.on('error', () => undefined);
    socket.resume();
    await once(socket, 'close');
    await sender.cut();
  });

  it('of semantic messages is dropped after a while, and delays nobody', async () => {
    const slow = await stopped('semantic/#', 0);
    const reader = await gateway.mqtt();
    await reader.subscribe('semantic/#', 0);
    const sender = await Wire.signIn(gateway.mqttPort);
    let sent = 0;
    const send = async () => {
      const items = Array.from({ length: ITEMS }, (_, i) => ({
        v: i / 10,
        t: 1.7e12 + (sent * ITEMS + i) * 1000,
      }));
      sender.publish({ topic: 'bulk/one', payload: { items }, id: ++sent });
      await sender.next('puback', sent);
    };
    while (sent * ITEMS < 40_000) await send();
    await reader.until(({ length }) => length >= sent * ITEMS);
    expect(slow.closed).toBe(false);
    await eventually(async () => {
      await send();
      return dropped.some(({ client }) => client === 'stopped semantic/# 0');
    });
    await reader.until(({ length }) => length >= sent * ITEMS);
    slow.socket.resume();
    await slow.ended();
    await sender.cut();
  });

  it('and whose session lasts is waited for, and its messages with it', async () => {
    const session = { clientId: 'patient', clean: false };
    const slow = await Wire.signIn(gateway.mqttPort, session);
    slow.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'large/#', qos: 1 }] });
    await slow.next('suback');
    slow.socket.pause();
    const sender = await Wire.signIn(gateway.mqttPort);
    const payload = Buffer.alloc(MiB, 'x');
    for (let i = 0; i < 24; i++) {
      sender.publish({ topic: `large/${i}`, payload, id: i + 1 });
      await sender.next('puback', i + 1);
    }
    expect(slow.closed).toBe(false);
    slow.socket.resume();
    for (let i = 0; i < 24; i++) {
      const { messageId, topic } = await slow.next('publish', i + 1);
      expect(topic).toBe(`large/${i}`);
      slow.send({ cmd: 'puback', messageId: messageId! });
    }
    await slow.cut();
    await sender.cut();
  });
});
