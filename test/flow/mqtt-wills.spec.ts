import { TestGateway } from './support/gateway.js';
import type { MqttTester } from './support/mqtt.js';
import { CLIMATE, ledger, register } from './support/plant.js';
import { connectPacket, Wire } from './support/wire.js';

const TOPIC = 'plant/w/climate';
const SEMANTIC = 'semantic/Temperature/AirTemperature/w/temperature';

describe('a will', () => {
  let gateway: TestGateway;
  let watcher: MqttTester;

  const watch = async () => {
    watcher = await gateway.mqtt();
    await watcher.subscribe(['plant/#', SEMANTIC, 'wills/#'], 2);
    await watcher.publish('plant/end', '');
    await watcher.next(({ topic }) => topic === 'plant/end');
    watcher.received.splice(0);
  };

  beforeAll(async () => {
    gateway = await TestGateway.start({ GLOSSA_IGNORE_TOPICS: 'wills/#' });
    await register(gateway, CLIMATE);
    await watch();
  });

  afterAll(() => gateway.stop());

  const will = (options: object = {}) => ({
    topic: TOPIC,
    payload: Buffer.from('{"temperature":-1}'),
    qos: 1 as const,
    retain: false,
    ...options,
  });

  it.each([0, 1, 2] as const)('with QoS %i is published when its client is lost, and mapped', async (qos) => {
    const before = await ledger(gateway);
    const wire = await Wire.signIn(gateway.mqttPort, { will: will({ qos }) });
    await wire.cut();
    await watcher.until(({ length }) => length >= 2);
    const messages = watcher.received.splice(0);
    expect(messages.map(({ topic, qos: got }) => [topic, got]).sort()).toEqual([
      [TOPIC, qos],
      [SEMANTIC, qos],
    ]);
    const semantic = messages.find(({ topic }) => topic === SEMANTIC)!;
    expect(JSON.parse(semantic.text).hasResult.numericValue).toBe(-1);
    expect((await ledger(gateway))['stored']).toBe(before['stored']! + 1);
  });

  it('is published when its client breaks the protocol, is silent, or is taken over', async () => {
    const breaker = await Wire.signIn(gateway.mqttPort, { will: will({ topic: 'wills/breaker' }) });
    breaker.socket.write(Buffer.from([0xf0, 0]));
    await watcher.next(({ topic }) => topic === 'wills/breaker');
    const malformed = await Wire.signIn(gateway.mqttPort, { will: will({ topic: 'wills/malformed' }) });
    malformed.publish({ topic: 'a\u0000b', id: 1 });
    await watcher.next(({ topic }) => topic === 'wills/malformed');
    await Wire.signIn(gateway.mqttPort, { keepalive: 1, will: will({ topic: 'wills/silent' }) });
    await watcher.next(({ topic }) => topic === 'wills/silent');
    const first = await Wire.signIn(gateway.mqttPort, {
      clientId: 'same',
      will: will({ topic: 'wills/first' }),
    });
    const second = await Wire.signIn(gateway.mqttPort, {
      clientId: 'same',
      will: will({ topic: 'wills/second' }),
    });
    await first.ended();
    await watcher.next(({ topic }) => topic === 'wills/first');
    await second.cut();
    await watcher.next(({ topic }) => topic === 'wills/second');
    watcher.received.splice(0);
  });

  it('is not published after DISCONNECT, nor for a sign-in that failed', async () => {
    const wire = await Wire.signIn(gateway.mqttPort, { will: will() });
    wire.send({ cmd: 'disconnect' });
    await wire.ended();
    const refused = await Wire.open(gateway.mqttPort);
    refused.send(connectPacket({ password: Buffer.from('wrong'), will: will() }));
    await refused.ended();
    await watcher.publish('wills/end', '');
    await watcher.next(({ topic }) => topic === 'wills/end');
    expect(watcher.received.splice(0).map(({ topic }) => topic)).toEqual(['wills/end']);
  });

  it('is retained where it says so', async () => {
    const wire = await Wire.signIn(gateway.mqttPort, { will: will({ topic: 'wills/kept', retain: true }) });
    await wire.cut();
    await watcher.next(({ topic }) => topic === 'wills/kept');
    const late = await gateway.mqtt();
    await late.subscribe('wills/kept');
    await late.until(({ length }) => length >= 1);
    expect(late.received).toMatchObject([{ retain: true, text: '{"temperature":-1}' }]);
    watcher.received.splice(0);
  });

  it('may be empty', async () => {
    const before = await ledger(gateway);
    const wire = await Wire.signIn(gateway.mqttPort, { will: will({ payload: Buffer.alloc(0) }) });
    await wire.cut();
    await watcher.next(({ topic, text }) => topic === TOPIC && text === '');
    expect((await ledger(gateway))['filtered']).toBe(before['filtered']! + 1);
    watcher.received.splice(0);
  });

  it('of a client that was connected when the gateway stopped is published once it is back', async () => {
    const session = { clientId: 'away-watcher', clean: false };
    const away = await gateway.mqtt(session);
    await away.subscribe(['wills/stopped', 'wills/left', SEMANTIC], 1);
    await away.end();
    const before = await ledger(gateway);
    const left = await Wire.signIn(gateway.mqttPort, { will: will({ topic: 'wills/left' }) });
    left.send({ cmd: 'disconnect' });
    await left.ended();
    await Wire.signIn(gateway.mqttPort, { will: will() });
    // One of them took its own connection over: the first will is told at once, the second is kept.
    const twin = { clientId: 'twin', will: will({ topic: 'wills/taken-over' }) };
    const first = await Wire.signIn(gateway.mqttPort, twin);
    await Wire.signIn(gateway.mqttPort, { ...twin, will: will({ topic: 'wills/stopped' }) });
    await first.ended();
    await watcher.next(({ topic }) => topic === 'wills/taken-over');
    gateway = await gateway.restart();
    const back = await gateway.mqtt(session);
    await back.until(({ length }) => length >= 2);
    expect(back.received.map(({ topic }) => topic).sort()).toEqual([SEMANTIC, 'wills/stopped']);
    const after = await ledger(gateway);
    expect(after['received']).toBe(before['received']! + 3);
    expect(after['stored']).toBe(before['stored']! + 1);
    // Once.
    gateway = await gateway.restart();
    expect(await ledger(gateway)).toEqual(after);
  });

  it('that is published by a later run takes the place of no message that waits', async () => {
    const session = { clientId: 'away-reader', clean: false };
    const away = await gateway.mqtt(session);
    await away.subscribe('wills/waits', 1);
    await away.end();
    const sender = await gateway.mqtt();
    const texts = Array.from({ length: 40 }, (_, n) => String(n));
    for (const text of texts) await sender.publish('wills/waits', text);
    const last = will({ topic: 'wills/waits', payload: Buffer.from('gone') });
    for (let i = 0; i < 20; i++) await Wire.signIn(gateway.mqttPort, { will: last });
    gateway = await gateway.restart();
    // And neither on disk.
    gateway = await gateway.restart();
    const back = await gateway.mqtt(session);
    await back.until(({ length }) => length >= 60);
    expect(back.received.map(({ text }) => text)).toEqual([...texts, ...Array<string>(20).fill('gone')]);
    // Acknowledged after the others.
    await back.publish('wills/end', '');
    await back.end();
    // What was acknowledged does not come again.
    gateway = await gateway.restart();
    const again = await gateway.mqtt(session);
    await again.publish('wills/waits', 'new');
    await again.until(({ length }) => length >= 1);
    expect(again.received.map(({ text }) => text)).toEqual(['new']);
  });
});
