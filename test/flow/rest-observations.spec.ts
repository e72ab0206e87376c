import { TestGateway } from './support/gateway.js';
import { BASE } from './support/pages.js';
import { pluck } from './support/pluck.js';
import type { Rest } from './support/rest.js';

const QK = 'http://qudt.org/vocab/quantitykind/';
const GLOSSA = 'https://w3id.org/glossa/ns#';

describe('filters of observations', () => {
  let gateway: TestGateway;
  let rest: Rest;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    rest = gateway.rest();
    await rest.put('/api/properties/KilnTemperature', {
      label: 'Kiln temperature',
      kind: 'Temperature',
      unit: '°C',
      broader: 'AirTemperature',
    });
    const answer = await rest.post('/api/schemas', {
      id: 'sensors',
      topic: 'sensors/{device}',
      feature: '{= place}',
      time: 'at',
      observations: {
        air: { property: 'AirTemperature', unit: '°C' },
        water: { property: 'WaterTemperature', unit: '°C' },
        kiln: { property: 'KilnTemperature', unit: '°C' },
        humidity: { property: 'RelativeHumidity', unit: '%' },
        shake: { property: 'quantitykind:Acceleration', unit: 'm/s2' },
        open: { property: 'Opened' },
        place2: { property: 'Position', value: 'where' },
      },
    });
    expect(answer.status).toBe(201);
    const mqtt = await gateway.mqtt();
    const say = (device: string, place: string, at: string, more: object) =>
      mqtt.publish(`sensors/${device}`, { place, at: `2026-03-0${at}Z`, ...more });
    await say('k1', 'home/kitchen', '1T00:00:00', { air: 20, humidity: 40, open: true });
    await say('k1', 'home/kitchen', '2T00:00:00', { air: 21, humidity: 41, open: false });
    await say('k2', 'home/kitchen/sink', '1T12:00:00', { water: 50 });
    await say('x1', 'home/kit', '1T06:00:00', { air: -10, kiln: 900, shake: 9.81 });
    await say('m1', 'away', '3T00:00:00', { air: 5, where: 'POINT(13.4 52.5)' });
  });

  afterAll(() => gateway.stop());

  const ask = (parameters: Record<string, string>, route = '') =>
    rest.get(`/api/observations${route}?${new URLSearchParams(parameters).toString()}`);
  /** Datastreams of what a query finds, in order, with the day. */
  const found = async (parameters: Record<string, string>, route = '') => {
    const { status, body, text } = await ask(parameters, route);
    if (status !== 200) throw new Error(text);
    return body.member.map((one: Record<string, string>) =>
      one.id!.replace(/^.*observations\//, '').replace(/T00:00.*| *:00:00.*/, ''),
    );
  };

  const airs = ['m1/air/2026-03-03', 'k1/air/2026-03-02', 'x1/air/2026-03-01T06', 'k1/air/2026-03-01'];
  const kiln = ['x1/kiln/2026-03-01T06'];
  const air = [...airs.slice(0, 2), ...kiln, ...airs.slice(2)];
  const temperature = [...airs.slice(0, 2), 'k2/water/2026-03-01T12', ...kiln, ...airs.slice(2)];

  it.each([
    ['a term, with the narrower own one', 'AirTemperature', air],
    ['a CURIE', 'glossa:AirTemperature', air],
    ['an IRI', `${GLOSSA}AirTemperature`, air],
    ['a kind', 'Temperature', temperature],
    ['the CURIE of a kind', 'quantitykind:Temperature', temperature],
    ['the IRI of a kind', `${QK}Temperature`, temperature],
    ['an own term', 'KilnTemperature', kiln],
    ['the IRI of an own term', `${BASE}/api/properties/KilnTemperature`, kiln],
    ['a generic property', 'quantitykind:Acceleration', ['x1/shake/2026-03-01T06']],
    ['a state', 'Opened', ['k1/open/2026-03-02', 'k1/open/2026-03-01']],
    ['every state', 'State', ['k1/open/2026-03-02', 'k1/open/2026-03-01']],
    ['a position', 'Position', ['m1/place2/2026-03-03']],
  ])('property by %s', async (_name, property, expected) => {
    expect((await found({ property })).sort()).toEqual([...expected].sort());
  });

  it.each([
    'sosa:Observation',
    'AirTemperatur',
    'http://example.org/x',
    'quantitykind:Nonsense',
    'unit:DEG_C',
  ])('refuses the property %s with a hint', async (property) => {
    const answer = await ask({ property });
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'property-unknown', errors: [{ pointer: 'property', code: 'property-unknown' }] },
    });
    if (property === 'AirTemperatur') expect(answer.body.errors[0].hint).toContain('AirTemperature');
  });

  it.each([
    ['home/kitchen', ['k1', 'k2']],
    ['/home/kitchen/', ['k1', 'k2']],
    ['home/kit', ['x1']],
    ['home', ['k1', 'k2', 'x1']],
    [`${BASE}/api/features/home/kitchen`, ['k1', 'k2']],
    ['kitchen', []],
    ['hom', []],
  ])('feature %s and all below it', async (feature, devices) => {
    const { body } = await ask({ feature });
    const made = new Set(pluck(body.member, 'madeBySensor'));
    expect([...made].sort()).toEqual(devices.map((id) => `${BASE}/api/devices/${id}`));
  });

  it.each([
    [{ datastream: `${BASE}/api/datastreams/k1/air` }],
    [{ datastream: 'k1/air' }],
    [{ datastream: 'air', device: 'k1' }],
    [{ datastream: 'k1/air', device: 'k1' }],
    [{ device: 'k1', property: 'Temperature' }],
    [{ device: 'k1', feature: 'home', property: 'AirTemperature', datastream: 'air' }],
  ])('one datastream by %j', async (parameters: Record<string, string>) => {
    expect(await found(parameters)).toEqual(['k1/air/2026-03-02', 'k1/air/2026-03-01']);
  });

  it('refuses a datastream that has no device', async () => {
    expect(await ask({ datastream: 'air' })).toMatchObject({
      status: 400,
      body: { code: 'query-invalid', errors: [{ pointer: 'datastream' }] },
    });
    expect(await found({ datastream: 'k1/air', device: 'm1' })).toEqual([]);
  });

  it('takes from as inclusive and to as exclusive, in any zone, with an unescaped +', async () => {
    const air = async (query: string) => {
      const { body } = await rest.get(`/api/observations?device=k1&property=AirTemperature&${query}`);
      return pluck(body.member, 'phenomenonTime').map((time) => (time as string).slice(8, 10));
    };
    expect(await air('from=2026-03-01T00:00:00Z')).toEqual(['02', '01']);
    expect(await air('from=2026-03-01T00:00:00.000001Z')).toEqual(['02']);
    expect(await air('to=2026-03-02T00:00:00Z')).toEqual(['01']);
    expect(await air('to=2026-03-02T00:00:00.000001Z')).toEqual(['02', '01']);
    expect(await air('from=2026-03-01&to=2026-03-02')).toEqual(['01']);
    expect(await air('from=2026-03-02T01:00:00+01:00')).toEqual(['02']);
    expect(await air('from=2026-03-02T01:00:00%2B01:00')).toEqual(['02']);
    expect(await air('from=2026-03-02T01:00:00.001+0100')).toEqual([]);
    expect(await air('from=2026-03-01T22:00:00-02:00')).toEqual(['02']);
  });

  it('orders by time, the newest first unless told', async () => {
    expect(await found({ property: 'AirTemperature' })).toEqual(air);
    expect(await found({ property: 'AirTemperature', order: 'asc' })).toEqual([...air].reverse());
    expect(await found({ property: 'AirTemperature', order: 'asc', limit: '1' })).toEqual(air.slice(-1));
  });

  it('answers the newest of each datastream', async () => {
    expect(await found({ property: 'Temperature' }, '/latest')).toEqual([
      'k1/air/2026-03-02',
      'k2/water/2026-03-01T12',
      'm1/air/2026-03-03',
      'x1/air/2026-03-01T06',
      'x1/kiln/2026-03-01T06',
    ]);
    expect(await found({ device: 'k1', to: '2026-03-02' }, '/latest')).toEqual([
      'k1/air/2026-03-01',
      'k1/humidity/2026-03-01',
      'k1/open/2026-03-01',
    ]);
    expect(await found({ feature: 'home/kitchen', property: 'Opened' }, '/latest')).toEqual([
      'k1/open/2026-03-02',
    ]);
  });

  it.each([
    ['°F', 'unit:DEG_F', [41, 69.8, 1652, 14, 68]],
    ['K', 'unit:K', [278.15, 294.15, 1173.15, 263.15, 293.15]],
    ['unit:DEG_C', 'unit:DEG_C', [5, 21, 900, -10, 20]],
  ])('converts to %s on read', async (unit, id, values) => {
    for (const order of ['desc', 'asc']) {
      const { body } = await ask({ property: 'AirTemperature', unit, order });
      const results = pluck(body.member, 'hasResult');
      if (order === 'asc') results.reverse();
      expect(results).toEqual(
        values.map((numericValue) => ({ type: 'QuantityValue', numericValue, unit: id })),
      );
    }
    const { body: latest } = await ask({ device: 'k1', property: 'AirTemperature', unit }, '/latest');
    expect(latest.member[0].hasResult).toEqual({ type: 'QuantityValue', numericValue: values[1], unit: id });
  });

  it('refuses a unit that does not convert or is none', async () => {
    for (const parameters of [
      { property: 'AirTemperature', unit: '%' },
      { property: 'RelativeHumidity', unit: 'K' },
      { property: 'Opened', unit: 'K' },
      { device: 'k1', unit: '°F' },
    ]) {
      expect(await ask(parameters)).toMatchObject({
        status: 400,
        body: {
          code: 'unit-incompatible',
          errors: [{ pointer: 'unit', code: 'unit-incompatible', hint: expect.stringMatching(/./) }],
        },
      });
    }
    const unknown = await ask({ property: 'AirTemperature', unit: 'degreesCelcius' });
    expect(unknown).toMatchObject({ status: 400, body: { code: 'unit-unknown' } });
    expect(unknown.body.hint).toMatch(/°C|DEG_C/);
  });

  it('tells every wrong parameter at once', async () => {
    const answer = await rest.get(
      '/api/observations?limit=0&order=up&from=yesterday&to=2026-02-30&device=&colour=red&feature=a&feature=b',
    );
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(pluck(answer.body.errors, 'pointer').sort()).toEqual(
      ['colour', 'device', 'feature', 'from', 'limit', 'order', 'to'].sort(),
    );
    const both = await ask({ property: 'Nonsense', datastream: 'x', unit: 'nonsense', feature: '/' });
    expect(pluck(both.body.errors, 'pointer').sort()).toEqual(['datastream', 'feature', 'property', 'unit']);
  });

  it.each([
    'limit=0',
    'limit=10001',
    'limit=-1',
    'limit=1.5',
    'limit=1e3',
    'limit=ten',
    'limit=',
    'order=',
    'order=DESC',
    'from=2026-13-01',
    'from=1',
    'from=2026-03-02&to=2026-03-01',
    'from=2026-03-02&to=2026-03-02',
    'unknown=1',
    'Property=AirTemperature',
    'device=k1&device=k2',
    'device[]=k1',
    'cursor=',
    'cursor=junk',
    'cursor=a.b.c.d.e',
    'cursor=%00',
  ])('refuses ?%s', async (query) => {
    for (const route of ['', '/latest', '/aggregate']) {
      if (route !== '' && /order/.test(query)) continue;
      const more = route === '/aggregate' ? '&interval=P1D' : '';
      const answer = await rest.get(`/api/observations${route}?${query}${more}`);
      expect(answer).toMatchObject({
        status: 400,
        body: { status: 400, detail: expect.stringMatching(/./) },
      });
    }
  });

  it.each(['1', '10000', '0010'])('takes a limit of %s', async (limit) => {
    expect((await ask({ limit })).status).toBe(200);
  });

  it('explains what each filter leaves where nothing is found', async () => {
    const { body } = await ask({
      device: 'k1',
      property: 'Temperature',
      feature: 'home',
      from: '2026-04-01',
    });
    expect(body.member).toEqual([]);
    expect(body).not.toHaveProperty('next');
    expect(body.explain).toMatchObject({
      message: expect.stringContaining('time'),
      filters: [
        { filter: 'visible', rows: 12 },
        { filter: 'device', value: 'k1', expanded: [`${BASE}/api/devices/k1`], rows: 6 },
        { filter: 'property', value: 'Temperature', rows: 2 },
        { filter: 'feature', value: 'home', expanded: [`${BASE}/api/features/home`], rows: 2 },
        { filter: 'time', rows: 0 },
      ],
    });
    expect(body.explain.filters[2].expanded).toEqual(
      expect.arrayContaining([`${GLOSSA}AirTemperature`, `${BASE}/api/properties/KilnTemperature`]),
    );
    for (const route of ['/latest', '/aggregate?interval=P1D']) {
      const separator = route.includes('?') ? '&' : '?';
      const other = await rest.get(`/api/observations${route}${separator}property=SoilTemperature`);
      expect(other.body).toMatchObject({
        member: [],
        explain: { message: expect.stringContaining('SoilTemperature') },
      });
    }
  });
});
