import { TestGateway } from './support/gateway.js';
import type { MqttTester } from './support/mqtt.js';
import { BASE } from './support/pages.js';
import { pluck, rows } from './support/pluck.js';
import type { Rest } from './support/rest.js';

const temperature = { property: 'AirTemperature', unit: '°C' };

describe('devices over REST', () => {
  let gateway: TestGateway;
  let rest: Rest;
  let mqtt: MqttTester;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    rest = gateway.rest();
    mqtt = await gateway.mqtt();
    await rest.post('/api/schemas', {
      id: 'climate',
      topic: 'climate/{device}',
      time: 'at',
      observations: { temperature },
    });
    await rest.post('/api/schemas', {
      id: 'named',
      topic: 'named',
      device: '{= id}',
      observations: { temperature },
    });
  });

  afterAll(() => gateway.stop());

  it('registers, replaces, answers and deletes', async () => {
    const sent = { title: 'Aqara 1', schemas: ['climate'], feature: 'home/kitchen', account: 'aqara' };
    const created = await rest.put('/api/devices/aqara-1', sent);
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe(`${BASE}/api/devices/aqara-1`);
    const shown = { id: 'aqara-1', iri: `${BASE}/api/devices/aqara-1`, auto: false, ...sent };
    expect(created.body).toEqual(shown);
    expect(await rest.get('/api/devices/aqara-1')).toMatchObject({ status: 200, body: shown });
    expect(await rest.put('/api/devices/aqara-1', shown)).toMatchObject({ status: 200, body: shown });
    const replaced = await rest.put('/api/devices/aqara-1', { title: 'Other' });
    expect(replaced.body).toEqual({ id: shown.id, iri: shown.iri, auto: false, schemas: [], title: 'Other' });
    expect(await rest.delete('/api/devices/aqara-1')).toMatchObject({
      status: 200,
      body: { deletedObservations: 0 },
    });
    expect((await rest.get('/api/devices/aqara-1')).status).toBe(404);
    expect((await rest.delete('/api/devices/aqara-1')).status).toBe(404);
  });

  it('makes a device of its first message, which a user may then describe', async () => {
    await mqtt.publish('climate/new', { temperature: 20 });
    expect(await rest.get('/api/devices/new')).toMatchObject({
      status: 200,
      body: { id: 'new', auto: true },
    });
    expect(await rest.put('/api/devices/new', { title: 'New' })).toMatchObject({
      status: 200,
      body: { auto: false, title: 'New' },
    });
  });

  it.each([
    ['title', { title: 7 }, '/title'],
    ['schemas', { schemas: 'climate' }, '/schemas'],
    ['feature', { feature: 'home//kitchen' }, '/feature'],
    ['dots in the feature', { feature: 'home/../kitchen' }, '/feature'],
    ['control characters', { feature: 'home/\u0000' }, '/feature'],
    ['account', { account: [] }, '/account'],
    ['member', { color: 'red' }, '/color'],
    ['array', [], ''],
    ['text', '"text"', ''],
  ])('refuses a wrong %s', async (_name, body, pointer) => {
    const answer = await rest.put('/api/devices/wrong', body);
    expect(answer).toMatchObject({ status: 422, body: { code: 'body-invalid', errors: [{ pointer }] } });
    expect((await rest.get('/api/devices/wrong')).status).toBe(404);
  });

  it.each([
    'living room',
    'a/b/c',
    '温度🌡️',
    '100%',
    '%2F',
    '+#',
    '..a',
    'it\'s "quoted" & <tagged>',
    '00:11:22:33@home',
    'x'.repeat(256),
    'ü'.repeat(128),
    '🌡'.repeat(128),
  ])('takes the id %s everywhere', async (id) => {
    const path = `/api/devices/${encodeURIComponent(id)}`;
    expect(await rest.put(path, { title: 'x' })).toMatchObject({ status: 201, body: { id } });
    expect(await rest.get(path)).toMatchObject({ status: 200, body: { id } });
    const semantic = await gateway.mqtt();
    await semantic.subscribe('semantic/#');
    await mqtt.publish('named', { id, temperature: 21 });
    const said = JSON.parse((await semantic.next(({ text }) => text.includes('"numericValue":21,'))).text);
    for (const iri of [said.id, said.madeBySensor, said.datastream]) {
      expect(await rest.get(iri.replace(BASE, ''))).toMatchObject({ status: 200 });
    }
    const query = new URLSearchParams({ device: id }).toString();
    expect((await rest.get(`/api/observations?${query}`)).body.member).toHaveLength(1);
    const named = new URLSearchParams({ datastream: `${id}/temperature` }).toString();
    expect((await rest.get(`/api/observations?${named}`)).body.member).toHaveLength(1);
    const byIri = new URLSearchParams({ datastream: said.datastream }).toString();
    expect((await rest.get(`/api/observations?${byIri}`)).body.member).toHaveLength(1);
    expect(await rest.delete(`${path}?purge=true`)).toMatchObject({ body: { deletedObservations: 1 } });
    expect((await rest.get(path)).status).toBe(404);
    await semantic.end();
  });

  it.each(['x'.repeat(257), 'a\u0000b', 'a\nb', '\u007f'])('refuses the id %j', async (id) => {
    const path = `/api/devices/${encodeURIComponent(id)}`;
    expect(await rest.put(path, {})).toMatchObject({ status: 422, body: { code: 'body-invalid' } });
    expect((await rest.get(path)).status).toBe(404);
    await mqtt.publish('named', { id, temperature: 21 });
    const { body } = await rest.get('/api/messages?state=rejected&limit=1');
    expect(body.items[0]).toMatchObject({ code: 'device-invalid', pointer: '/device' });
  });

  it('lets the schemas of a device win over more specific patterns', async () => {
    await rest.post('/api/schemas', {
      id: 'wide',
      topic: '{a}/{device}',
      observations: { outside: temperature },
      device: '{device}',
    });
    await rest.put('/api/devices/bound', { schemas: ['wide'] });
    const streams = async (device: string) =>
      pluck((await rest.get(`/api/datastreams?device=${device}`)).body.items, 'name');
    await mqtt.publish('climate/bound', { temperature: 1, outside: 2 });
    await mqtt.publish('climate/free', { temperature: 1, outside: 2 });
    expect([await streams('bound'), await streams('free')]).toEqual([['outside'], ['temperature']]);
    await rest.put('/api/devices/bound', {});
    await mqtt.publish('climate/bound', { temperature: 1, outside: 2 });
    expect(await streams('bound')).toEqual(['outside', 'temperature']);
    await rest.delete('/api/schemas/wide');
  });

  it('begins a new series where a device moves, keeps the old one, and clears what was retained', async () => {
    const semantic = await gateway.mqtt();
    await semantic.subscribe('semantic/+/+/mover/#');
    await rest.put('/api/devices/mover', { feature: '/home/kitchen/' });
    await mqtt.publish('climate/mover', { at: '2026-01-01T00:00:00Z', temperature: 1 });
    await rest.put('/api/devices/mover', { feature: 'home/attic' });
    const topic = 'semantic/Temperature/AirTemperature/mover/temperature/home/kitchen';
    await semantic.next((message) => message.topic === topic && message.text === '');
    expect((await rest.get('/api/datastreams/mover/temperature')).body.latest).toMatchObject({
      hasResult: { numericValue: 1 },
    });
    await mqtt.publish('climate/mover', { at: '2026-01-02T00:00:00Z', temperature: 2 });
    const { body } = await rest.get('/api/observations?device=mover');
    expect(rows(body.member, 'phenomenonTime', 'hasFeatureOfInterest')).toEqual([
      ['2026-01-02T00:00:00.000Z', `${BASE}/api/features/home/attic`],
      ['2026-01-01T00:00:00.000Z', `${BASE}/api/features/home/kitchen`],
    ]);
    const late = await gateway.mqtt();
    await late.subscribe('semantic/+/+/mover/#');
    expect((await late.next(({ retain }) => retain)).topic).toMatch(/home\/attic$/);
    expect(late.received).toHaveLength(1);
    expect((await rest.get('/api/datastreams/mover/temperature')).body).toMatchObject({
      count: 2,
      feature: 'home/attic',
      latest: { hasResult: { numericValue: 2 } },
    });
    const kitchen = await rest.get('/api/datastreams?device=mover&feature=home/kitchen');
    expect(kitchen.body.items).toMatchObject([
      { count: 1, feature: 'home/kitchen', latest: { hasResult: { numericValue: 1 } } },
    ]);
  });

  it('keeps observations of a deleted device unless they are purged, and says how many went', async () => {
    for (const value of [1, 2, 3]) await mqtt.publish('climate/leaver', { temperature: value });
    expect((await rest.delete('/api/devices/leaver')).body).toEqual({ deletedObservations: 0 });
    expect((await rest.get('/api/devices/leaver')).status).toBe(404);
    expect((await rest.get('/api/observations?device=leaver')).body.member).toHaveLength(3);
    const late = await gateway.mqtt();
    await late.subscribe(['semantic/+/+/leaver/#', 'semantic/+/+/new/#']);
    await late.next(({ topic }) => topic.includes('/new/'));
    expect(late.received).toHaveLength(1);
    await mqtt.publish('climate/leaver', { temperature: 4 });
    expect(await rest.delete('/api/devices/leaver?purge=true')).toMatchObject({
      status: 200,
      body: { deletedObservations: 4 },
    });
    expect((await rest.get('/api/observations?device=leaver')).body.member).toEqual([]);
    expect((await rest.get('/api/datastreams?device=leaver')).body.items).toEqual([]);
    expect((await rest.delete('/api/devices/leaver?purge=yes')).status).toBe(400);
    await mqtt.publish('climate/leaver', { temperature: 5 });
    expect((await rest.get('/api/datastreams/leaver/temperature')).body.count).toBe(1);
  });

  it('purges while the device goes on talking and others ask', async () => {
    const stored = async () => (await rest.get('/api/messages/summary')).body.messages.stored;
    const before = await stored();
    let sent = 0;
    let purging = true;
    const talk = async () => {
      while (purging) await mqtt.publish('climate/talker', { temperature: sent++ });
    };
    const statuses = new Set<number>();
    const ask = async () => {
      while (purging)
        for (const path of [
          'observations',
          'observations/latest',
          'datastreams',
          'datastreams/talker/temperature',
        ])
          statuses.add((await rest.get(`/api/${path}`)).status);
    };
    const others = Promise.all([talk(), talk(), talk(), ask()]);
    let gone = 0;
    for (let i = 0; i < 15; i++) {
      const { status, body } = await rest.delete('/api/devices/talker?purge=true');
      statuses.add(status);
      gone += Number(body.deletedObservations ?? 0);
    }
    purging = false;
    await others;
    // Whether anybody asks while it is gone is a matter of moments.
    expect([...statuses].filter((status) => status !== 404)).toEqual([200]);
    expect((await stored()) - before).toBe(sent);
    const left = (await rest.get('/api/observations?device=talker&limit=10000')).body.member;
    expect(gone + (left.length as number)).toBe(sent);
    expect(gone).toBeGreaterThan(0);
  });
});
