import { TestGateway } from './support/gateway.js';
import type { MqttTester } from './support/mqtt.js';
import { pages } from './support/pages.js';
import { pluck, rows } from './support/pluck.js';
import type { Rest } from './support/rest.js';

const document = {
  id: 'house',
  topic: 'house/{device}',
  time: 'at',
  match: '$not(kind = "other")',
  observations: {
    temperature: { property: 'AirTemperature', unit: '°C', range: [-50, 60] },
    humidity: {
      property: 'RelativeHumidity',
      unit: '%',
      when: 'humidity != 255',
      outOfRange: 'reject',
      range: [0, 100],
    },
    door: { property: 'Opened', values: { open: true, closed: false } },
  },
};

describe('the ledger over REST', () => {
  let gateway: TestGateway;
  let rest: Rest;
  let mqtt: MqttTester;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    rest = gateway.rest();
    mqtt = await gateway.mqtt();
    await rest.post('/api/schemas', document);
    await rest.post('/api/accounts', { username: 'mute', password: 'password-of-mute', roles: ['device'] });
  });

  afterAll(() => gateway.stop());

  const summary = async () => (await rest.get('/api/messages/summary')).body;
  /** What an action adds to the ledger, zeros left out. */
  async function adds(action: () => Promise<unknown>) {
    const before = await summary();
    await action();
    const after = await summary();
    const { received, ...states } = after.messages;
    expect(received).toBe(Object.values(states as Record<string, number>).reduce((sum, n) => sum + n));
    const change = (part: 'messages' | 'values') =>
      Object.fromEntries(
        Object.entries(after[part] as Record<string, number>)
          .map(([name, count]) => [name, count - before[part][name]] as const)
          .filter(([, count]) => count !== 0),
      );
    return { messages: change('messages'), values: change('values') };
  }
  const letters = async (query: string) => (await rest.get(`/api/messages?${query}`)).body.items;

  it.each([
    ['stored', 'house/h1', { at: '2026-01-01T00:00:00Z', temperature: 20, door: 'open' }, { stored: 2 }],
    [
      'duplicate',
      'house/h1',
      { at: '2026-01-01T00:00:00Z', temperature: 20, door: 'open' },
      { duplicate: 2 },
    ],
    ['stored', 'house/h1', { at: '2026-01-01T01:00:00Z', temperature: 99 }, { stored: 1, flagged: 1 }],
    [
      'stored',
      'house/h1',
      { at: '2026-01-01T02:00:00Z', temperature: 21, door: 'ajar' },
      { stored: 1, rejected: 1 },
    ],
    ['unmatched', 'garden/g1', { temperature: 20 }, {}],
    ['filtered', 'house/h1', { kind: 'other', temperature: 20 }, {}],
    ['filtered', 'house/h1', { temperature: null }, {}],
    ['filtered', 'house/h1', { humidity: 255 }, {}],
    ['filtered', 'house/h1', '', {}],
    ['rejected', 'house/h1', '{"temperature": 20', {}],
    ['rejected', 'house/h1', { temperature: 'warm' }, { rejected: 1 }],
    ['rejected', 'house/h1', { humidity: 101 }, { rejected: 1 }],
  ])('counts a message as %s: %s %j', async (state, topic, payload, values) => {
    expect(await adds(() => mqtt.publish(topic, payload))).toEqual({
      messages: { received: 1, [state]: 1 },
      values,
    });
  });

  it('counts what access control refuses', async () => {
    const mute = await gateway.mqtt({ username: 'mute', password: 'password-of-mute' });
    expect(await adds(() => mute.publish('house/h1', { temperature: 20 }))).toEqual({
      messages: { received: 1, refused: 1 },
      values: {},
    });
    expect(await letters('state=refused')).toMatchObject([
      {
        code: 'publish-denied',
        stage: 'access',
        username: 'mute',
        rule: 'no rule allows it',
        topic: 'house/h1',
      },
    ]);
  });

  it('keeps a dead letter of what was not stored, with its reasons', async () => {
    expect(rows(await letters('limit=100'), 'state', 'code', 'stage')).toEqual([
      ['refused', 'publish-denied', 'access'],
      ['rejected', 'value-out-of-range', 'check'],
      ['rejected', 'value-not-number', 'map'],
      ['rejected', 'payload-not-json', 'decode'],
      ['unmatched', 'topic-unmatched', 'match'],
      ['stored', 'value-unmapped', 'map'],
    ]);
    const [rejected] = await letters('state=rejected&code=value-not-number');
    expect(rejected).toEqual({
      id: expect.any(Number),
      state: 'rejected',
      received: expect.stringMatching(/^20\d\d-.*Z$/),
      topic: 'house/h1',
      code: 'value-not-number',
      stage: 'map',
      message: expect.stringContaining('warm'),
      pointer: '/observations/temperature',
      errors: [expect.objectContaining({ name: 'temperature', code: 'value-not-number' })],
      payload: '{"temperature":"warm"}',
      payloadSize: 22,
      truncated: false,
      qos: 1,
      client: expect.any(String),
      username: 'admin',
      device: 'h1',
      schema: 'house/versions/1',
    });
  });

  it.each([
    ['state=rejected', 3],
    ['state=unmatched', 1],
    ['state=stored', 1],
    ['state=duplicate', 0],
    ['values=rejected', 1],
    ['state=stored&values=rejected', 1],
    ['code=payload-not-json', 1],
    ['code=topic-malformed', 0],
    ['device=h1', 4],
    ['device=h1&state=rejected', 3],
    ['schema=house', 4],
    ['schema=hou', 0],
    ['schema=house&device=h1&code=value-not-number&state=rejected', 1],
  ])('finds letters by %s', async (query, count) => {
    const found = await letters(query);
    expect(found).toHaveLength(count);
    expect((await pages(rest, `/api/messages?${query}&limit=1`)).flat()).toEqual(found);
  });

  it.each([
    'state=lost',
    'state=',
    'values=stored',
    'state=rejected&values=rejected',
    'limit=0',
    'code=',
    'code=none',
    'topic=x',
    'cursor=x',
  ])('refuses ?%s', async (query) => {
    expect(await rest.get(`/api/messages?${query}`)).toMatchObject({ status: 400 });
  });

  it.each([
    ['values=stored', 'values', 'values takes rejected alone, not stored', /./],
    [
      'code=value-out-of-rang',
      'code',
      'no dead letter has the code value-out-of-rang',
      /^Did you mean value-out-of-range\b/,
    ],
  ])('says what is wrong with ?%s', async (query, pointer, message, hint) => {
    const { body } = await rest.get(`/api/messages?${query}`);
    expect(body).toMatchObject({ code: 'query-invalid', detail: message });
    expect(body.errors).toEqual([
      { pointer, code: 'query-invalid', message, hint: expect.stringMatching(hint) },
    ]);
  });

  it('runs letters again after the schema is mended, and moves the counts', async () => {
    const live = await gateway.mqtt();
    await live.subscribe('semantic/+/+/h1/#');
    await live.until((received) => received.length >= 2);
    live.received.length = 0;
    await rest.put('/api/schemas/house', {
      ...document,
      observations: {
        ...document.observations,
        temperature: {
          ...document.observations.temperature,
          value: 'temperature = "warm" ? 25 : temperature',
        },
        door: { property: 'Opened', values: { open: true, closed: false, ajar: true } },
      },
    });
    const [ajar] = await letters('values=rejected');
    const change = await adds(async () => {
      expect(await rest.post('/api/messages/replay', { ids: [ajar.id] })).toMatchObject({
        status: 200,
        body: { replayed: 1, items: [{ id: ajar.id, before: 'stored', state: 'stored' }] },
      });
    });
    expect(change).toEqual({ messages: {}, values: { stored: 1, rejected: -1 } });
    // The door was said to be open before; this is newer.
    const door = await live.next(({ topic }) => topic.includes('/Opened/'));
    expect(JSON.parse(door.text)).toMatchObject({
      phenomenonTime: '2026-01-01T02:00:00.000Z',
      hasSimpleResult: true,
    });
    expect(await letters('values=rejected')).toEqual([]);

    const others = await adds(async () => {
      const { body } = await rest.post('/api/messages/replay', { state: 'rejected', schema: 'house' });
      expect(rows(body.items, 'before', 'state')).toEqual([
        ['rejected', 'rejected'],
        ['rejected', 'stored'],
        ['rejected', 'rejected'],
      ]);
    });
    expect(others).toEqual({ messages: { stored: 1, rejected: -1 }, values: { stored: 1, rejected: -1 } });
    expect(pluck(await letters('state=rejected'), 'code')).toEqual([
      'value-out-of-range',
      'payload-not-json',
    ]);
    const { body } = await rest.get('/api/observations/latest?datastream=h1/temperature');
    expect(body.member[0].hasResult.numericValue).toBe(25);
  });

  it('publishes what is older than the newest without retaining it', async () => {
    await mqtt.publish('shed/s1', { at: '2026-01-01T00:00:00Z', temperature: 1 });
    const shed = { ...document, id: 'shed', topic: 'shed/{device}', match: undefined };
    expect((await rest.post('/api/schemas', shed)).status).toBe(201);
    await mqtt.publish('shed/s1', { at: '2026-01-02T00:00:00Z', temperature: 2 });
    const live = await gateway.mqtt();
    await live.subscribe('semantic/+/+/s1/#');
    await live.next(({ retain, text }) => retain && text.includes('"numericValue":2'));
    expect((await rest.post('/api/messages/replay', { state: 'unmatched', limit: 10 })).body.replayed).toBe(
      2,
    );
    await live.next(({ retain, text }) => !retain && text.includes('"numericValue":1'));
    const late = await gateway.mqtt();
    await late.subscribe('semantic/+/+/s1/#');
    expect((await late.next(() => true)).text).toContain('"numericValue":2');
    const { body } = await rest.get('/api/observations?device=s1');
    expect(pluck(body.member, 'phenomenonTime')).toEqual([
      '2026-01-02T00:00:00.000Z',
      '2026-01-01T00:00:00.000Z',
    ]);
  });

  it('runs no letter twice, whoever asks at once, and says which are not there', async () => {
    await mqtt.publish('cellar/c1', { temperature: 3 });
    const [letter] = await letters('state=unmatched&limit=1');
    const cellar = { ...document, id: 'cellar', topic: 'cellar/{device}', match: undefined };
    await rest.post('/api/schemas', cellar);
    const change = await adds(async () => {
      const answers = await Promise.all(
        [1, 2, 3, 4].map(() => rest.post('/api/messages/replay', { ids: [letter.id] })),
      );
      expect(answers.map(({ body }) => body.replayed).sort()).toEqual([0, 0, 0, 1]);
    });
    expect(change).toEqual({ messages: { stored: 1, unmatched: -1 }, values: { stored: 1 } });
    const gone = await rest.post('/api/messages/replay', { ids: [letter.id] });
    expect(gone).toMatchObject({
      status: 200,
      body: {
        replayed: 0,
        items: [{ id: letter.id, reason: expect.stringContaining('no such dead letter') }],
      },
    });
  });

  it.each([
    [[], ''],
    ['"all"', ''],
    [{ ids: 'x' }, '/ids'],
    [{ ids: [1.5] }, '/ids'],
    [{ state: 'lost' }, '/state'],
    [{ device: 1 }, '/device'],
    [{ code: 1 }, '/code'],
    [{ code: 'value-out-of-rang' }, '/code'],
    [{ limit: 0 }, '/limit'],
    [{ limit: 10_001 }, '/limit'],
    [{ all: true }, '/all'],
  ])('refuses to run again %j', async (body, pointer) => {
    expect(await rest.post('/api/messages/replay', body)).toMatchObject({
      status: 422,
      body: { code: 'body-invalid', errors: [{ pointer }] },
    });
  });
});
