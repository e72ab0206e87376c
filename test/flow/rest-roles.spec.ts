import { TestGateway } from './support/gateway.js';
import { pages } from './support/pages.js';
import { pluck } from './support/pluck.js';
import type { Rest } from './support/rest.js';

const ROLES = ['admin', 'operator', 'consumer', 'device'] as const;
const document = {
  topic: 'rooms/{device}',
  feature: '{= place}',
  time: 'at',
  observations: {
    temperature: { property: 'AirTemperature', unit: '°C' },
    humidity: { property: 'RelativeHumidity', unit: '%' },
  },
};

describe('rights over REST', () => {
  let gateway: TestGateway;
  let admin: Rest;
  const clients = new Map<string, Rest>();

  beforeAll(async () => {
    gateway = await TestGateway.start();
    admin = gateway.rest();
    const accounts = [
      ...ROLES.map((role) => ({ username: `a-${role}`, roles: [role] })),
      {
        username: 'shut',
        roles: ['consumer'],
        rules: [
          { effect: 'deny', action: 'subscribe', topic: 'semantic/+/+/+/+/home/bedroom/#' },
          { effect: 'deny', action: 'subscribe', topic: 'semantic/RelativeHumidity/#' },
        ],
      },
      { username: 'narrow', rules: [{ effect: 'allow', action: 'subscribe', topic: 'semantic/+/+/d1/#' }] },
      {
        username: 'blind',
        roles: ['operator'],
        rules: [{ effect: 'deny', action: 'subscribe', topic: 'semantic/#' }],
      },
    ];
    for (const account of accounts) {
      const { status, text } = await admin.post('/api/accounts', account);
      if (status !== 201) throw new Error(text);
      const { body } = await admin.post(`/api/accounts/${account.username}/tokens`);
      clients.set(account.username, gateway.rest(body.token));
    }
    await admin.put('/api/schemas/rooms', document);
    const mqtt = await gateway.mqtt();
    const say = (device: string, place: string, hour: number) =>
      mqtt.publish(`rooms/${device}`, {
        at: `2026-01-01T0${hour}:00:00Z`,
        place,
        temperature: hour,
        humidity: 40 + hour,
      });
    await say('d1', 'home/kitchen', 1);
    await say('d2', 'home/bedroom', 2);
    // This one moved from a room that anyone may see to one that not all may.
    await say('d3', 'home/kitchen', 3);
    await say('d3', 'home/bedroom/bed', 4);
  });

  afterAll(() => gateway.stop());

  it.each([
    // method, path, body; then who gets through: admin, operator, consumer, device
    ['GET', '/api/schemas', undefined, 'yes yes no no'],
    ['GET', '/api/schemas/rooms/versions', undefined, 'yes yes no no'],
    ['POST', '/api/schemas', {}, 'yes yes no no'],
    ['PUT', '/api/schemas/x', {}, 'yes yes no no'],
    ['DELETE', '/api/schemas/none', undefined, 'yes yes no no'],
    ['POST', '/api/preview', {}, 'yes yes no no'],
    ['GET', '/api/devices', undefined, 'yes yes yes no'],
    ['GET', '/api/devices/d1', undefined, 'yes yes yes no'],
    ['PUT', '/api/devices/d1', { title: 1 }, 'yes yes no no'],
    ['DELETE', '/api/devices/none', undefined, 'yes yes no no'],
    ['DELETE', '/api/devices/none?purge=true', undefined, 'yes no no no'],
    ['GET', '/api/features', undefined, 'yes yes yes no'],
    ['GET', '/api/features/home', undefined, 'yes yes yes no'],
    ['PUT', '/api/features/home', { title: 1 }, 'yes yes no no'],
    ['GET', '/api/datastreams', undefined, 'yes yes yes no'],
    ['GET', '/api/datastreams/d1/temperature', undefined, 'yes yes yes no'],
    ['GET', '/api/observations', undefined, 'yes yes yes no'],
    ['GET', '/api/observations/latest', undefined, 'yes yes yes no'],
    ['GET', '/api/observations/aggregate?interval=P1D', undefined, 'yes yes yes no'],
    ['GET', '/api/observations/d1/temperature/2026-01-01T01:00:00Z', undefined, 'yes yes yes no'],
    ['DELETE', '/api/observations?datastream=none/none', undefined, 'yes no no no'],
    ['GET', '/api/messages/summary', undefined, 'yes yes no no'],
    ['GET', '/api/messages', undefined, 'yes yes no no'],
    ['POST', '/api/messages/replay', { ids: [] }, 'yes yes no no'],
    ['PUT', '/api/properties/Own', {}, 'yes yes no no'],
    ['GET', '/api/accounts', undefined, 'yes no no no'],
    ['POST', '/api/accounts', {}, 'yes no no no'],
    ['PUT', '/api/accounts/none', {}, 'yes no no no'],
    ['DELETE', '/api/accounts/none', undefined, 'yes no no no'],
    ['PUT', '/api/accounts/none/password', {}, 'yes no no no'],
    ['GET', '/api/accounts/a-admin/tokens', undefined, 'yes no no no'],
    ['POST', '/api/accounts/none/tokens', {}, 'yes no no no'],
    ['DELETE', '/api/accounts/none/tokens', undefined, 'yes no no no'],
    ['GET', '/api/access/check?username=admin&action=publish&topic=a', undefined, 'yes no no no'],
    ['GET', '/api/properties', undefined, 'yes yes yes yes'],
    ['GET', '/api/units/resolve?unit=K', undefined, 'yes yes yes yes'],
  ])('%s %s is for the roles that may', async (method, path, body, who) => {
    for (const [i, allowed] of who.split(' ').entries()) {
      const answer = await clients.get(`a-${ROLES[i]!}`)!.call(method, path, body);
      expect([ROLES[i], answer.status === 403 ? 'no' : 'yes']).toEqual([ROLES[i], allowed]);
      expect(answer.status).not.toBe(401);
      expect(answer.status).toBeLessThan(500);
      if (answer.status === 403) {
        expect(answer.body).toMatchObject({
          code: 'forbidden',
          detail: expect.stringContaining(`a-${ROLES[i]!}`),
        });
        expect(answer.headers.get('content-type')).toContain('application/problem+json');
      }
    }
  });

  it('purge a device where they may delete observations', async () => {
    const operator = clients.get('a-operator')!;
    expect(await operator.delete('/api/devices/d1?purge=true')).toMatchObject({
      status: 403,
      body: {
        code: 'forbidden',
        detail: 'a-operator lacks the permission observations:delete, which purge=true needs',
      },
    });
    expect((await admin.get('/api/devices/d1')).status).toBe(200);
    expect((await admin.get('/api/datastreams/d1/temperature')).body.count).toBe(1);
    await admin.put('/api/devices/spare', {});
    expect((await operator.delete('/api/devices/spare?purge=false')).status).toBe(200);
  });

  it('hide what a deny on semantic topics hides', async () => {
    const shut = clients.get('shut')!;
    const keys = (items: unknown, name: string) =>
      pluck(items, name).map((iri) => (iri as string).replace(/^.*\/api\/\w+\//, ''));
    const { body } = await shut.get('/api/observations?order=asc');
    expect(keys(body.member, 'id')).toEqual([
      'd1/temperature/2026-01-01T01:00:00.000Z',
      'd3/temperature/2026-01-01T03:00:00.000Z',
    ]);
    expect((await pages(shut, '/api/observations?limit=1', 'member')).flat()).toHaveLength(2);
    const latest = await shut.get('/api/observations/latest');
    expect(keys(latest.body.member, 'id')).toEqual(keys(body.member, 'id'));
    const windows = await shut.get('/api/observations/aggregate?interval=P1D');
    expect(windows.body.member).toMatchObject([
      { windows: [{ count: 1, last: 1 }] },
      { windows: [{ count: 1, last: 3 }] },
    ]);
    const streams = await shut.get('/api/datastreams');
    expect(streams.body.items).toMatchObject([
      { device: 'd1', name: 'temperature', count: 1, latest: { hasResult: { numericValue: 1 } } },
      {
        device: 'd3',
        name: 'temperature',
        count: 1,
        feature: 'home/kitchen',
        lastTime: '2026-01-01T03:00:00.000Z',
        latest: { hasResult: { numericValue: 3 } },
      },
    ]);
    expect((await shut.get('/api/datastreams/d3/temperature')).body).toEqual(streams.body.items[1]);
    expect(pluck((await shut.get('/api/features')).body.items, 'path')).toEqual(['home', 'home/kitchen']);
    for (const path of [
      '/api/observations/d2/temperature/2026-01-01T02:00:00Z',
      '/api/observations/d3/temperature/2026-01-01T04:00:00Z',
      '/api/observations/d1/humidity/2026-01-01T01:00:00Z',
      '/api/datastreams/d2/temperature',
      '/api/datastreams/d1/humidity',
      '/api/features/home/bedroom',
    ]) {
      expect((await admin.get(path)).status).toBe(200);
      expect([path, (await shut.get(path)).status]).toEqual([path, 404]);
    }
    const nothing = await shut.get('/api/observations?feature=home/bedroom');
    expect(nothing.body).toMatchObject({
      member: [],
      explain: { filters: [{ filter: 'visible', rows: 2 }, { rows: 0 }] },
    });
    expect(nothing.text).not.toContain('d2');
  });

  it('are what a rule gives where no role does', async () => {
    const narrow = clients.get('narrow')!;
    const { body } = await narrow.get('/api/observations');
    expect(body.member).toHaveLength(2);
    expect(new Set(pluck(body.member, 'madeBySensor'))).toEqual(
      new Set(['http://glossa.test/api/devices/d1']),
    );
    expect((await narrow.get('/api/schemas')).status).toBe(403);
    const blind = clients.get('blind')!;
    expect((await blind.get('/api/observations')).body).toMatchObject({
      member: [],
      explain: { message: expect.stringContaining('may see') },
    });
    expect((await blind.get('/api/datastreams')).body.items).toEqual([]);
    expect((await blind.get('/api/schemas')).status).toBe(200);
  });

  it('change at once', async () => {
    const narrow = clients.get('narrow')!;
    await admin.put('/api/accounts/narrow', { roles: ['operator'] });
    expect((await narrow.get('/api/schemas')).status).toBe(200);
    expect((await narrow.get('/api/observations')).body.member).toHaveLength(8);
    await admin.put('/api/accounts/narrow', {});
    expect((await narrow.get('/api/observations')).status).toBe(403);
  });
});
