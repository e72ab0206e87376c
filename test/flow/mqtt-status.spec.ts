import { TestGateway } from './support/gateway.js';
import type { MqttTester } from './support/mqtt.js';
import { account, register } from './support/plant.js';
import { Wire } from './support/wire.js';

const topic = (device: string) => `glossa/devices/${device}/status`;

describe("a device's status", () => {
  let gateway: TestGateway;
  let consumer: MqttTester;

  const watch = async () => {
    consumer = await gateway.mqtt({ username: 'consumer', password: 'password-of-consumer' });
    expect(await consumer.subscribe('glossa/devices/#', 2)).toEqual([2]);
  };

  beforeAll(async () => {
    gateway = await TestGateway.start({ GLOSSA_IGNORE_TOPICS: 'end' });
    await account(gateway, 'consumer', { roles: ['consumer'], rules: [['allow', 'subscribe', 'end']] });
    await watch();
  });

  afterAll(() => gateway.stop());

  /** Registers a device with an account of its own name. */
  async function device(name: string): Promise<void> {
    await account(gateway, name, { roles: ['device'], rules: [['allow', 'publish', 'plant/{username}/#']] });
    const { status } = await gateway.rest().put(`/api/devices/${name}`, { account: name });
    expect(status).toBe(201);
    await told(name, 'offline');
  }

  /** Waits until the consumer has heard these words of a device since the last time. */
  async function told(name: string, ...words: string[]): Promise<void> {
    const heard = () =>
      consumer.received.filter((message) => message.topic === topic(name)).map(({ text }) => text);
    await consumer.until(() => heard().length >= words.length);
    expect(heard()).toEqual(words);
    consumer.received.splice(0);
  }

  /** The retained status, undefined when there is none. */
  async function retained(name: string): Promise<string | undefined> {
    const late = await gateway.mqtt();
    await late.subscribe([topic(name), 'end'], 1);
    await late.publish('end', '');
    await late.next((message) => message.topic === 'end');
    await late.end();
    const [message] = late.received.filter((one) => one.topic === topic(name));
    if (message) expect(message).toMatchObject({ retain: true, qos: 1 });
    return message?.text;
  }

  const signIn = (name: string, options: object = {}) =>
    Wire.signIn(gateway.mqttPort, {
      username: name,
      password: Buffer.from(`password-of-${name}`),
      ...options,
    });

  it('is its account being connected, and is retained', async () => {
    await device('d1');
    expect(await retained('d1')).toBe('offline');
    const first = await signIn('d1');
    await told('d1', 'online');
    expect(await retained('d1')).toBe('online');
    first.send({ cmd: 'disconnect' });
    await told('d1', 'offline');
    const will = { topic: 'plant/d1/will', payload: Buffer.from('x'), qos: 0 as const, retain: false };
    const second = await signIn('d1', { will });
    await told('d1', 'online');
    await second.cut();
    await told('d1', 'offline');
    expect(await retained('d1')).toBe('offline');
  });

  it('lasts as long as one of several connections', async () => {
    await device('d2');
    const [one, two] = [await signIn('d2'), await signIn('d2')];
    await told('d2', 'online');
    await one.cut();
    await device('d2-marker');
    expect(consumer.received).toEqual([]);
    await two.cut();
    await told('d2', 'offline');
  });

  it('stays online when the same client connects anew', async () => {
    await device('d3');
    let wire = await signIn('d3', { clientId: 'd3', clean: false });
    await told('d3', 'online');
    for (const clean of [false, true, false]) {
      const next = await signIn('d3', { clientId: 'd3', clean });
      await wire.ended();
      wire = next;
    }
    await device('d3-marker');
    expect(await retained('d3')).toBe('online');
    await wire.cut();
    await told('d3', 'offline');
  });

  it('is known at once when it is registered, forgotten when its account or itself goes', async () => {
    await account(gateway, 'd4');
    const wire = await signIn('d4');
    await gateway.rest().put('/api/devices/d4', { account: 'd4' });
    await told('d4', 'online');
    await gateway.rest().put('/api/devices/d4', {});
    await told('d4', '');
    expect(await retained('d4')).toBeUndefined();
    await gateway.rest().put('/api/devices/d4', { account: 'd4' });
    await told('d4', 'online');
    await gateway.rest().delete('/api/accounts/d4');
    await wire.ended();
    await told('d4', 'offline');
    await gateway.rest().delete('/api/devices/d4');
    await told('d4', '');
    expect(await retained('d4')).toBeUndefined();
  });

  it('is of every device of the account', async () => {
    await account(gateway, 'hub', { roles: ['device'] });
    for (const name of ['h1', 'h2', 'room 3/ü']) {
      await gateway.rest().put(`/api/devices/${encodeURIComponent(name)}`, { account: 'hub' });
      await told(encodeURIComponent(name), 'offline');
    }
    const wire = await signIn('hub');
    await consumer.until(({ length }) => length >= 3);
    expect(consumer.received.map((message) => [message.topic, message.text]).sort()).toEqual(
      ['h1', 'h2', 'room%203%2F%C3%BC'].map((name) => [topic(name), 'online']),
    );
    await wire.cut();
    await consumer.until(({ length }) => length >= 6);
    consumer.received.splice(0);
  });

  it("is what the device's schema calls its status message", async () => {
    const sender = await gateway.mqtt();
    // It was there before anyone knew what it means.
    await sender.publish('zigbee/z1/availability', { state: 'online' }, { qos: 1, retain: true });
    await register(gateway, {
      id: 'zigbee',
      topic: 'zigbee/{device}',
      observations: { temperature: { property: 'AirTemperature', unit: '°C' } },
      status: { topic: 'zigbee/{device}/availability', value: 'state', online: 'online' },
    });
    await told('z1', 'online');
    await sender.publish('zigbee/z1/availability', { state: 'offline' });
    await told('z1', 'offline');
    await sender.publish('zigbee/z2/availability', { state: 'online' }, { qos: 1, retain: true });
    await told('z2', 'online');
    // What says nothing changes nothing.
    await sender.publish('zigbee/z2/availability', 'garbage', { qos: 1 });
    await sender.publish('zigbee/z2/availability', { other: 1 }, { qos: 1 });
    expect(await retained('z2')).toBe('online');
  });

  it('survives a restart as far as it can be known', async () => {
    await device('d5');
    const session = { username: 'd5', password: 'password-of-d5', clientId: 'd5', clean: false };
    await gateway.mqtt(session);
    await told('d5', 'online');
    gateway = await gateway.restart();
    expect(await retained('d5')).toBe('offline');
    expect(await retained('z1')).toBe('online');
    expect(await retained('z2')).toBe('online');
    await watch();
    await consumer.next((message) => message.topic === topic('d5'));
    consumer.received.splice(0);
    await gateway.mqtt(session);
    await told('d5', 'online');
  });
});
