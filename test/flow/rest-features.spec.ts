import { TestGateway } from './support/gateway.js';
import { BASE, pages } from './support/pages.js';
import { pluck } from './support/pluck.js';
import type { Rest } from './support/rest.js';

describe('features and datastreams over REST', () => {
  let gateway: TestGateway;
  let rest: Rest;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    rest = gateway.rest();
    await rest.post('/api/schemas', {
      id: 'rooms',
      topic: 'rooms/{device}',
      feature: '{= place}',
      time: 'at',
      observations: {
        temperature: { property: 'AirTemperature', unit: '°C' },
        open: { property: 'Opened' },
        note: { property: 'quantitykind:Acceleration', unit: 'm/s2' },
      },
    });
    const mqtt = await gateway.mqtt();
    const say = (device: string, place: string, hour: number, more: object) =>
      mqtt.publish(`rooms/${device}`, { place, at: `2026-02-01T0${hour}:00:00Z`, ...more });
    await say('d1', 'home/kitchen', 1, { temperature: 20, open: true });
    await say('d1', 'home/kitchen', 3, { temperature: 22 });
    await say('d1', 'home/kitchen', 2, { temperature: 21 });
    await say('d2', 'home/kit', 1, { temperature: 10, note: 1 });
    await say('d3', 'home/kitchen/fridge door', 1, { temperature: 4 });
    await say('d4', 'Straße 5%/müll+#', 1, { temperature: 5 });
  });

  afterAll(() => gateway.stop());

  it('shows the tree of what is registered and observed, and what lies between', async () => {
    const { body } = await rest.get('/api/features');
    expect(body).toEqual({
      items: [
        ['Straße 5%', ['Straße 5%/müll+#'], 0],
        ['Straße 5%/müll+#', [], 1],
        ['home', ['home/kit', 'home/kitchen'], 0],
        ['home/kit', [], 2],
        ['home/kitchen', ['home/kitchen/fridge door'], 2],
        ['home/kitchen/fridge door', [], 1],
      ].map(([path, children, series]) => ({
        id: `${BASE}/api/features/${(path as string).split('/').map(encodeURIComponent).join('/')}`,
        type: 'FeatureOfInterest',
        path,
        children,
        series,
      })),
    });
    for (const { id, path } of body.items) {
      expect(await rest.get(id.replace(BASE, ''))).toMatchObject({ status: 200, body: { path, id } });
    }
    expect((await pages(rest, '/api/features?limit=1')).flat()).toEqual(body.items);
  });

  it('describes a feature', async () => {
    const created = await rest.put('/api/features/home/kitchen', { title: 'Kitchen', description: 'Warm' });
    expect(created).toMatchObject({
      status: 201,
      body: { path: 'home/kitchen', title: 'Kitchen', series: 2 },
    });
    expect(created.headers.get('location')).toBe(`${BASE}/api/features/home/kitchen`);
    const { body } = await rest.get('/api/features/home/kitchen');
    expect(body).toMatchObject({
      title: 'Kitchen',
      description: 'Warm',
      children: ['home/kitchen/fridge door'],
    });
    expect(created.body).toEqual(body);
    expect(await rest.put('/api/features/home/kitchen', { ...body, title: 'K' })).toMatchObject({
      status: 200,
      body: { title: 'K', description: 'Warm' },
    });
    expect((await rest.put('/api/features/garden/pond', {})).status).toBe(201);
    expect((await rest.get('/api/features/garden')).body.children).toEqual(['garden/pond']);
    expect((await rest.delete('/api/features/garden/pond')).status).toBe(204);
    expect((await rest.get('/api/features/garden')).status).toBe(404);
    expect((await rest.delete('/api/features/garden/pond')).status).toBe(404);
  });

  it.each([
    ['home//kitchen', {}, 404],
    // Clients take the dots out, and what is left is the list.
    ['home/%2e%2e', {}, 405],
    ['a%00b', {}, 422],
    ['x'.repeat(257), {}, 422],
    ['%zz', {}, 400],
    ['a', { title: 1 }, 422],
    ['a', { colour: 'red' }, 422],
    ['a', [], 422],
  ])('refuses %s with %j', async (path, body, status) => {
    expect((await rest.put(`/api/features/${path}`, body)).status).toBe(status);
  });

  it('lists datastreams with their newest value, count, first and last time', async () => {
    const { body } = await rest.get('/api/datastreams');
    expect(body.items.map(({ device, name }: Record<string, string>) => `${device}/${name}`)).toEqual([
      'd1/open',
      'd1/temperature',
      'd2/note',
      'd2/temperature',
      'd3/temperature',
      'd4/temperature',
    ]);
    expect(body.items[1]).toEqual({
      id: `${BASE}/api/datastreams/d1/temperature`,
      type: 'Datastream',
      device: 'd1',
      name: 'temperature',
      madeBySensor: `${BASE}/api/devices/d1`,
      observedProperty: 'AirTemperature',
      kind: 'Temperature',
      unit: 'unit:DEG_C',
      feature: 'home/kitchen',
      hasFeatureOfInterest: `${BASE}/api/features/home/kitchen`,
      count: 3,
      firstTime: '2026-02-01T01:00:00.000Z',
      lastTime: '2026-02-01T03:00:00.000Z',
      latest: expect.objectContaining({
        id: `${BASE}/api/observations/d1/temperature/2026-02-01T03:00:00.000Z`,
        hasResult: { type: 'QuantityValue', numericValue: 22, unit: 'unit:DEG_C' },
      }),
    });
    expect((await rest.get('/api/datastreams/d1/temperature')).body).toEqual(body.items[1]);
    expect((await pages(rest, '/api/datastreams?limit=1')).flat()).toEqual(body.items);
    expect((await pages(rest, '/api/datastreams?limit=4')).map((page) => page.length)).toEqual([4, 2]);
    for (const path of ['d1/none', 'none/temperature'])
      expect((await rest.get(`/api/datastreams/${path}`)).status).toBe(404);
  });

  it.each([
    ['device=d1', ['d1/open', 'd1/temperature']],
    ['property=Temperature&feature=home', ['d1/temperature', 'd2/temperature', 'd3/temperature']],
    ['feature=home/kit', ['d2/note', 'd2/temperature']],
    ['feature=home/kitchen', ['d1/open', 'd1/temperature', 'd3/temperature']],
    ['property=quantitykind:Acceleration', ['d2/note']],
    ['property=State', ['d1/open']],
    ['datastream=d3/temperature', ['d3/temperature']],
    ['device=none', []],
  ])('filters datastreams by %s', async (query, expected) => {
    const { body } = await rest.get(`/api/datastreams?${query}`);
    expect(pluck(body.items, 'id')).toEqual(expected.map((key) => `${BASE}/api/datastreams/${key}`));
  });

  it('tells the newest that is left after a deletion', async () => {
    expect(
      await rest.delete('/api/observations?datastream=d1/temperature&from=2026-02-01T03:00:00Z'),
    ).toMatchObject({
      status: 200,
      body: { deleted: 1 },
    });
    expect((await rest.get('/api/datastreams/d1/temperature')).body).toMatchObject({
      count: 2,
      lastTime: '2026-02-01T02:00:00.000Z',
      latest: { hasResult: { numericValue: 21 } },
    });
    const late = await gateway.mqtt();
    await late.subscribe('semantic/+/AirTemperature/d1/#');
    expect((await late.next(() => true)).text).toContain('"numericValue":21');
    expect((await rest.delete('/api/observations?datastream=d1/temperature')).body).toEqual({ deleted: 2 });
    expect((await rest.get('/api/datastreams/d1/temperature')).body).not.toHaveProperty('latest');
    for (const [query, status] of [
      ['', 400],
      ['datastream=d1', 400],
      ['datastream=d1/none', 404],
      ['datastream=d1/temperature&property=x', 400],
    ] as const)
      expect((await rest.delete(`/api/observations?${query}`)).status).toBe(status);
  });
});
