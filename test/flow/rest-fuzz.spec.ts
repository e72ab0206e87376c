import fc from 'fast-check';
import { TestGateway } from './support/gateway.js';
import type { Rest } from './support/rest.js';
import { ROUTES, takesBody } from './support/routes.js';

const temperature = { property: 'AirTemperature', unit: '°C' };
const schema = { id: 'fuzzed', topic: 'fuzzed/{device}', observations: { temperature } };
/** Bodies that are taken, to be spoilt. */
const GOOD: Readonly<Record<string, object>> = {
  '/api/schemas': schema,
  '/api/schemas/{id}': schema,
  '/api/preview': { schema, topic: 'fuzzed/a', payload: { temperature: 1 } },
  '/api/devices/{id}': { title: 'a', schemas: ['some'], feature: 'a/b', account: 'some' },
  '/api/features/{path}': { title: 'a', description: 'b' },
  '/api/messages/replay': { state: 'rejected', limit: 1 },
  '/api/properties/{term}': { label: 'a', kind: 'Temperature', unit: 'K', broader: 'AirTemperature' },
  '/api/accounts': { username: 'fuzzed', roles: ['device'], rules: [] },
  '/api/accounts/{username}': { roles: ['device'], rules: [] },
  '/api/accounts/{username}/password': { password: 'password-1' },
  '/api/accounts/{username}/tokens': { expires: '2099-01-01' },
};

const word = fc.string({ unit: 'binary', maxLength: 12 });
const encode = (value: string) => encodeURIComponent(value.replace(/\p{Cs}/gu, '?'));
const segment = fc.oneof(
  fc.constantFrom(
    'some',
    'some',
    'none',
    'temperature',
    'AirTemperature',
    '1',
    '..',
    '%00',
    '%zz',
    '%2f',
    '*',
    '__proto__',
    '',
  ),
  word.map(encode),
);
const fill = (route: string, segments: readonly string[]) => {
  let i = 0;
  return route.replace(/\{\w+\}/g, () => segments[i++] ?? 'x');
};
const parameters = fc.array(
  fc.tuple(
    fc.constantFrom(
      'property',
      'feature',
      'device',
      'datastream',
      'from',
      'to',
      'unit',
      'order',
      'limit',
      'cursor',
      'interval',
      'timezone',
      'state',
      'code',
      'topic',
      'x',
    ),
    fc.oneof(
      fc.constantFrom(
        '',
        '1',
        '0',
        '-1',
        'desc',
        'PT1H',
        'P1M',
        'UTC',
        '2026-01-01',
        '9999-12-31T23:59:59Z',
        '-271821-04-20',
        '°F',
        'home/kitchen',
        'some/temperature',
        '1.1.1.1',
        '#',
        'x'.repeat(300),
      ),
      word,
    ),
  ),
  { maxLength: 3 },
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<unknown>(
      null,
      true,
      0,
      -0,
      1e308,
      'some',
      '{device}',
      'a/{device}',
      'AirTemperature',
      '°C',
      'State',
      '',
      '((',
      '$.**',
      '\ud800',
      '\u0000',
    ),
    word,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      fc.oneof(word, fc.constantFrom('value', 'property', 'unit', '__proto__', 'map')),
      tie('value'),
      {
        maxKeys: 4,
        noNullPrototype: true,
      },
    ),
  ),
}));
const member = fc.constantFrom(
  ...new Set([
    ...Object.values(GOOD).flatMap(Object.keys),
    'match',
    'codec',
    'device',
    'feature',
    'time',
    'each',
    'status',
    'examples',
    'autoCreate',
    '__proto__',
    'toString',
  ]),
);
const rule = fc.constantFrom(
  'value',
  'property',
  'unit',
  'values',
  'range',
  'when',
  'outOfRange',
  'time',
  'device',
);
const bodyOf = (route: string) => {
  const good = GOOD[route] ?? {};
  return fc.oneof(
    fc.tuple(member, value).map(([name, bad]) => JSON.stringify({ ...good, [name]: bad })),
    fc
      .tuple(rule, value)
      .map(([name, bad]) =>
        JSON.stringify({ ...good, observations: { a: { ...temperature, [name]: bad } } }),
      ),
    value.map((bad) => JSON.stringify(bad)),
    word,
  );
};
const request = fc.constantFrom(...ROUTES).chain(([method, route]) =>
  fc.record({
    method: fc.oneof(
      { weight: 6, arbitrary: fc.constant(method) },
      { weight: 1, arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH') },
    ),
    path: fc.array(segment, { minLength: 3, maxLength: 3 }).map((segments) => fill(route, segments)),
    parameters: takesBody(method) ? fc.constant([]) : parameters,
    body: bodyOf(route),
    accept: fc.constantFrom('*/*', '*/*', 'text/turtle', 'application/n-quads', 'text/csv', ';q=', 'a/b'),
  }),
);

describe('whatever a client sends', () => {
  let gateway: TestGateway;
  let rest: Rest;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    rest = gateway.rest();
    await rest.put('/api/schemas/some', { topic: 'some/{device}', observations: { temperature } });
    const mqtt = await gateway.mqtt();
    for (const said of [1, 2, 'warm']) await mqtt.publish('some/some', { temperature: said });
  });

  afterAll(() => gateway.stop());

  it('is answered by what it deserves, never by a failure', async () => {
    const seen = new Map<number, number>();
    const property = fc.asyncProperty(request, async ({ method, path, parameters: given, body, accept }) => {
      const search = new URLSearchParams(given).toString();
      const sends = method !== 'GET' && method !== 'HEAD' && body !== '';
      const headers = { Accept: accept, ...(sends && { 'Content-Type': 'application/json' }) };
      const url = search === '' ? path : `${path}?${search}`;
      const answer = await rest.call(method, url, sends ? body : undefined, headers);
      seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
      expect(answer.status).toBeLessThan(500);
      if (answer.status < 400 || method === 'HEAD') return;
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(answer.body).toMatchObject({ status: answer.status, code: expect.stringMatching(/^[a-z-]+$/) });
      expect(answer.text).not.toMatch(/\bat .*\.[jt]s:\d+/);
    });
    await fc.assert(property, { numRuns: 700 });
    // The requests got beyond the doors.
    for (const status of [200, 400, 404, 422])
      expect([status, seen.get(status)! > 20]).toEqual([status, true]);
    expect((await rest.get('/health')).body).toMatchObject({ status: 'ok' });
  }, 60_000);
});
