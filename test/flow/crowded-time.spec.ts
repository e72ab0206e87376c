import { TestGateway } from './support/gateway.js';

/** A device whose clock is dead: every value has the same time. */
describe('a time with too many values', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await TestGateway.start();
    const schema = {
      id: 'dead-clock',
      topic: 'dead/{device}',
      time: 'at',
      each: 'values',
      observations: { t: { property: 'AirTemperature', unit: '°C' } },
    };
    expect((await gateway.rest().post('/api/schemas', schema)).status).toBe(201);
  });
  afterAll(() => gateway.stop());

  it('rejects those that come after, with a reason and a way out, and acknowledges them', async () => {
    const rest = gateway.rest();
    const device = await gateway.mqtt();
    const rejected = await gateway.mqtt();
    await rejected.subscribe('glossa/rejected/#');
    const publish = (from: number, count: number, at = '1970-01-01T00:00:00Z') =>
      device.publish('dead/d', { values: Array.from({ length: count }, (_, i) => ({ at, t: from + i })) });
    for (let from = 0; from < 30_000; from += 10_000) await publish(from, 10_000);
    await publish(30_000, 3000);
    const summary = async () => (await rest.get('/api/messages/summary')).body;
    expect(await summary()).toMatchObject({
      messages: { received: 4, stored: 4, duplicate: 0, rejected: 0 },
      values: { stored: 32_767, duplicate: 0, rejected: 233 },
    });
    // None but such: rejected. One that is known: a duplicate. One of another time: stored.
    await publish(40_000, 2);
    await publish(5, 1);
    await publish(40_000, 1, '1970-01-01T00:00:01Z');
    expect(await summary()).toMatchObject({
      messages: { received: 7, stored: 5, duplicate: 1, rejected: 1 },
      values: { stored: 32_768, duplicate: 1, rejected: 235 },
    });
    const { body } = await rest.get('/api/messages?code=time-crowded');
    expect(body.items).toMatchObject([
      { state: 'rejected', code: 'time-crowded', stage: 'store', device: 'd', topic: 'dead/d' },
      { state: 'stored', code: 'time-crowded', schema: 'dead-clock/versions/1' },
    ]);
    expect(body.items[0].message).toBe('t: 32767 values are stored at 1970-01-01T00:00:00.000Z already');
    expect(body.items[0].errors).toHaveLength(2);
    const told = await rejected.next(({ text }) => JSON.parse(text).state === 'rejected');
    expect(JSON.parse(told.text)).toMatchObject({ stage: 'store', code: 'time-crowded' });
    // Run again it is what it was, once.
    const again = await rest.post('/api/messages/replay', { ids: [body.items[0].id] });
    expect(again.body.items).toMatchObject([{ before: 'rejected', state: 'rejected' }]);
    expect((await summary()).values).toMatchObject({ stored: 32_768, rejected: 235 });
  }, 60_000);
});
