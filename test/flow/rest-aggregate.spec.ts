import { TestGateway } from './support/gateway.js';
import { BASE } from './support/pages.js';
import { pluck, rows } from './support/pluck.js';
import type { Rest } from './support/rest.js';

describe('windows of observations', () => {
  let gateway: TestGateway;
  let rest: Rest;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    rest = gateway.rest();
    await rest.post('/api/schemas', {
      id: 'station',
      topic: 'station/{device}',
      time: 'at',
      feature: '{= place}',
      observations: {
        temperature: { property: 'AirTemperature', unit: '°C' },
        direction: { property: 'WindDirection', unit: 'deg' },
        open: { property: 'Opened' },
        where: { property: 'Position' },
      },
    });
    const mqtt = await gateway.mqtt();
    const say = (at: string, more: object, device = 's1') =>
      mqtt.publish(`station/${device}`, { at, place: 'roof', ...more });
    await say('2026-01-01T10:00:00Z', { temperature: 10, direction: 350, open: true });
    await say('2026-01-01T10:30:00Z', { temperature: 20, direction: 10, open: true, where: 'POINT(1 2)' });
    await say('2026-01-01T10:59:59.999999Z', { temperature: 30, direction: 30, open: false });
    await say('2026-01-01T11:00:00Z', { temperature: -5 });
    await say('2026-01-01T13:00:00Z', { temperature: 7, direction: 0 });
    await say('2026-02-01T00:00:00Z', { temperature: 8 });
    // The hours around both changes of the clock in Berlin, one value each.
    const hours = ['2026-03-28T23:00:00Z', '2026-10-24T22:00:00Z'].flatMap((start) =>
      Array.from({ length: 26 }, (_, hour) => new Date(Date.parse(start) + hour * 3_600_000).toISOString()),
    );
    await Promise.all(hours.map((at) => say(at, { temperature: 1 }, 'clock')));
    await say('2026-01-01T00:00:00Z', { temperature: 1 }, 'mover');
    await say('2026-01-01T00:10:00Z', { temperature: 3, place: 'cellar' }, 'mover');
  });

  afterAll(() => gateway.stop());

  const ask = (parameters: Record<string, string>, accept?: string) =>
    rest.get(`/api/observations/aggregate?${new URLSearchParams(parameters).toString()}`, accept);
  const windowsOf = async (parameters: Record<string, string>) => {
    const { status, text, body } = await ask(parameters);
    if (status !== 200) throw new Error(text);
    return body.member[0]?.windows;
  };
  const temperature = { datastream: 's1/temperature' };

  it('have count, mean, minimum, maximum, first and last, and are absent where empty', async () => {
    const { body } = await ask({ ...temperature, interval: 'PT1H', to: '2026-01-02' });
    expect(body).toEqual({
      '@context': `${BASE}/api/contexts/v1.jsonld`,
      id: `${BASE}/api/observations/aggregate?datastream=s1%2Ftemperature&interval=PT1H&to=2026-01-02`,
      type: 'AggregateCollection',
      member: [
        {
          type: 'Aggregate',
          datastream: `${BASE}/api/datastreams/s1/temperature`,
          madeBySensor: `${BASE}/api/devices/s1`,
          observedProperty: 'AirTemperature',
          unit: 'unit:DEG_C',
          interval: 'PT1H',
          windows: [
            ['10', '11', { count: 3, mean: 20, min: 10, max: 30, first: 10, last: 30 }],
            ['11', '12', { count: 1, mean: -5, min: -5, max: -5, first: -5, last: -5 }],
            ['13', '14', { count: 1, mean: 7, min: 7, max: 7, first: 7, last: 7 }],
          ].map(([from, to, values]) => ({
            from: `2026-01-01T${from as string}:00:00.000Z`,
            to: `2026-01-01T${to as string}:00:00.000Z`,
            ...(values as object),
          })),
        },
      ],
    });
  });

  it('are cut to the times asked for', async () => {
    const query = {
      ...temperature,
      interval: 'PT1H',
      from: '2026-01-01T10:15:00Z',
      to: '2026-01-01T11:30:00+00:00',
    };
    expect(rows(await windowsOf(query), 'from', 'to', 'count')).toEqual([
      ['2026-01-01T10:15:00.000Z', '2026-01-01T11:00:00.000Z', 2],
      ['2026-01-01T11:00:00.000Z', '2026-01-01T11:30:00.000Z', 1],
    ]);
  });

  it.each([
    [
      'P1D',
      'UTC',
      [
        ['2026-01-01T00:00:00.000Z', 5],
        ['2026-02-01T00:00:00.000Z', 1],
      ],
    ],
    [
      'P1M',
      'UTC',
      [
        ['2026-01-01T00:00:00.000Z', 5],
        ['2026-02-01T00:00:00.000Z', 1],
      ],
    ],
    ['P1M', 'America/New_York', [['2026-01-01T05:00:00.000Z', 6]]],
    ['P1Y', 'Asia/Tokyo', [['2025-12-31T15:00:00.000Z', 6]]],
  ])('of %s follow the calendar of %s', async (interval, timezone, expected) => {
    expect(rows(await windowsOf({ ...temperature, interval, timezone }), 'from', 'count')).toEqual(expected);
  });

  it('are 23 and 25 hours long where the clock changes', async () => {
    const days = await windowsOf({ device: 'clock', interval: 'P1D', timezone: 'Europe/Berlin' });
    expect(rows(days, 'from', 'to', 'count')).toEqual([
      ['2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z', 23],
      ['2026-03-29T22:00:00.000Z', '2026-03-30T22:00:00.000Z', 3],
      ['2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z', 25],
      ['2026-10-25T23:00:00.000Z', '2026-10-26T23:00:00.000Z', 1],
    ]);
  });

  it('have the circular mean of directions', async () => {
    const windows = await windowsOf({ datastream: 's1/direction', interval: 'PT1H' });
    expect(windows[0]).toMatchObject({ count: 3, first: 350, last: 30 });
    expect(windows[0].mean).toBeCloseTo(10, 9);
    const radians = await windowsOf({ datastream: 's1/direction', interval: 'PT1H', unit: 'rad' });
    expect(radians[0].mean).toBeCloseTo((10 * Math.PI) / 180, 9);
  });

  it('have count, first and last of states and positions', async () => {
    expect(await windowsOf({ datastream: 's1/open', interval: 'PT1H' })).toEqual([
      {
        from: '2026-01-01T10:00:00.000Z',
        to: '2026-01-01T11:00:00.000Z',
        count: 3,
        first: true,
        last: false,
      },
    ]);
    expect(await windowsOf({ datastream: 's1/where', interval: 'P1D' })).toMatchObject([
      { count: 1, first: 'POINT(1 2)', last: 'POINT(1 2)' },
    ]);
  });

  it('convert units', async () => {
    const { body } = await ask({ ...temperature, interval: 'P1D', to: '2026-01-02', unit: '°F' });
    expect(body.member[0]).toMatchObject({
      unit: 'unit:DEG_F',
      windows: [{ count: 5, mean: 54.32, min: 23, max: 86, first: 50, last: 44.6 }],
    });
    expect(await ask({ ...temperature, interval: 'P1D', unit: '%' })).toMatchObject({
      status: 400,
      body: { code: 'unit-incompatible' },
    });
  });

  it('are of datastreams, over all places a device was at', async () => {
    expect(await windowsOf({ device: 'mover', interval: 'P1D' })).toMatchObject([
      { count: 2, mean: 2, first: 1, last: 3 },
    ]);
    expect(await windowsOf({ device: 'mover', feature: 'cellar', interval: 'P1D' })).toMatchObject([
      { count: 1, mean: 3 },
    ]);
    const { body } = await ask({ property: 'AirTemperature', interval: 'P1Y' });
    expect(pluck(body.member, 'datastream')).toEqual(
      ['clock', 'mover', 's1'].map((device) => `${BASE}/api/datastreams/${device}/temperature`),
    );
  });

  it.each([
    [{}, ['interval']],
    [{ interval: '' }, ['interval']],
    [{ interval: '1h' }, ['interval']],
    [{ interval: 'PT0S' }, ['interval']],
    [{ interval: '-P1D' }, ['interval']],
    [{ interval: 'P1D', timezone: 'Mars/Olympus' }, ['timezone']],
    [{ interval: 'P1D', timezone: '' }, ['timezone']],
    [{ interval: 'PT1S' }, ['interval']],
    [{ interval: 'hourly', timezone: 'CEST+2' }, ['interval', 'timezone']],
    [{ interval: 'P1D', order: 'asc' }, ['order']],
    [{ interval: 'x', order: 'asc', limit: '0', from: 'x' }, ['order', 'from', 'interval', 'limit']],
  ])('refuse %j', async (parameters, wrong) => {
    const answer = await ask({ ...temperature, ...parameters });
    expect(answer.status).toBe(400);
    expect(pluck(answer.body.errors, 'pointer')).toEqual(wrong);
  });

  it('refuse a wrong interval even where nothing is stored', async () => {
    expect((await ask({ device: 'none', interval: 'x' })).status).toBe(400);
    expect((await ask({ device: 'none', interval: 'PT1S' })).body).toMatchObject({ member: [], explain: {} });
  });

  it('are served as CSV, lines of JSON and RDF too', async () => {
    const query = { ...temperature, interval: 'PT1H', to: '2026-01-01T11:00:00Z' };
    const csv = await ask(query, 'text/csv');
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(csv.text).toBe(
      'device,datastream,property,unit,from,to,count,mean,min,max,first,last\r\n' +
        's1,temperature,AirTemperature,unit:DEG_C,2026-01-01T10:00:00.000Z,2026-01-01T11:00:00.000Z,3,20,10,30,10,30\r\n',
    );
    const lines = (await ask({ device: 's1', interval: 'PT1H' }, 'application/x-ndjson')).text
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line).type)).toEqual([
      'Aggregate',
      'Aggregate',
      'Aggregate',
      'Aggregate',
    ]);
    for (const type of ['text/turtle', 'application/n-quads']) {
      const answer = await ask(query, type);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, `${type}; charset=utf-8`]);
      expect(answer.text).toContain('AggregateCollection');
    }
  });
});
