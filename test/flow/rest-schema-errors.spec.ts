import { TestGateway } from './support/gateway.js';
import { pluck } from './support/pluck.js';
import type { Rest } from './support/rest.js';

const temperature = { property: 'AirTemperature', unit: '°C' };

/** A valid document, and what is changed in it. */
function document(id: string, more: object = {}) {
  return { id, topic: `${id}/{device}`, observations: { temperature }, ...more };
}

function one(rule: object) {
  return { observations: { value: rule } };
}

describe('schemas that are refused', () => {
  let gateway: TestGateway;
  let rest: Rest;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    rest = gateway.rest();
    await rest.post('/api/schemas', document('holder', { topic: ['held/{device}', 'kept/{id}/{device}'] }));
  });

  afterAll(() => gateway.stop());

  it.each([
    ['no id', { id: undefined }, '/id', 'schema-invalid'],
    ['an id that is no slug', { id: 'Not A Slug' }, '/id', 'schema-invalid'],
    ['no topic', { topic: undefined }, '/topic', 'schema-invalid'],
    ['no observations', { observations: {} }, '/observations', 'schema-invalid'],
    ['an unknown member', { topics: 'x' }, '/topics', 'schema-invalid'],
    ['a reserved topic', { topic: 'semantic/{device}' }, '/topic', 'topic-reserved'],
    ['the gateway’s topic', { topic: 'glossa/{device}' }, '/topic', 'topic-reserved'],
    ['the broker’s topic', { topic: '$SYS/{device}' }, '/topic', 'topic-reserved'],
    ['a rest that is not last', { topic: '{rest*}/x/{device}' }, '/topic', 'topic-invalid'],
    ['no such codec', { codec: 'morse' }, '/codec', 'codec-unknown'],
    [
      'no such property',
      one({ property: 'AirTemperatur', unit: '°C' }),
      '/observations/value/property',
      'property-unknown',
    ],
    [
      'no such unit',
      one({ property: 'AirTemperature', unit: 'smoots' }),
      '/observations/value/unit',
      'unit-unknown',
    ],
    [
      'a unit of something else',
      one({ property: 'AirTemperature', unit: 'kg' }),
      '/observations/value/unit',
      'unit-incompatible',
    ],
    ['no unit', one({ property: 'AirTemperature' }), '/observations/value/unit', 'unit-missing'],
    [
      'a unit of a state',
      one({ property: 'Opened', unit: '°C' }),
      '/observations/value/unit',
      'unit-unexpected',
    ],
    [
      'an expression that does not parse',
      one({ ...temperature, value: 'a +' }),
      '/observations/value/value',
      'expression-invalid',
    ],
    ['a match that does not parse', { match: '((' }, '/match', 'expression-invalid'],
    ['a template with an unbound variable', { feature: 'home/{room}' }, '/feature', 'template-invalid'],
    [
      'no such time zone',
      { time: { value: 't', timezone: 'Mars/Olympus' } },
      '/time/timezone',
      'timezone-unknown',
    ],
    ['a taken pattern', { topic: 'held/{other}', device: '{other}' }, '/topic', 'topic-taken'],
    [
      'a taken pattern among several',
      { topic: ['free/{device}', 'kept/{a}/{device}'] },
      '/topic/1',
      'topic-taken',
    ],
    ['a payload that is no JSON Schema', { payload: { type: 'nonsense' } }, '/payload', 'schema-invalid'],
  ])('%s', async (_name, change, pointer, code) => {
    const answer = await rest.post('/api/schemas', document('refused', change));
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer).toMatchObject({
      status: 422,
      body: { status: 422, code: 'schema-invalid', type: '/docs/errors#schema-invalid' },
    });
    expect(answer.body.errors).toContainEqual({
      pointer,
      code,
      message: expect.stringMatching(/./),
      hint: expect.stringMatching(/./),
    });
    expect((await rest.get('/api/schemas/refused')).status).toBe(404);
  });

  it('names the schema that holds the pattern', async () => {
    const { body } = await rest.post('/api/schemas', document('second', { topic: 'held/{device}' }));
    expect(body.errors[0].message).toContain('holder');
    const matched = document('second', { topic: 'held/{device}', match: 'temperature > 100' });
    expect((await rest.post('/api/schemas', matched)).status).toBe(201);
  });

  it('tells every error at once', async () => {
    const answer = await rest.post('/api/schemas', {
      id: 'Bad Id',
      topic: ['semantic/{device}', 'a/{b*}/c'],
      match: '((',
      unexpected: 1,
      observations: {
        first: { property: 'Nonsense', unit: '°C' },
        second: { property: 'AirTemperature', unit: 'kg', range: [3, 1] },
        third: { property: 'AirTemperature' },
      },
    });
    expect(answer.status).toBe(422);
    const pointers = pluck(answer.body.errors, 'pointer');
    expect(new Set(pointers)).toEqual(
      new Set([
        '/id',
        '/unexpected',
        '/topic/0',
        '/topic/1',
        '/match',
        '/observations/first/property',
        '/observations/second/unit',
        '/observations/second/range',
        '/observations/third/unit',
      ]),
    );
  });

  it('tells a failed example, a taken pattern and a changed property at once', async () => {
    const before = document('threefold', { match: 'true' });
    expect((await rest.post('/api/schemas', before)).status).toBe(201);
    const { body } = await rest.put('/api/schemas/threefold', {
      id: 'threefold',
      topic: 'held/{device}',
      observations: { temperature: { property: 'WaterTemperature', unit: '°C' } },
      examples: [
        {
          topic: 'held/x',
          payload: { temperature: 1 },
          expect: [{ property: 'WaterTemperature', value: 2 }],
        },
      ],
    });
    expect(pluck(body.errors, 'code').sort()).toEqual([
      'datastream-property-changed',
      'example-failed',
      'topic-taken',
    ]);
  });

  it('never lets a datastream observe something else, even under another schema version or after retirement', async () => {
    const device = await gateway.mqtt();
    await rest.post('/api/schemas', document('firm'));
    await device.publish('firm/f1', { temperature: 20 });
    const other = document('firm', {
      observations: { temperature: { property: 'WaterTemperature', unit: '°C' } },
    });
    const refused = {
      status: 422,
      body: {
        errors: [{ pointer: '/observations/temperature/property', code: 'datastream-property-changed' }],
      },
    };
    expect(await rest.put('/api/schemas/firm', other)).toMatchObject(refused);
    await rest.delete('/api/schemas/firm');
    expect(await rest.post('/api/schemas', other)).toMatchObject(refused);
    expect((await rest.get('/api/schemas/firm/versions')).body.items).toHaveLength(1);
  });

  it('is gated by its examples', async () => {
    const gated = (expectation: object, payload: unknown = { temperature: 68 }) =>
      document('gated', {
        observations: { temperature: { property: 'AirTemperature', unit: '°F' } },
        examples: [{ topic: 'gated/g1', payload, expect: [expectation] }],
      });
    const wrong = await rest.post('/api/schemas', gated({ property: 'AirTemperature', value: 68 }));
    expect(wrong).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/examples/0/expect/0', code: 'example-failed' }] },
    });
    expect(wrong.body.errors[0].message).toContain('20');
    for (const right of [
      gated({ property: 'AirTemperature', value: 20 }),
      gated({ property: 'glossa:AirTemperature', value: 68, unit: 'degF', name: 'temperature' }),
      gated({ property: 'AirTemperature', value: 20 }, '{"temperature": "68"}'),
    ]) {
      expect([200, 201]).toContain((await rest.put('/api/schemas/gated', right)).status);
    }
    const broken = gated({ property: 'AirTemperature', value: 20 }, 'not json');
    expect(await rest.put('/api/schemas/gated', broken)).toMatchObject({ status: 422 });
    const other = { ...gated({ property: 'AirTemperature', value: 20 }), topic: 'other/{device}' };
    expect((await rest.put('/api/schemas/gated', other)).body.errors[0].pointer).toBe('/examples/0/topic');
  });

  it('leaves the active version as it was when its replacement is refused', async () => {
    await rest.post('/api/schemas', document('steady'));
    const answer = await rest.put('/api/schemas/steady', document('steady', { match: '((' }));
    expect(answer.status).toBe(422);
    expect((await rest.get('/api/schemas/steady')).body).toMatchObject({ version: 1 });
  });
});
