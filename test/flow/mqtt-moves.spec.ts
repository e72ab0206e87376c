import { TestGateway } from './support/gateway.js';
import type { MqttTester } from './support/mqtt.js';
import { CLIMATE, register } from './support/plant.js';

const ROVER = {
  id: 'rover',
  topic: 'rovers/{device}',
  feature: 'site/{= place}',
  time: 'at',
  observations: { temperature: { property: 'AirTemperature', unit: '°C' } },
};
const semantic = (device: string, path = '') =>
  `semantic/Temperature/AirTemperature/${device}/temperature${path}`;

/** Devices that move or go leave no retained value where they were. */
describe('a device', () => {
  let gateway: TestGateway;
  let sender: MqttTester;

  beforeAll(async () => {
    gateway = await TestGateway.start({ GLOSSA_IGNORE_TOPICS: 'end' });
    await register(gateway, CLIMATE, ROVER);
    sender = await gateway.mqtt();
  });

  afterAll(() => gateway.stop());

  /** Retained semantic topics of a device. */
  async function retained(device: string): Promise<string[]> {
    const subscriber = await gateway.mqtt();
    await subscriber.subscribe([`semantic/+/+/${device}/#`, 'end'], 1);
    await subscriber.publish('end', '');
    await subscriber.next(({ topic }) => topic === 'end');
    await subscriber.end();
    return subscriber.received.map(({ topic }) => topic).filter((topic) => topic !== 'end');
  }

  const watch = async (device: string) => {
    const subscriber = await gateway.mqtt();
    await subscriber.subscribe(`semantic/+/+/${device}/#`, 1);
    return subscriber;
  };
  const told = ({ received }: MqttTester) =>
    received.map(({ topic, text }) => `${topic} ${text === '' ? '-' : '+'}`);

  it('that moves by what it says clears the value where it was', async () => {
    const subscriber = await watch('r1');
    const say = (place: string, minute: number) =>
      sender.publish('rovers/r1', { temperature: minute, place, at: `2026-05-01T10:0${minute}:00Z` });
    await say('north', 1);
    await say('south', 3);
    // Late, from before the move: told, and retained nowhere.
    await say('north', 2);
    await say('south', 4);
    await subscriber.until(({ length }) => length >= 5);
    const [north, south] = [semantic('r1', '/site/north'), semantic('r1', '/site/south')];
    expect(told(subscriber)).toEqual([`${north} +`, `${north} -`, `${south} +`, `${north} +`, `${south} +`]);
    expect(await retained('r1')).toEqual([south]);
    gateway = await gateway.restart();
    sender = await gateway.mqtt();
    expect(await retained('r1')).toEqual([south]);
  });

  it('that is moved by its registration has no value until it speaks again', async () => {
    await sender.publish('plant/r2/climate', { temperature: 1, humidity: 2 });
    const subscriber = await watch('r2');
    await subscriber.until(({ length }) => length >= 2);
    const moved = await gateway.rest().put('/api/devices/r2', { feature: 'site/east' });
    expect(moved.status).toBe(200);
    await subscriber.until(({ length }) => length >= 4);
    expect(told(subscriber).slice(2).sort()).toEqual([
      'semantic/RelativeHumidity/RelativeHumidity/r2/humidity -',
      `${semantic('r2')} -`,
    ]);
    expect(await retained('r2')).toEqual([]);
    await sender.publish('plant/r2/climate', { temperature: 3 });
    await subscriber.until(({ length }) => length >= 5);
    expect(told(subscriber)[4]).toBe(`${semantic('r2', '/site/east')} +`);
    gateway = await gateway.restart();
    sender = await gateway.mqtt();
    expect(await retained('r2')).toEqual([semantic('r2', '/site/east')]);
  });

  it.each(['', '?purge=true'])('that is deleted%s leaves nothing retained', async (query) => {
    const device = `gone${query.length}`;
    const account = `account-of-${device}`;
    await gateway.rest().put(`/api/devices/${device}`, { account });
    await sender.publish(`plant/${device}/climate`, { temperature: 1 });
    const subscriber = await watch(device);
    await subscriber.subscribe(`glossa/devices/${device}/status`);
    await subscriber.until(({ length }) => length >= 2);
    const deleted = await gateway.rest().delete(`/api/devices/${device}${query}`);
    expect(deleted.status).toBeLessThan(300);
    await subscriber.until(({ length }) => length >= 4);
    expect(told(subscriber).slice(2).sort()).toEqual([
      `glossa/devices/${device}/status -`,
      `${semantic(device)} -`,
    ]);
    expect(await retained(device)).toEqual([]);
    gateway = await gateway.restart();
    sender = await gateway.mqtt();
    expect(await retained(device)).toEqual([]);
    await sender.publish(`plant/${device}/climate`, { temperature: 2 });
    expect(await retained(device)).toEqual([semantic(device)]);
  });

  it('that is told to stay where it is clears nothing', async () => {
    await gateway.rest().put('/api/devices/stays', { feature: 'site/west' });
    await sender.publish('plant/stays/climate', { temperature: 1 });
    const subscriber = await watch('stays');
    await gateway.rest().put('/api/devices/stays', { feature: 'site/west', title: 'Stays' });
    await sender.publish('plant/stays/climate', { temperature: 2 });
    await subscriber.until(({ length }) => length >= 2);
    expect(told(subscriber)).toEqual(Array(2).fill(`${semantic('stays', '/site/west')} +`));
  });

  it('that moves is told to persistent sessions too', async () => {
    const session = { clientId: 'mover-watch', clean: false };
    const subscriber = await gateway.mqtt(session);
    await subscriber.subscribe('semantic/+/+/r3/#', 1);
    await subscriber.end();
    for (const place of ['a', 'b']) await sender.publish('rovers/r3', { temperature: 1, place });
    const back = await gateway.mqtt(session);
    await back.until(({ length }) => length >= 3);
    expect(told(back)).toEqual([
      `${semantic('r3', '/site/a')} +`,
      `${semantic('r3', '/site/a')} -`,
      `${semantic('r3', '/site/b')} +`,
    ]);
  });
});
