import { TestGateway } from './support/gateway.js';
import { pluck, rows } from './support/pluck.js';
import type { Rest } from './support/rest.js';

const READS = [
  'schemas',
  'schemas/kept/versions',
  'devices',
  'features',
  'datastreams',
  'datastreams/k1/temperature',
  'properties?limit=1000',
  'accounts',
  'accounts/ann/tokens',
  'messages',
  'messages/summary',
  'observations?limit=1000',
  'observations/latest',
  'observations/aggregate?interval=PT1H',
];

describe('a gateway that starts again, somewhere below a path', () => {
  const BASE = 'https://example.org/things/glossa';
  let gateway: TestGateway;
  let before: Map<string, unknown>;
  let token: string;
  let second: string;

  const document = {
    id: 'kept',
    topic: 'kept/{device}',
    time: 'at',
    observations: { temperature: { property: 'Heat', unit: '°C' } },
  };
  const read = async (rest: Rest) => {
    const answers = new Map<string, unknown>();
    for (const path of READS) {
      const { status, body } = await rest.get(`/api/${path}`);
      answers.set(path, [status, body]);
    }
    return answers;
  };

  beforeAll(async () => {
    gateway = await TestGateway.start({ GLOSSA_BASE_URL: `${BASE}/` });
    const rest = gateway.rest();
    const must = async (call: Promise<{ status: number; text: string }>) => {
      const { status, text } = await call;
      if (status >= 300) throw new Error(text);
    };
    await must(rest.put('/api/properties/Warm', { label: 'Warm', kind: 'Temperature', unit: '°C' }));
    await must(
      rest.put('/api/properties/Heat', { label: 'Heat', kind: 'Temperature', unit: '°C', broader: 'Warm' }),
    );
    await must(rest.post('/api/schemas', document));
    await must(rest.put('/api/schemas/kept', { ...document, title: 'Two' }));
    await must(rest.post('/api/schemas', { ...document, id: 'gone', topic: 'gone/{device}' }));
    await must(rest.put('/api/devices/k1', { title: 'One', feature: 'home/a', schemas: ['kept'] }));
    await must(rest.put('/api/features/home/a', { title: 'A' }));
    await must(rest.post('/api/accounts', { username: 'ann', password: 'password-1', roles: ['consumer'] }));
    token = (await rest.post('/api/accounts/ann/tokens')).body.token;
    const mqtt = await gateway.mqtt();
    const say = (topic: string, hour: number, temperature: unknown) =>
      mqtt.publish(topic, { at: `2026-01-01T0${hour}:00:00Z`, temperature });
    await say('kept/k1', 1, 1);
    await must(rest.put('/api/devices/k1', { title: 'One', feature: 'home/b' }));
    // At the same time as before, but elsewhere.
    await say('kept/k1', 1, 2);
    await say('kept/k1', 2, 3);
    await say('kept/auto', 1, 4);
    await say('kept/auto', 2, 'warm');
    await say('kept/leaver', 1, 5);
    await say('gone/g1', 1, 6);
    await must(rest.delete('/api/devices/leaver'));
    await must(rest.delete('/api/devices/g1?purge=true'));
    await must(rest.delete('/api/schemas/gone'));
    before = await read(rest);
    second = (await rest.get('/api/observations?limit=2')).body.next;
    gateway = await gateway.restart();
  });

  afterAll(() => gateway.stop());

  it('answers what it answered before', async () => {
    const after = await read(gateway.rest());
    for (const path of READS) expect([path, after.get(path)]).toEqual([path, before.get(path)]);
    expect((before.get('devices') as [number, { items: object[] }])[1].items).toMatchObject([
      { id: 'auto' },
      { id: 'k1' },
    ]);
    expect((await gateway.rest().get('/api/schemas/gone')).status).toBe(404);
    expect((await gateway.rest().get('/api/schemas/gone/versions/1')).status).toBe(200);
  });

  it('knows the accounts, and goes on where a page ended', async () => {
    expect((await gateway.rest(token).get('/api/observations')).status).toBe(200);
    await gateway.mqtt({ username: 'ann', password: 'password-1' });
    expect(second.startsWith(`${BASE}/api/observations?limit=2&cursor=`)).toBe(true);
    const whole = (before.get('observations?limit=1000') as [number, { member: object[] }])[1].member;
    const page = await gateway.rest().get(second.slice(BASE.length));
    expect(page.body.member).toEqual(whole.slice(2, 4));
    expect(page.body.id).toBe(second);
  });

  it('names each observation apart, also those of one time at two places', async () => {
    const rest = gateway.rest();
    const { body } = await rest.get('/api/observations?device=k1&to=2026-01-01T02:00:00Z&order=asc');
    expect(rows(body.member, 'id', 'hasFeatureOfInterest')).toEqual([
      [`${BASE}/api/observations/k1/temperature/2026-01-01T01:00:00.000Z`, `${BASE}/api/features/home/a`],
      [`${BASE}/api/observations/k1/temperature/2026-01-01T01:00:00.000Z~2`, `${BASE}/api/features/home/b`],
    ]);
    for (const one of body.member)
      expect((await rest.get(one.id.slice(BASE.length))).body).toMatchObject(one);
  });

  it('goes on storing under the mapping as it was', async () => {
    const mqtt = await gateway.mqtt();
    await mqtt.publish('kept/leaver', { at: '2026-01-01T09:00:00Z', temperature: 7 });
    const rest = gateway.rest();
    const { body } = await rest.get('/api/observations?property=Warm&from=2026-01-01T09:00:00Z');
    expect(body.member).toMatchObject([
      { observedProperty: `${BASE}/api/properties/Heat`, schema: `${BASE}/api/schemas/kept/versions/2` },
    ]);
    expect(pluck((await rest.get('/api/devices')).body.items, 'id')).toEqual(['auto', 'k1', 'leaver']);
  });
});
