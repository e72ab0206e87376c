import { Metrics } from './support/metrics.js';
import { ServiceProcess } from './support/child.js';
import { eventually } from './support/eventually.js';
import { TestGateway } from './support/gateway.js';
import { Timers } from './support/timers.js';

const HOUR = 3_600_000;
const schema = (id: string, property: string, unit: string) => ({
  id,
  topic: `${id}/{device}`,
  time: 'at',
  observations: { v: { property, unit } },
});
const ago = (hours: number) => new Date(Date.now() - hours * HOUR).toISOString();

const numbers = async (rest: ReturnType<TestGateway['rest']>, device: string) => {
  const { body } = await rest.get(`/api/observations?device=${device}&order=asc&limit=10000`);
  return (body.member as { hasResult: { numericValue: number } }[]).map(
    ({ hasResult }) => hasResult.numericValue,
  );
};

describe('retention', () => {
  it('deletes what is old while messages come, and sees to what is newest', async () => {
    const gateway = await TestGateway.start({
      GLOSSA_RETENTION: '1d, Acceleration=2h, CellarTemperature=forever',
    }).catch((error: unknown) => error as Error);
    // One's own property is defined before it is named.
    expect((gateway as Error).message).toMatch(
      /^GLOSSA_RETENTION: there is no observable property or kind CellarTemperature\. .*defined before it is named/,
    );

    const first = await TestGateway.start();
    const own = { label: 'cellar', kind: 'Temperature', unit: '°C', broader: 'AirTemperature' };
    expect((await first.rest().put('/api/properties/CellarTemperature', own)).status).toBe(201);
    await first.service.close();
    const running = await TestGateway.start(
      { GLOSSA_RETENTION: '1d, Acceleration=2h, CellarTemperature=forever' },
      first.directory,
    );
    const rest = running.rest();
    await rest.post('/api/schemas', schema('air', 'AirTemperature', '°C'));
    await rest.post('/api/schemas', schema('cellar', 'CellarTemperature', '°C'));
    await rest.post('/api/schemas', schema('shock', 'Acceleration', 'm/s²'));
    const mqtt = await running.mqtt();
    const hours = [100, 50, 25, 23, 3, 1];
    for (const id of ['air', 'cellar', 'shock'])
      for (const hour of hours) await mqtt.publish(`${id}/${id}-1`, { at: ago(hour), v: hour });
    await mqtt.publish('air/gone', { at: ago(30), v: 30 });
    // A long backlog of another device, and messages that go on coming.
    const backlog = Array.from({ length: 3000 }, (_, i) =>
      mqtt.publish('air/many', { at: ago(40 + i), v: i }),
    );
    await Promise.all(backlog);
    const listener = await running.mqtt();
    await listener.subscribe('semantic/#');
    await listener.until((received) => received.some(({ topic }) => topic.includes('/gone/')));

    const { retention } = running.service.gateway;
    const state = { done: false };
    const round = retention.round().finally(() => (state.done = true));
    let sent = 0;
    while (!state.done)
      await mqtt.publish('air/live', { at: new Date(Date.now() + sent).toISOString(), v: sent++ });
    expect(await round).toBe(3 + 0 + 5 + 1 + 3000);

    expect(await numbers(rest, 'air-1')).toEqual([23, 3, 1]);
    expect(await numbers(rest, 'cellar-1')).toEqual(hours);
    expect(await numbers(rest, 'shock-1')).toEqual([1]);
    expect(await numbers(rest, 'live')).toEqual(Array.from({ length: sent }, (_, i) => i));
    expect(sent).toBeGreaterThan(5);
    for (const device of ['gone', 'many'])
      expect((await rest.get(`/api/observations?device=${device}`)).body.member).toEqual([]);
    // Who listens is told; who comes later gets nothing, also after a restart.
    await listener.until((received) =>
      received.some(({ topic, text }) => topic.includes('/gone/') && text === ''),
    );
    const { body } = await rest.get('/api/observations/latest');
    expect(
      body.member.map((one: { madeBySensor: string }) => one.madeBySensor.split('/').at(-1)).sort(),
    ).toEqual(['air-1', 'cellar-1', 'live', 'shock-1']);
    const metrics = await Metrics.of(rest);
    expect(metrics.value('glossa_retention_deleted_total')).toBe(3009);
    expect(metrics.value('glossa_retention_finished_timestamp_seconds')).toBeGreaterThan(
      Date.now() / 1000 - 60,
    );
    const { messages } = (await rest.get('/api/messages/summary')).body as { messages: { stored: number } };
    expect(messages.stored).toBe(18 + 1 + 3000 + sent);

    const again = await running.restart();
    const late = await again.mqtt();
    await late.subscribe('semantic/#');
    await late.until((received) => received.length >= 4);
    expect(late.received.map(({ topic }) => topic.split('/')[3]).sort()).toEqual([
      'air-1',
      'cellar-1',
      'live',
      'shock-1',
    ]);
    expect(await numbers(again.rest(), 'air-1')).toEqual([23, 3, 1]);
    await again.stop();
  });

  it("may be said of a property of one's own, by who may delete", async () => {
    const gateway = await TestGateway.start();
    const rest = gateway.rest();
    await rest.post('/api/accounts', { username: 'op', password: 'long-password', roles: ['operator'] });
    const { token } = (await rest.post('/api/accounts/op/tokens', {})).body as { token: string };
    const operator = gateway.rest(token);
    const path = '/api/properties/CellarTemperature';
    const own = { label: 'cellar', kind: 'Temperature', unit: '°C' };
    const forbidden = await operator.put(path, { ...own, retention: '1d' });
    expect([forbidden.status, forbidden.body.detail]).toEqual([
      403,
      'op lacks the permission observations:delete, which "retention" needs',
    ]);
    for (const [retention, message] of [
      ['90', /"90" is no duration/],
      [90, /retention is no text/],
    ] as const) {
      const { status, body } = await rest.put(path, { ...own, retention });
      expect([status, body.errors[0].pointer, body.errors[0].message]).toEqual([
        422,
        '/retention',
        expect.stringMatching(message),
      ]);
    }
    expect((await operator.put(path, own)).status).toBe(201);
    await rest.post('/api/schemas', schema('cellar', 'CellarTemperature', '°C'));
    const mqtt = await gateway.mqtt();
    for (const hour of [30, 20]) await mqtt.publish('cellar/c', { at: ago(hour), v: hour });
    const { retention } = gateway.service.gateway;
    expect(await retention.round()).toBe(0);
    const kept = await rest.put(path, { ...own, retention: 'P1D' });
    expect([kept.status, kept.body.retention, (await rest.get(path)).body.retention]).toEqual([
      200,
      'P1D',
      'P1D',
    ]);
    // What it answers may be sent back as it is.
    expect((await operator.put(path, kept.body)).status).toBe(200);
    expect(await retention.round()).toBe(1);
    expect(await numbers(rest, 'c')).toEqual([20]);
    await gateway.stop();
  });

  it('begins by itself after a start, and tells of it in the log', async () => {
    const first = await TestGateway.start();
    await first.rest().post('/api/schemas', schema('air', 'AirTemperature', '°C'));
    const mqtt = await first.mqtt();
    for (const hour of [900, 800, 1]) await mqtt.publish('air/a', { at: ago(hour), v: hour });
    await mqtt.end();
    await first.service.close();

    const timers = new Timers();
    const again = await TestGateway.start({ GLOSSA_RETENTION: 'P1W' }, first.directory);
    const firstRound = timers.pending(10_000);
    timers.stop();
    const lines: unknown[][] = [];
    again.service.gateway.logger.info = (...line: unknown[]) => void lines.push(line);
    expect(firstRound).toHaveLength(1);
    expect(await numbers(again.rest(), 'a')).toEqual([900, 800, 1]);
    firstRound[0]!();
    await eventually(() => lines.length > 0);
    expect(lines).toEqual([[{ deleted: 2 }, 'old observations are deleted']]);
    expect(await numbers(again.rest(), 'a')).toEqual([1]);
    await again.stop();
  });

  it.each([
    ['90', /GLOSSA_RETENTION: "90" is no duration\. Write 90d/],
    ['1d, AirTemprature=7d', /no observable property or kind AirTemprature\. Did you mean .*AirTemperature/],
  ])('stops the start with a sentence for %j', async (value, sentence) => {
    const service = await ServiceProcess.launch({ GLOSSA_RETENTION: value });
    expect((await service.ended).code).toBe(1);
    expect(service.output).toMatch(sentence);
  });
});
