import { ServiceProcess } from './support/child.js';
import { closedLedger, numbersByDatastream } from './support/observations.js';
import { freePort, PASSWORD, UpstreamBroker } from './support/upstream.js';

const schema = (id: string, topic: string) => ({
  id,
  topic,
  observations: { t: { property: 'AirTemperature', unit: '°C' } },
});

async function register(service: ServiceProcess, id: string, topic: string): Promise<void> {
  const { status, text } = await service.rest().put(`/api/schemas/${id}`, schema(id, topic));
  if (status >= 300) throw new Error(text);
}

const connected = (service: ServiceProcess) => service.log(({ msg }) => msg === 'upstream connected');

describe('beside an existing broker', () => {
  it('takes what is mapped, and only that, with schemas that come and go', async () => {
    const broker = await UpstreamBroker.aedes();
    const service = await ServiceProcess.start({ GLOSSA_UPSTREAM: broker.url });
    await connected(service);
    await register(service, 'one', 'one/{device}');
    await broker.until(() => broker.filters.join() === 'one/+');
    await register(service, 'two', '{site}/two/{device}');
    await broker.until(() => broker.filters.join() === '+/two/+,one/+');
    const device = await broker.mqtt();
    await device.publish('unmapped/x', 'nothing');
    await device.publish('one/a', { t: 1 });
    await device.publish('here/two/b', { t: 2 });
    const reader = await service.mqtt();
    await reader.subscribe('semantic/#');
    await reader.until((received) => received.length >= 2);
    expect(await closedLedger(service.rest())).toMatchObject({ received: 2, stored: 2 });

    await service.rest().delete('/api/schemas/one');
    await broker.until(() => broker.filters.join() === '+/two/+');
    // A schema that goes while nobody listens is gone there, too, when the service is back.
    await register(service, 'three', 'three/{device}');
    await broker.until(() => broker.filters.join() === '+/two/+,three/+');
    await service.stop();
    const alone = await service.again({ ...service.env, GLOSSA_UPSTREAM: '' });
    await alone.rest().delete('/api/schemas/three');
    await alone.stop();
    const before = broker.events.length;
    const back = await service.again();
    await broker.until(() => broker.filters.join() === '+/two/+');
    // It keeps its session: nothing that it has is asked for again.
    expect(broker.events.slice(before).map(({ event }) => event)).toEqual(
      expect.not.arrayContaining(['ack']),
    );
    expect(new Set(broker.events.map(({ client }) => client)).size).toBe(1);
    await device.end();
    await reader.end();
    await back.stop();
  });

  it('starts without it, says so, and connects when it is there', async () => {
    const port = await freePort();
    const url = `mqtt://glossa:${PASSWORD}@127.0.0.1:${port}`;
    const service = await ServiceProcess.start({ GLOSSA_UPSTREAM: url });
    await register(service, 'one', 'one/{device}');
    const { status, body } = await service.rest().get('/health');
    expect([status, body.status, body.storing]).toEqual([200, 'degraded', true]);
    expect(body.trouble).toEqual([expect.stringContaining(`127.0.0.1:${port} is not connected`)]);
    const broker = await UpstreamBroker.aedes(port);
    await broker.until(() => broker.filters.join() === 'one/+');
    expect((await service.rest().get('/health')).body).toMatchObject({ status: 'ok', trouble: [] });

    // It goes and comes back with nothing remembered; said once each time, not every second.
    await broker.process.kill();
    await service.log(({ msg, level }) => level === 40 && msg.startsWith('upstream not connected'));
    const again = await UpstreamBroker.aedes(port);
    await again.until(() => again.filters.join() === 'one/+');
    const device = await again.mqtt();
    await device.publish('one/a', { t: 1 });
    await again.until((events) => events.some(({ event }) => event === 'ack'));
    expect(await closedLedger(service.rest())).toMatchObject({ received: 1, stored: 1 });
    await device.end();
    await service.stop();
    const told = service.lines.filter(({ msg }) => /^upstream .*connected/.test(msg));
    expect(told.map(({ msg }) => msg.replace(/;.*/, ''))).toEqual([
      'upstream not connected',
      'upstream connected',
      'upstream not connected',
      'upstream connected',
    ]);
    expect(service.output).not.toContain(PASSWORD);
  });

  it('keeps trying with a password that is refused, without telling it', async () => {
    const broker = await UpstreamBroker.aedes();
    const wrong = broker.url.replace(PASSWORD, 'another-secret');
    const service = await ServiceProcess.start({ GLOSSA_UPSTREAM: wrong, GLOSSA_LOG_LEVEL: 'trace' });
    const line = await service.log(({ msg }) => msg.startsWith('upstream not connected'));
    expect(line['reason']).toMatch(/Not authorized/i);
    expect((await service.rest().get('/health')).body.trouble[0]).toMatch(/Not authorized/i);
    await service.stop();
    expect(service.output).not.toContain('another-secret');
  });

  it('takes a retained message once, however often it connects', async () => {
    const broker = await UpstreamBroker.aedes();
    const device = await broker.mqtt();
    await device.publish('one/a', { t: 7 }, { qos: 1, retain: true });
    const service = await ServiceProcess.start({ GLOSSA_UPSTREAM: broker.url });
    await register(service, 'one', 'one/{device}');
    const reader = await service.mqtt();
    await reader.subscribe('semantic/#');
    await reader.next(({ topic }) => topic.startsWith('semantic/'));
    await broker.until((events) => events.some(({ event }) => event === 'ack'));
    // It remembers what it is subscribed to; killed before, it would ask again rather than miss something.
    await service.log(({ msg }) => msg === 'upstream subscriptions changed');
    await service.kill('SIGKILL');
    const again = await service.again();
    await connected(again);
    await device.publish('one/a', { t: 8 });
    await broker.until((events) =>
      events.some(({ event, payload }) => event === 'ack' && /8/.test(payload!)),
    );
    await device.end();
    expect((await numbersByDatastream(again.rest())).get('a/t')?.sort()).toEqual([7, 8]);
    await again.stop();
  });

  it('publishes semantic topics there, without loops, and keeps what is retained there true', async () => {
    const broker = await UpstreamBroker.aedes();
    const env = { GLOSSA_UPSTREAM: broker.url, GLOSSA_UPSTREAM_PUBLISH: 'true' };
    const service = await ServiceProcess.start(env);
    // As wide as a pattern can be: what the gateway publishes there comes back to it.
    await register(service, 'all', '{family}/{device}/#');
    await broker.until(() => broker.filters.join() === '+/+/#');
    const device = await broker.mqtt();
    await device.subscribe('semantic/#');
    for (let t = 1; t <= 3; t++) await device.publish('one/a', { t });
    await device.publish('one/b', { t: 9 }, { qos: 0 });
    const local = await service.mqtt();
    await local.publish('one/c', { t: 4 });
    await device.until((received) => received.length >= 5);
    const topic = (id: string) => `semantic/Temperature/AirTemperature/${id}/t`;
    const values = (id: string) =>
      device.received.filter((one) => one.topic === topic(id)).map(({ text }) => valueOf(text));
    expect([values('a'), values('b'), values('c')]).toEqual([[1, 2, 3], [9], [4]]);
    expect(await closedLedger(service.rest())).toMatchObject({ received: 5, stored: 5 });

    // What changes while that broker is away is right there afterwards; a device that goes leaves nothing.
    await device.end();
    await broker.process.kill();
    await service.log(({ msg }) => msg.startsWith('upstream not connected'));
    await local.publish('one/c', { t: 5 });
    expect((await service.rest().delete('/api/devices/b')).status).toBeLessThan(300);
    const again = await UpstreamBroker.aedes(broker.port);
    await again.until(() => again.filters.join() === '+/+/#');
    const reader = await again.mqtt();
    await reader.subscribe('semantic/#');
    await reader.until((received) =>
      [topic('a'), topic('c')].every((name) => received.some((one) => one.topic === name)),
    );
    const there = reader.received.filter(({ text }) => text !== '');
    expect(Object.fromEntries(there.map((one) => [one.topic, valueOf(one.text)]))).toEqual({
      [topic('a')]: 3,
      [topic('c')]: 5,
    });

    // After a kill nobody knows what arrived there: all of it is published again.
    await local.end();
    await service.kill('SIGKILL');
    reader.received.splice(0);
    const back = await service.again();
    await reader.next((one) => one.topic === topic('a') && valueOf(one.text) === 3);
    expect(reader.received.some((one) => one.topic === topic('b') && one.text !== '')).toBe(false);
    expect((await closedLedger(back.rest())).received).toBe(6);
    await reader.end();
    await back.stop();
  });
});

const valueOf = (text: string): unknown => text && JSON.parse(text).hasResult.numericValue;
