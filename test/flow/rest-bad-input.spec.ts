import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { ADMIN_TOKEN, TestGateway } from './support/gateway.js';
import type { Answer, Rest } from './support/rest.js';
import { ROUTES, takesBody } from './support/routes.js';

const JSON_TYPE = { 'Content-Type': 'application/json' };

describe('bad input', () => {
  let gateway: TestGateway;
  let rest: Rest;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    rest = gateway.rest();
    await rest.put('/api/schemas/some', {
      topic: 'some/{device}',
      time: 'at',
      observations: { temperature: { property: 'AirTemperature', unit: '°C' } },
    });
    await rest.post('/api/accounts', { username: 'some' });
    await rest.put('/api/features/some/where', {});
    const mqtt = await gateway.mqtt();
    await mqtt.publish('some/some', { at: '2026-01-01T00:00:00Z', temperature: 1 });
  });

  afterAll(() => gateway.stop());

  /** What every refusal is: a problem that names itself, and nothing of the service's inside. */
  function expectProblem(answer: Answer, status: number | readonly number[]): void {
    const statuses = [status].flat();
    expect(statuses).toContain(answer.status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(answer.body).toMatchObject({
      type: `/docs/errors#${answer.body.code as string}`,
      title: expect.stringMatching(/./),
      status: answer.status,
      code: expect.stringMatching(/^[a-z-]+$/),
      detail: expect.stringMatching(/./),
    });
    expect(answer.text).not.toMatch(/\bat .*\.[jt]s:\d+|node_modules|\/dist\/|prisma|sqlite/i);
  }

  describe.each(ROUTES.filter(([method]) => takesBody(method)))('%s %s', (method, _route, path) => {
    const send = (body: string, headers: Record<string, string> = JSON_TYPE) =>
      rest.call(method, path, body, headers);

    it('refuses a body that is no JSON', async () => {
      for (const body of [
        '{',
        'nonsense',
        '{"a":1,}',
        "{'a':1}",
        '\u0000',
        '{"a":NaN}',
        '[1',
        '{"a":1}{"b":2}',
      ]) {
        const answer = await send(body);
        expectProblem(answer, 400);
        expect(answer.body.code).toBe('body-not-json');
      }
    });

    it('refuses a body of another shape', async () => {
      for (const body of [
        '[]',
        '[{}]',
        '"text"',
        '7',
        'true',
        '{"__proto__":{"id":"x"}}',
        '{"constructor":1}',
        '{"\\ud800":"\\ud800"}',
      ])
        expectProblem(await send(body), 422);
      expectProblem(await send('{"a":'.repeat(99) + '1' + '}'.repeat(99)), 422);
    });

    it('is told apart from a body that is too deep or too large, or of another type', async () => {
      expectProblem(await send('['.repeat(10_000) + ']'.repeat(10_000)), 400);
      expectProblem(await send('{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000)), 400);
      expectProblem(await send(`"${'x'.repeat(2 * 1024 * 1024)}"`), 413);
      for (const type of [
        'text/plain',
        'application/xml',
        'multipart/form-data; boundary=x',
        'application/x-www-form-urlencoded',
        'nonsense',
      ])
        expectProblem(await send('{}', { 'Content-Type': type }), 415);
    });

    it('does not fail over an empty body or null', async () => {
      for (const answer of [
        await rest.call(method, path),
        await send(''),
        await send('  '),
        await send('null'),
      ]) {
        expect(answer.status).toBeLessThan(500);
        if (answer.status >= 400) expectProblem(answer, [415, 422]);
      }
    });
  });

  it.each(ROUTES)('%s %s refuses unknown query parameters', async (method, _route, path, body) => {
    if (path === '/health' || path === '/ready') return;
    for (const query of ['nonsense=1', '__proto__=1', 'constructor=', '=', 'limit[]=1']) {
      const answer = await rest.call(method, `${path}${path.includes('?') ? '&' : '?'}${query}`, body);
      expectProblem(answer, 400);
    }
  });

  it.each(ROUTES)('%s %s is one of the methods that its path tells', async (method, _route, path) => {
    const options = await rest.call('OPTIONS', path);
    expect([options.status, options.text]).toEqual([204, '']);
    const allowed = options.headers.get('allow')!.split(', ');
    expect(allowed).toEqual(
      expect.arrayContaining([method, 'OPTIONS', ...(method === 'GET' ? ['HEAD'] : [])]),
    );
    for (const other of ['PATCH', 'PUT', 'POST', 'DELETE', 'PROPFIND'].filter(
      (one) => !allowed.includes(one),
    )) {
      const answer = await rest.call(other, path);
      expectProblem(answer, 405);
      expect(answer.headers.get('allow')).toBe(options.headers.get('allow'));
    }
  });

  it.each([
    '/',
    '/api',
    '/api/',
    '/api/nonsense',
    '/api/schemas/some/nonsense',
    '/api/observations/a/b',
    '/api/observations/a/b/c/d',
    '/api/datastreams/some',
    '/api/units/nonsense',
    '/API/schemas',
    '/api//schemas',
    '/admin',
    '/.env',
    '/docs/../../package.json',
  ])('GET %s is not found', async (path) => {
    expectProblem(await rest.get(path), 404);
    expectProblem(await rest.call('OPTIONS', path), 404);
    expectProblem(await rest.call('POST', path, {}), 404);
  });

  it.each([
    'device/%zz',
    'devices/%',
    'devices/%c3%28',
    'features/a/%e0%a4',
    'datastreams/%ff/a',
    'observations/a/%/b',
  ])('GET /api/%s is malformed', async (path) => {
    expectProblem(await rest.get(`/api/${path}`), [400, 404]);
  });

  it.each([
    '%00',
    'a%00b',
    '%0a',
    '..%2f..%2fetc',
    '%2e%2e%2f',
    '..%5c',
    '%7f',
    '%ef%bf%bf',
    '__proto__',
    'constructor',
    'x'.repeat(5000),
  ])('an id of %s harms nothing', async (id) => {
    for (const [method, route, , body] of ROUTES.filter(([, route]) => route.includes('{'))) {
      const path = route.replace(/\{\w+\}/g, id);
      const answer = await rest.call(method, path, body);
      if (answer.status >= 400) expectProblem(answer, [400, 404, 409, 414, 422]);
    }
  });

  it.each([
    ['GET', '/api/devices/..', 404],
    ['PUT', '/api/devices/%2e%2e', 422],
    ['PUT', '/api/features/home/..', 422],
    ['GET', '/api/features/../devices', 404],
    ['GET', '/api/ontologies/../../package.json', 404],
    ['GET', '/api/ontologies/..%2f..%2fpackage', 404],
    ['GET', '/docs/../package.json', 404],
    ['GET', '/docs//etc/passwd', 404],
    ['GET', '/docs/ui/../package.json', 403],
    ['GET', '/docs/ui/..%2f..%2fpackage.json', 404],
    ['GET', '/docs/ui//etc/passwd', 403],
    ['GET', '/docs/ui/package.json', 404],
  ])('%s %s, with its dots as they are, leads nowhere', async (method, path, status) => {
    const { port } = new URL(gateway.httpUrl);
    const headers = { Authorization: `Bearer ${ADMIN_TOKEN}` };
    const call = request({ host: '127.0.0.1', port, method, path, headers }).end();
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([
      status,
      'application/problem+json; charset=utf-8',
    ]);
    answer.destroy();
  });

  it('refuses a URL and headers that are too long', async () => {
    const long = await rest.get(`/api/observations?property=${'x'.repeat(10_000)}`);
    expectProblem(long, 400);
    expectProblem(await rest.get(`/api/observations?${'a=1&'.repeat(3000)}`), 400);
  });

  it('survives bytes that are no HTTP', async () => {
    for (const bytes of [
      '\u0000\u0001\u0002',
      'GET\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      'POST /api/schemas HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
    ]) {
      const socket = connect(gateway.service.ports.http, '127.0.0.1');
      socket.on('error', () => undefined).resume();
      socket.write(bytes);
      await once(socket, 'close');
    }
    expect((await rest.get('/health')).status).toBe(200);
  });

  it('takes texts that are not well-formed Unicode as text, or refuses them', async () => {
    for (const [path, body] of [
      ['/api/devices/odd', '{"title":"\\ud800","account":"\\udfff"}'],
      ['/api/features/odd', '{"title":"a\\ud800b","description":"\\u0000"}'],
      ['/api/properties/Odd', '{"label":"\\ud800","kind":"Text"}'],
    ] as const) {
      const put = await rest.call('PUT', path, body, JSON_TYPE);
      expect(put.status).toBeLessThan(500);
      expect((await rest.get(path)).status).toBe(put.status < 300 ? 200 : 404);
    }
    for (const list of ['devices', 'features', 'properties', 'schemas', 'ontologies/core'])
      expect((await rest.get(`/api/${list}`)).status).toBe(200);
  });
});
