import { TestGateway } from './support/gateway.js';
import type { MqttTester } from './support/mqtt.js';
import { BASE, pages } from './support/pages.js';
import { pluck } from './support/pluck.js';
import type { Rest } from './support/rest.js';

const START = Date.parse('2026-05-01T00:00:00Z');
const at = (minute: number) => new Date(START + minute * 60_000).toISOString();

describe('pages', () => {
  let gateway: TestGateway;
  let rest: Rest;
  let mqtt: MqttTester;

  const say = (device: string, minute: number, temperature: number) =>
    mqtt.publish(`p/${device}`, { at: at(minute), temperature });

  beforeAll(async () => {
    gateway = await TestGateway.start();
    rest = gateway.rest();
    mqtt = await gateway.mqtt();
    await rest.post('/api/schemas', {
      id: 'paged',
      topic: 'p/{device}',
      time: 'at',
      observations: { temperature: { property: 'AirTemperature', unit: '°C' } },
    });
    // Times are shared by devices, and one device says three things at one time.
    const messages = [0, 1, 2].flatMap((device) =>
      Array.from({ length: 20 }, (_, minute) => say(`d${device}`, minute, minute)),
    );
    await Promise.all([...messages, say('d0', 5, 50), say('d0', 5, 51)]);
  });

  afterAll(() => gateway.stop());

  it.each(['asc', 'desc'])('hold every row once, in order %s, whatever the limit', async (order) => {
    const whole = pluck((await rest.get(`/api/observations?limit=10000&order=${order}`)).body.member, 'id');
    expect(new Set(whole).size).toBe(62);
    const times = whole.map((id) => (id as string).replace(/^.*\/|~.*$/g, ''));
    expect(times).toEqual(order === 'asc' ? [...times].sort() : [...times].sort().reverse());
    for (const limit of [1, 7, 31, 61, 62, 63]) {
      const found = await pages(rest, `/api/observations?limit=${limit}&order=${order}`, 'member');
      expect(pluck(found.flat(), 'id')).toEqual(whole);
      expect(found).toHaveLength(Math.ceil(62 / limit));
    }
  });

  it('name the values of one time apart', async () => {
    const { body } = await rest.get(`/api/observations?device=d0&from=${at(5)}&to=${at(6)}&order=asc`);
    expect(pluck(body.member, 'id')).toEqual(
      ['', '~2', '~3'].map((nth) => `${BASE}/api/observations/d0/temperature/${at(5)}${nth}`),
    );
    for (const one of body.member) {
      expect((await rest.get(one.id.replace(BASE, ''))).body).toMatchObject(one);
    }
    for (const nth of ['~4', '~1', '~0', '~x'])
      expect([nth, (await rest.get(`/api/observations/d0/temperature/${at(5)}${nth}`)).status]).toEqual([
        nth,
        nth === '~1' ? 200 : 404,
      ]);
  });

  it('stay as they were while rows arrive before, between and after', async () => {
    for (const order of ['asc', 'desc']) {
      const path = `/api/observations?limit=10&order=${order}&property=AirTemperature`;
      const before = pluck((await rest.get(path.replace('limit=10', 'limit=1000'))).body.member, 'id');
      const found: unknown[] = [];
      let value = 1000 + before.length;
      for (let next: string | undefined = path; next !== undefined;) {
        const { body } = await rest.get(next.replace(BASE, ''));
        found.push(...pluck(body.member, 'id'));
        next = body.next;
        // Late, early, in between, beside, and of a device that is new.
        for (const minute of [-100, 3.5, 5, 12, 19.5, 100]) {
          await say('d1', minute, value++);
          await say(`late-${order}`, minute, value++);
        }
      }
      expect(found).toEqual(before);
    }
  });

  it('are told by Link and next alike, with every filter kept', async () => {
    const path = `/api/observations?device=d0&property=glossa:AirTemperature&feature=&limit=5`.replace(
      '&feature=',
      '',
    );
    const answer = await rest.get(`${path}&from=2026-05-01T02:00:00+02:00&unit=%C2%B0F`);
    expect(answer.headers.get('link')).toBe(`<${answer.body.next}>; rel="next"`);
    const next = new URL(answer.body.next);
    expect(Object.fromEntries(next.searchParams)).toMatchObject({
      device: 'd0',
      property: 'glossa:AirTemperature',
      limit: '5',
      unit: '°F',
    });
    const second = await rest.get(answer.body.next.replace(BASE, ''));
    expect(second.status).toBe(200);
    expect(second.body.member[0].hasResult.unit).toBe('unit:DEG_F');
    expect(second.body.id).toBe(answer.body.next);
  });

  it('refuse the cursor of another query', async () => {
    const { body } = await rest.get('/api/observations?limit=1&device=d0');
    const cursor = encodeURIComponent(new URL(body.next).searchParams.get('cursor')!);
    expect((await rest.get(`/api/observations?limit=7&device=d0&cursor=${cursor}`)).status).toBe(200);
    for (const other of [
      `/api/observations?cursor=${cursor}`,
      `/api/observations?device=d1&cursor=${cursor}`,
      `/api/observations?device=d0&order=asc&cursor=${cursor}`,
      `/api/observations/latest?device=d0&cursor=${cursor}`,
      `/api/datastreams?device=d0&cursor=${cursor}`,
      `/api/observations?device=d0&cursor=${cursor}x`,
    ]) {
      expect(await rest.get(other)).toMatchObject({ status: 400, body: { code: 'cursor-invalid' } });
    }
    const devices = new URL((await rest.get('/api/devices?limit=1')).body.next).searchParams.get('cursor')!;
    for (const list of ['schemas', 'accounts', 'features', 'units', 'properties', 'datastreams', 'messages'])
      expect([list, (await rest.get(`/api/${list}?cursor=${encodeURIComponent(devices)}`)).status]).toEqual([
        list,
        400,
      ]);
  });

  it('of the newest values are by datastream', async () => {
    const whole = (await rest.get('/api/observations/latest?property=Temperature')).body.member;
    expect(whole.length).toBeGreaterThan(3);
    for (const limit of [1, 2, 100]) {
      const found = await pages(
        rest,
        `/api/observations/latest?property=Temperature&limit=${limit}`,
        'member',
      );
      expect(found.flat()).toEqual(whole);
    }
  });

  it('of windows are by datastream', async () => {
    const query = 'interval=PT10M&property=Temperature';
    const whole = (await rest.get(`/api/observations/aggregate?${query}`)).body.member;
    for (const limit of [1, 2, 100]) {
      const found = await pages(rest, `/api/observations/aggregate?${query}&limit=${limit}`, 'member');
      expect(found.flat()).toEqual(whole);
    }
  });

  it('of every list hold each item once', async () => {
    for (const id of ['a', 'a-1', 'aa', 'b', '0', 'z9'])
      await rest.post('/api/schemas', {
        id,
        topic: `${id}/{device}`,
        observations: { temperature: { property: 'AirTemperature', unit: '°C' } },
      });
    for (const id of ['Ä', 'a b', 'A', '%', '😀', 'z/z'])
      await rest.put(`/api/devices/${encodeURIComponent(id)}`, {});
    for (const path of ['a/b/c', 'a/b-c', 'ä', 'a%20b']) await rest.put(`/api/features/${path}`, {});
    for (const username of ['ann', 'Bob', 'cé']) await rest.post('/api/accounts', { username });
    for (let i = 0; i < 3; i++) await rest.post('/api/accounts/ann/tokens', {});
    for (const title of ['1', '2', '3'])
      await rest.put('/api/schemas/aa', {
        topic: 'aa/{device}',
        title,
        observations: { t: { property: 'AirTemperature', unit: 'K' } },
      });
    for (let i = 0; i < 5; i++) await mqtt.publish('p/bad', { temperature: `warm ${i}` });
    for (const list of [
      'schemas',
      'schemas/aa/versions',
      'devices',
      'features',
      'accounts',
      'accounts/ann/tokens',
      'messages',
      'messages?state=rejected',
      'properties',
      'ontologies',
      'units?compatibleWith=K',
    ]) {
      const join = list.includes('?') ? '&' : '?';
      const whole = (await rest.get(`/api/${list}${join}limit=10000`)).body.items;
      expect(whole.length).toBeGreaterThan(1);
      const found = await pages(rest, `/api/${list}${join}limit=${whole.length > 50 ? 17 : 1}`);
      expect(found.flat()).toEqual(whole);
    }
  });
});
