import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { ERRORS } from '#model';
import { TestGateway } from './support/gateway.js';
import { Rest } from './support/rest.js';
import { ROUTES, takesBody } from './support/routes.js';

interface Operation {
  readonly summary?: string;
  readonly tags?: string[];
  readonly security?: object[];
  readonly parameters?: { name: string; in: string; required?: boolean; schema: object }[];
  readonly requestBody?: { content: Record<string, { schema: object }> };
  readonly responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
}

const LISTS = [
  'schemas',
  'devices',
  'features',
  'datastreams',
  'messages',
  'properties',
  'units',
  'accounts',
  'ontologies',
  'versions',
  'tokens',
];

describe('the documentation that the service serves', () => {
  let gateway: TestGateway;
  let rest: Rest;
  let anonymous: Rest;
  let openapi: {
    openapi: string;
    paths: Record<string, Record<string, Operation>>;
    components: { schemas: object };
  };
  let ajv: Ajv;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    rest = gateway.rest();
    anonymous = new Rest(gateway.httpUrl, undefined);
    openapi = (await anonymous.get('/docs/openapi.json')).body;
    ajv = new Ajv({
      allErrors: true,
      strict: true,
      allowUnionTypes: true,
      keywords: ['example', 'components'],
      strictTypes: false,
      strictRequired: false,
    });
    (formats as unknown as (ajv: Ajv) => void)(ajv);
    ajv.addSchema({ $id: 'api', components: openapi.components });
  });

  afterAll(() => gateway.stop());

  const operation = (method: string, route: string) => openapi.paths[route]?.[method.toLowerCase()];
  /** A shape of the document, as a test of values. */
  function validator(schema: object): ValidateFunction {
    const text = JSON.stringify(schema).replaceAll('"#/components/', '"api#/components/');
    return ajv.compile(JSON.parse(text) as object);
  }
  const expectValid = (schema: object | undefined, value: unknown, what: string) => {
    const valid = validator(schema!);
    expect([what, valid(value), valid.errors]).toEqual([what, true, null]);
  };

  it('is a page with everything that it loads', async () => {
    const page = await anonymous.get('/docs');
    expect(page.headers.get('content-type')).toContain('text/html');
    const assets = [...page.text.matchAll(/(?:src|href)="(\.?\/[^"]+)"/g)].map(([, url]) => url!);
    expect(assets.length).toBeGreaterThan(3);
    for (const asset of assets) {
      const { pathname } = new URL(asset, `${gateway.httpUrl}/docs`);
      const answer = await anonymous.get(pathname);
      expect([asset, answer.status]).toEqual([asset, 200]);
      expect(answer.text.length).toBeGreaterThan(0);
    }
    const yaml = await anonymous.get('/docs/openapi.yaml');
    expect(yaml.text).toContain('/api/observations/aggregate');
  });

  it('explains every error code, where the type of a problem leads', async () => {
    const { body } = await anonymous.get('/api/schemas');
    const page = await anonymous.get(body.type.split('#')[0]);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    for (const code of Object.keys(ERRORS)) expect(page.text).toContain(`id="${code}"`);
  });

  it.each(ROUTES)('describes %s %s', (method, route) => {
    const described = operation(method, route)!;
    expect(described).toMatchObject({
      summary: expect.stringMatching(/.{8,}/),
      tags: [expect.stringMatching(/./)],
    });
    const named = (described.parameters ?? []).filter((one) => one.in === 'path').map(({ name }) => name);
    expect(named).toEqual([...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    if (LISTS.includes(route.split('/').at(-1)!) && method === 'GET') {
      const names = described.parameters?.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(['limit', 'cursor']));
    }
    const open =
      method === 'GET' && /^\/health|^\/ready|^\/api\/(properties|units|ontologies|contexts)/.test(route);
    expect(described.security).toEqual(open ? undefined : [{ bearer: [] }]);
    expect(described.requestBody !== undefined).toBe(takesBody(method));
    const statuses = Object.keys(described.responses);
    expect(statuses).toEqual(
      expect.arrayContaining([
        '400',
        ...(open ? [] : ['401', '403']),
        ...(takesBody(method) ? ['413', '415', '422'] : []),
      ]),
    );
    const good = statuses.filter((status) => status.startsWith('2'));
    expect(good.length).toBeGreaterThan(0);
    for (const status of statuses) {
      const { description, content } = described.responses[status]!;
      expect(description).toMatch(/./);
      if (status !== '204') expect(Object.keys(content!).length).toBeGreaterThan(0);
      for (const { schema } of Object.values(content ?? {})) validator(schema);
    }
    if (described.requestBody) validator(described.requestBody.content['application/json']!.schema);
  });

  it('describes nothing that is not there', async () => {
    const known = new Set(ROUTES.map(([method, route]) => `${method} ${route}`));
    const more = Object.entries(openapi.paths)
      .flatMap(([route, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${route}`))
      .filter((one) => !known.has(one));
    expect(more).toEqual(['DELETE /api/features/{path}', 'POST /api/backup']);
  });

  it('is true of what routes take and answer', async () => {
    const schema = {
      id: 'told',
      title: 'Told',
      topic: ['told/{device}', 'other/{device}'],
      match: 'true',
      codec: { name: 'json' },
      feature: 'home/{device}',
      time: { value: 'at', format: 'iso8601' },
      observations: {
        temperature: { property: 'AirTemperature', unit: { value: 'u', map: { c: '°C' } }, range: [0, 10] },
        open: { property: 'Opened', values: { yes: true, no: false } },
        where: { property: 'Position' },
      },
      status: { topic: 'told/{device}/status', online: ['online', true] },
      examples: [
        { topic: 'told/a', payload: { open: 'yes' }, expect: [{ property: 'Opened', value: true }] },
      ],
    };
    const account = {
      username: 'told',
      roles: ['consumer'],
      rules: [{ effect: 'deny', action: 'publish', topic: '#' }],
    };
    const calls: [method: string, route: string, path: string, body?: unknown][] = [
      ['POST', '/api/schemas', '/api/schemas', schema],
      ['PUT', '/api/schemas/{id}', '/api/schemas/told', { ...schema, title: 'Again' }],
      [
        'POST',
        '/api/preview',
        '/api/preview',
        { schemaId: 'told', topic: 'told/a', payload: { u: 'c', temperature: 1, open: 'ajar', x: 1 } },
      ],
      [
        'PUT',
        '/api/devices/{id}',
        '/api/devices/a',
        { title: 'A', schemas: ['told'], account: 'told', feature: 'x' },
      ],
      ['PUT', '/api/features/{path}', '/api/features/home/a', { title: 'A', description: 'B' }],
      [
        'PUT',
        '/api/properties/{term}',
        '/api/properties/Mode',
        { label: 'Mode', kind: 'State', states: ['auto', { term: 'off' }] },
      ],
      ['POST', '/api/accounts', '/api/accounts', account],
      ['PUT', '/api/accounts/{username}', '/api/accounts/told', { roles: ['device'] }],
      ['PUT', '/api/accounts/{username}/password', '/api/accounts/told/password', { password: 'password-1' }],
      [
        'POST',
        '/api/accounts/{username}/tokens',
        '/api/accounts/told/tokens',
        { expires: '2099-01-01T00:00:00Z' },
      ],
      ['GET', '/api/schemas', '/api/schemas'],
      ['GET', '/api/schemas/{id}/versions', '/api/schemas/told/versions'],
      ['GET', '/api/devices', '/api/devices'],
      ['GET', '/api/features', '/api/features'],
      ['GET', '/api/datastreams', '/api/datastreams'],
      ['GET', '/api/datastreams/{device}/{name}', '/api/datastreams/a/temperature'],
      ['GET', '/api/observations', '/api/observations?limit=2'],
      ['GET', '/api/observations', '/api/observations?device=none&from=2026-01-01'],
      ['GET', '/api/observations/latest', '/api/observations/latest'],
      ['GET', '/api/observations/aggregate', '/api/observations/aggregate?interval=P1D'],
      ['GET', '/api/observations/{device}/{name}/{time}', '/api/observations/a/where/2026-01-01T00:00:00Z'],
      ['GET', '/api/messages/summary', '/api/messages/summary'],
      ['GET', '/api/messages', '/api/messages'],
      ['POST', '/api/messages/replay', '/api/messages/replay', { ids: [1, 99], limit: 10 }],
      ['GET', '/api/properties', '/api/properties?limit=1000'],
      ['GET', '/api/properties/{term}', '/api/properties/WindDirection'],
      ['GET', '/api/properties/{term}', '/api/properties/quantitykind:Acceleration'],
      ['GET', '/api/units', '/api/units?limit=3000'],
      ['GET', '/api/units/resolve', '/api/units/resolve?unit=%25'],
      ['GET', '/api/ontologies', '/api/ontologies'],
      ['GET', '/api/accounts', '/api/accounts'],
      ['GET', '/api/accounts/{username}/tokens', '/api/accounts/told/tokens'],
      ['GET', '/api/access/check', '/api/access/check?username=told&action=publish&topic=a'],
      ['DELETE', '/api/observations', '/api/observations?datastream=a/open'],
      ['DELETE', '/api/devices/{id}', '/api/devices/a?purge=true'],
      ['DELETE', '/api/accounts/{username}/tokens', '/api/accounts/told/tokens'],
      ['DELETE', '/api/accounts/{username}', '/api/accounts/told'],
      ['DELETE', '/api/schemas/{id}', '/api/schemas/told'],
      ['GET', '/health', '/health'],
      ['GET', '/ready', '/ready'],
    ];
    for (const [i, [method, route, path, body]] of calls.entries()) {
      const described = operation(method, route)!;
      if (body !== undefined)
        expectValid(
          described.requestBody!.content['application/json']!.schema,
          body,
          `${method} ${route} takes`,
        );
      const answer = await rest.call(method, path, body);
      const response = described.responses[answer.status];
      expect([method, path, answer.status, answer.text]).toEqual([
        method,
        path,
        expect.any(Number),
        response ? answer.text : 'a described status',
      ]);
      expect([path, answer.status < 300]).toEqual([path, true]);
      if (answer.status !== 204)
        expectValid(
          response?.content?.['application/json']?.schema,
          answer.body,
          `${method} ${route} answers`,
        );
      if (i !== 3) continue;
      const mqtt = await gateway.mqtt();
      await mqtt.publish('told/a', {
        at: '2026-01-01T00:00:00Z',
        u: 'c',
        temperature: 99,
        open: 'yes',
        where: 'POINT(1 2)',
      });
      await mqtt.publish('told/a', { open: 'ajar' });
      await mqtt.publish('nowhere', Buffer.from([0xff]));
    }
  });

  it('is true of refusals', async () => {
    const problem = { $ref: '#/components/schemas/Problem' };
    for (const answer of [
      await rest.post('/api/schemas', {}),
      await rest.get('/api/observations?limit=0&x=1'),
      await anonymous.get('/api/schemas'),
      await rest.get('/api/devices/none'),
      await rest.get('/nowhere'),
      await rest.call('PATCH', '/api/schemas'),
    ])
      expectValid(problem, answer.body, String(answer.status));
  });
});
