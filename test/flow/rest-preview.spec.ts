import { TestGateway } from './support/gateway.js';
import { pluck } from './support/pluck.js';
import type { Rest } from './support/rest.js';

const schema = {
  id: 'meteo',
  topic: 'meteo/{device}',
  time: 'at',
  observations: {
    temperature: { property: 'AirTemperature', unit: '°F' },
    wind: { property: 'WindSpeed', unit: 'km/h', value: 'wind.speed' },
    door: { property: 'Opened', values: { open: true, closed: false } },
  },
};
const message = {
  at: '2026-11-23T02:40:11Z',
  temperature: 68,
  wind: { speed: 36, gust: 50 },
  door: 'ajar',
  extra: [{ a: 1 }, { a: 2 }],
};

describe('a preview', () => {
  let gateway: TestGateway;
  let rest: Rest;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    rest = gateway.rest();
    await rest.post('/api/schemas', schema);
    const hot = { ...schema, id: 'hot', match: 'temperature > 100', feature: 'oven' };
    await rest.post('/api/schemas', hot);
    await rest.put('/api/devices/placed', { feature: 'attic' });
    const bound = { ...schema, id: 'bound', topic: '{root}/{device}', feature: 'bound' };
    await rest.post('/api/schemas', bound);
    await rest.put('/api/devices/owned', { schemas: ['bound'] });
  });

  afterAll(() => gateway.stop());

  const preview = (body: object) => rest.post('/api/preview', body);

  it('tells observations, rejected values, unmapped paths and the trace', async () => {
    const answer = await preview({ schema, topic: 'meteo/m1', payload: message });
    expect(answer.status).toBe(200);
    const { observations, rejected, unmapped, trace } = answer.body;
    expect(observations).toMatchObject([
      {
        id: 'http://glossa.test/api/observations/m1/temperature/2026-11-23T02:40:11.000Z',
        observedProperty: 'AirTemperature',
        phenomenonTime: '2026-11-23T02:40:11.000Z',
        hasResult: { type: 'QuantityValue', numericValue: 20, unit: 'unit:DEG_C' },
      },
      { observedProperty: 'WindSpeed', hasResult: { numericValue: 10, unit: 'unit:M-PER-SEC' } },
    ]);
    expect(rejected).toMatchObject([{ name: 'door', code: 'value-unmapped', pointer: '/observations/door' }]);
    expect(unmapped).toEqual(['/wind/gust', '/extra/0/a']);
    const steps = pluck(trace, 'step');
    expect(steps).toEqual(expect.arrayContaining(['pattern', 'codec', 'time', 'value', 'unit', 'result']));
    expect(pluck(trace, 'message')).not.toContain('');
  });

  it('takes a payload as text, as JSON and as base64 alike', async () => {
    const text = JSON.stringify(message);
    const { body } = await preview({ schemaId: 'meteo', topic: 'meteo/m1', payload: message });
    expect(body.observations).toHaveLength(2);
    for (const payload of [{ payload: text }, { payloadBase64: Buffer.from(text).toString('base64') }]) {
      const other = await preview({ schemaId: 'meteo', topic: 'meteo/m1', ...payload });
      expect(pluck(other.body.observations, 'id')).toEqual(pluck(body.observations, 'id'));
      expect(pluck(other.body.observations, 'hasResult')).toEqual(pluck(body.observations, 'hasResult'));
    }
    const plain = {
      id: 'plain',
      topic: 'p/{device}',
      codec: 'text',
      observations: { value: { property: 'AirTemperature', unit: '°C' } },
    };
    for (const payload of [{ payload: '21.5' }, { payload: 21.5 }, { payloadBase64: 'MjEuNQ==' }]) {
      const answer = await preview({ schema: plain, topic: 'p/x', ...payload });
      expect(answer.body.observations[0].hasResult.numericValue).toBe(21.5);
    }
    const binary = await preview({ schema: plain, topic: 'p/x', payloadBase64: '//79' });
    expect(binary.body.rejected).toMatchObject([{ stage: 'decode', code: 'payload-not-utf8' }]);
  });

  it('without a schema finds the one that would take the message', async () => {
    const cool = await preview({ topic: 'meteo/m1', payload: message });
    expect(cool.body).toMatchObject({ schema: 'meteo', observations: [{}, {}] });
    const hot = await preview({ topic: 'meteo/m1', payload: { ...message, temperature: 451 } });
    expect(hot.body).toMatchObject({ schema: 'hot' });
    expect(hot.body.observations[0].hasFeatureOfInterest).toBe('http://glossa.test/api/features/oven');
    const owned = await preview({ topic: 'meteo/owned', payload: message });
    expect(owned.body).toMatchObject({ schema: 'bound' });
    const none = await preview({ topic: 'nobody/takes/this', payload: message });
    expect(none).toMatchObject({
      status: 200,
      body: { observations: [], rejected: [{ code: 'topic-unmatched' }], unmapped: [], trace: [] },
    });
  });

  it('knows where the device is', async () => {
    const { body } = await preview({ schemaId: 'meteo', topic: 'meteo/placed', payload: message });
    expect(body.observations[0].hasFeatureOfInterest).toBe('http://glossa.test/api/features/attic');
  });

  it('says what the line would say of a device that it would not admit', async () => {
    const strict = { ...schema, autoCreate: false };
    const unknown = await preview({ schema: strict, topic: 'meteo/m9', payload: message });
    expect(unknown.body.observations).toEqual([]);
    expect(pluck(unknown.body.rejected, 'code')).toContain('device-unknown');
    const known = await preview({ schema: strict, topic: 'meteo/placed', payload: message });
    expect(known.body.observations).toHaveLength(2);
  });

  it('says that the topic or the match does not fit', async () => {
    const topic = await preview({ schemaId: 'meteo', topic: 'other/m1', payload: message });
    expect(topic.body).toMatchObject({ observations: [], rejected: [{ code: 'topic-unmatched' }] });
    const match = await preview({ schemaId: 'hot', topic: 'meteo/m1', payload: message });
    expect(match.body).toMatchObject({ observations: [], rejected: [] });
    expect(match.body.trace.at(-1)).toMatchObject({ step: 'match' });
  });

  it('runs a schema whose examples fail, and names what is wrong with a broken one', async () => {
    const examples = [
      { topic: 'meteo/a', payload: message, expect: [{ property: 'AirTemperature', value: 99 }] },
    ];
    expect(
      (await preview({ schema: { ...schema, examples }, topic: 'meteo/m1', payload: message })).status,
    ).toBe(200);
    const broken = await preview({ schema: { ...schema, match: '((' }, topic: 'meteo/m1', payload: message });
    expect(broken).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/match', code: 'expression-invalid' }] },
    });
  });

  it.each([
    ['nothing', {}, ['/topic', '/payload']],
    ['no object', [], ['']],
    ['two schemas', { schema, schemaId: 'meteo', topic: 'a', payload: 1 }, ['/schemaId']],
    ['two payloads', { topic: 'a', payload: 1, payloadBase64: 'MQ==' }, ['/payloadBase64']],
    ['no base64', { topic: 'a', payloadBase64: '§' }, ['/payloadBase64']],
    ['a schemaId that is no text', { topic: 'a', payload: 1, schemaId: 7 }, ['/schemaId']],
    ['a filter for a topic', { topic: 'meteo/+', payload: 1 }, ['/topic']],
    ['an unknown member', { topic: 'a', payload: 1, 'x/y': 1 }, ['/x~1y']],
  ])('refuses %s', async (_name, body, pointers) => {
    const answer = await preview(body);
    expect(answer).toMatchObject({ status: 422, body: { code: 'body-invalid' } });
    expect(pluck(answer.body.errors, 'pointer')).toEqual(pointers);
  });

  it('answers 404 for a schema that is not there', async () => {
    expect((await preview({ schemaId: 'none', topic: 'a', payload: 1 })).status).toBe(404);
  });

  it('stores nothing', async () => {
    const { body } = await rest.get('/api/messages/summary');
    expect(body.messages.received).toBe(0);
    expect(pluck((await rest.get('/api/devices')).body.items, 'id')).toEqual(['owned', 'placed']);
    expect((await rest.get('/api/datastreams')).body).toEqual({ items: [] });
    expect((await rest.get('/api/messages')).body).toEqual({ items: [] });
    expect((await rest.get('/api/schemas')).body.items).toHaveLength(3);
  });
});
