import { eventually } from './support/eventually.js';
import { TestGateway } from './support/gateway.js';
import { UpstreamBroker } from './support/upstream.js';

const KITCHEN = 'semantic/Temperature/AirTemperature/d/t/home/kitchen';
const GARDEN = 'semantic/Temperature/AirTemperature/d/t/garden';

describe('a deletion', () => {
  it('is heard of by whoever holds the retained value, here and upstream, and holds after a restart', async () => {
    const broker = await UpstreamBroker.aedes();
    let gateway = await TestGateway.start({ GLOSSA_UPSTREAM: broker.url, GLOSSA_UPSTREAM_PUBLISH: 'true' });
    const rest = gateway.rest();
    await rest.post('/api/schemas', {
      id: 's',
      topic: 'raw/{device}',
      time: 'at',
      observations: { t: { property: 'AirTemperature', unit: '°C' } },
    });
    const mqtt = await gateway.mqtt();
    const there = await broker.mqtt();
    await there.subscribe('semantic/#');
    await mqtt.subscribe('semantic/#');
    const say = (hour: number) => mqtt.publish('raw/d', { at: `2026-01-01T0${hour}:00:00Z`, t: hour });
    const valueOf = (text: string) =>
      text === ''
        ? undefined
        : (JSON.parse(text) as { hasResult: { numericValue: number } }).hasResult.numericValue;
    const newest = (received: typeof mqtt.received, topic: string) => {
      const last = received.findLast((one) => one.topic === topic);
      return last && valueOf(last.text);
    };
    const told = (topic: string, value: number | undefined) =>
      eventually(() => [mqtt, there].every(({ received }) => newest(received, topic) === value));
    await rest.put('/api/devices/d', { feature: 'home/kitchen' });
    await say(1);
    await told(KITCHEN, 1);
    await rest.put('/api/devices/d', { feature: 'garden' });
    await told(KITCHEN, undefined);
    await say(2);
    await say(3);
    await told(GARDEN, 3);
    const remove = (from: number) =>
      rest.delete(`/api/observations?datastream=d/t&from=2026-01-01T0${from}:00:00Z`);
    expect((await remove(3)).body).toEqual({ deleted: 1 });
    await told(GARDEN, 2);
    expect((await remove(2)).body).toEqual({ deleted: 1 });
    await told(GARDEN, undefined);
    expect(newest(mqtt.received, KITCHEN)).toBeUndefined();
    expect((await rest.get('/api/observations')).body.member).toHaveLength(1);

    const retained = async () => {
      const late = await gateway.mqtt();
      await late.subscribe('semantic/#');
      await late.publish('raw/end', { at: '2026-01-01T00:00:00Z', t: 0 });
      await late.next(({ topic }) => topic.includes('/end/'));
      const found = late.received.filter(({ topic }) => topic.includes('/d/')).map(({ topic }) => topic);
      await rest.delete('/api/devices/end?purge=true').catch(() => undefined);
      await late.end();
      return found;
    };
    expect(await retained()).toEqual([]);
    gateway = await gateway.restart();
    expect(await retained()).toEqual([]);
    await there.end();
    await gateway.stop();
    await broker.process.kill('SIGTERM');
  });
});
