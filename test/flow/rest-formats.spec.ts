import { parseCsv } from './support/csv.js';
import { TestGateway } from './support/gateway.js';
import { graphOfJsonLd, graphOfRdf } from './support/graph.js';
import { BASE } from './support/pages.js';
import { pluck } from './support/pluck.js';
import type { Rest } from './support/rest.js';

const TYPES = [
  'application/json',
  'application/ld+json',
  'text/turtle',
  'application/n-quads',
  'text/csv',
  'application/x-ndjson',
];
const ROUTES = [
  'observations?limit=1000',
  'observations/latest',
  'observations?device=d1&limit=3',
  'observations?unit=K&property=Temperature',
];

describe('serialisations of observations', () => {
  let gateway: TestGateway;
  let rest: Rest;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    rest = gateway.rest();
    await rest.put('/api/properties/Mode', { label: 'Mode', kind: 'State', states: ['auto', 'manual'] });
    await rest.put('/api/properties/KilnTemperature', { label: 'Kiln', kind: 'Temperature', unit: '°C' });
    await rest.put('/api/properties/Remark', { label: 'Remark', kind: 'Text' });
    const { status, text } = await rest.post('/api/schemas', {
      id: 'all',
      topic: 'all',
      device: '{= id}',
      feature: '{= place}',
      time: 'at',
      observations: {
        air: { property: 'AirTemperature', unit: '°C', range: [-40, 60] },
        kiln: { property: 'KilnTemperature', unit: '°C' },
        'two words, "quoted"': { property: 'RelativeHumidity', unit: '%', value: 'humidity' },
        shake: { property: 'quantitykind:Acceleration', unit: 'm/s2' },
        open: { property: 'Opened' },
        mode: { property: 'Mode' },
        where: { property: 'Position' },
        remark: { property: 'Remark' },
      },
    });
    if (status !== 201) throw new Error(text);
    const mqtt = await gateway.mqtt();
    const remark = 'Comma, "quote", line\r\nbreak \\ tab\t é 温 🌡 <b>';
    for (const id of ['d1', 'a/b c,"d"🌡%|{}^`\\<>']) {
      const say = (message: object) => mqtt.publish('all', { id, place: 'home/küche 5%', ...message });
      // In order, and without waiting for each.
      await Promise.all([
        say({ at: '2026-01-01T00:00:00Z', air: 21.87, kiln: 1e21, humidity: 1e-7, shake: 0, open: true }),
        say({ at: '2026-01-01T00:00:00Z', air: 22, mode: 'auto', where: 'POINT(13.4 52.5)', remark }),
        say({ at: '2026-01-01T00:00:00.000001Z', air: 999, open: false, mode: 'manual' }),
        say({ at: '1999-01-01', air: -0.1 }),
        say({ at: 'no time', remark: '' }),
      ]);
    }
  });

  afterAll(() => gateway.stop());

  it.each(ROUTES)('%s is the same graph in JSON-LD, Turtle and N-Quads', async (route) => {
    const { body } = await rest.get(`/api/${route}`);
    expect(body.member.length).toBeGreaterThan(2);
    const graph = await graphOfJsonLd(body, rest);
    expect(
      await graphOfRdf((await rest.get(`/api/${route}`, 'application/n-quads')).text, 'N-Quads'),
    ).toEqual(graph);
    expect(await graphOfRdf((await rest.get(`/api/${route}`, 'text/turtle')).text, 'Turtle')).toEqual(graph);
    const relative = graph.filter((line) => /<(?!https?:)/.test(line.replace(/"(\\.|[^"\\])*"/g, '')));
    expect(relative).toEqual([]);
    expect(graph.filter((line) => line.includes('hasMember'))).toHaveLength(body.member.length);
  });

  it('says units, kinds, flags and procedures as IRIs of their vocabularies', async () => {
    const { body } = await rest.get('/api/observations?device=d1&datastream=air&order=desc');
    const graph = (await graphOfJsonLd(body, rest)).join('\n');
    expect(graph).toContain('<http://qudt.org/schema/qudt/hasUnit> <http://qudt.org/vocab/unit/DEG_C> .');
    expect(graph).toContain('"2.187E1"^^<http://www.w3.org/2001/XMLSchema#double>');
    expect(graph).toContain(
      '<https://w3id.org/glossa/ns#quality> <https://w3id.org/glossa/ns#out-of-range> .',
    );
    expect(graph).toContain(
      `<http://www.w3.org/ns/sosa/usedProcedure> <${BASE}/api/schemas/all/versions/1> .`,
    );
    expect(graph).toContain(
      '<http://www.w3.org/ns/sosa/observedProperty> <https://w3id.org/glossa/ns#AirTemperature> .',
    );
  });

  it('serves one observation, windows and an empty answer as the same graph', async () => {
    const ids = pluck((await rest.get('/api/observations/latest')).body.member, 'id') as string[];
    const paths = [
      ...ids.map((id) => id.slice(BASE.length)),
      '/api/observations/aggregate?interval=P1D',
      '/api/observations?device=none',
    ];
    for (const path of paths) {
      const { body } = await rest.get(path, 'application/ld+json');
      const graph = await graphOfJsonLd(body, rest);
      expect(await graphOfRdf((await rest.get(path, 'text/turtle')).text, 'Turtle')).toEqual(graph);
      expect(await graphOfRdf((await rest.get(path, 'application/n-quads')).text, 'N-Quads')).toEqual(graph);
    }
  });

  it('writes CSV that reads back', async () => {
    const { body } = await rest.get('/api/observations?limit=1000');
    const [header, ...lines] = parseCsv((await rest.get('/api/observations?limit=1000', 'text/csv')).text);
    expect(header).toEqual([
      'device',
      'datastream',
      'property',
      'feature',
      'phenomenonTime',
      'resultTime',
      'value',
      'unit',
      'quality',
      'schema',
      'id',
    ]);
    expect(lines).toHaveLength(body.member.length);
    for (const [i, line] of lines.entries()) {
      const one = body.member[i];
      const cells = Object.fromEntries(header!.map((name, k) => [name, line[k]]));
      const simple =
        one.hasSimpleResult?.['@value'] ?? one.hasSimpleResult ?? /[^#]*$/.exec(one.hasResult.id ?? '')?.[0];
      expect(cells).toMatchObject({
        property: one.observedProperty,
        phenomenonTime: one.phenomenonTime,
        resultTime: one.resultTime,
        value: String(one.hasResult?.numericValue ?? simple),
        unit: one.hasResult?.unit ?? '',
        quality: (one.quality ?? []).join(' '),
        id: one.id,
      });
      expect(one.schema).toBe(`${BASE}/api/schemas/${cells.schema}`);
      expect(one.datastream).toBe(
        `${BASE}/api/datastreams/${[cells.device!, cells.datastream!].map(encodeURIComponent).join('/')}`,
      );
    }
    const empty = await rest.get('/api/observations?device=none', 'text/csv');
    expect(parseCsv(empty.text)).toEqual([header]);
  });

  it('writes lines of JSON, each an observation on its own', async () => {
    const { body } = await rest.get('/api/observations?limit=1000');
    const { text } = await rest.get('/api/observations?limit=1000', 'application/x-ndjson');
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(body.member.map((one: object) => ({ '@context': body['@context'], ...one })));
    expect((await rest.get('/api/observations?device=none', 'application/x-ndjson')).text).toBe('');
  });

  it.each([
    [undefined, 'application/json'],
    ['', 'application/json'],
    ['*/*', 'application/json'],
    ['application/*', 'application/json'],
    ['text/*', 'text/turtle'],
    ['text/html, */*;q=0.1', 'application/json'],
    ['text/csv;q=0.5, text/turtle;q=0.9', 'text/turtle'],
    ['text/turtle;q=0.5,text/csv', 'text/csv'],
    ['*/*, application/json;q=0', 'application/ld+json'],
    ['application/*;q=0.1, text/csv;q=0.2', 'text/csv'],
    ['TEXT/TURTLE', 'text/turtle'],
    ['application/ld+json; profile="http://www.w3.org/ns/json-ld#compacted"', 'application/ld+json'],
    ...TYPES.map((type): [string, string] => [type, type]),
  ] as [string | undefined, string][])('answers Accept: %s with %s', async (accept, type) => {
    for (const route of ['observations', 'observations/latest', 'observations/aggregate?interval=P1Y']) {
      const answer = await rest.get(`/api/${route}`, accept);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, `${type}; charset=utf-8`]);
      expect(answer.headers.get('vary')).toMatch(/accept/i);
    }
  });

  it.each(['text/html', 'image/png, text/html;q=0.8', 'application/json;q=0', 'nonsense', 'application/xml'])(
    'answers Accept: %s with 406 and what there is',
    async (accept) => {
      for (const route of ['observations', 'observations/latest', 'observations/aggregate?interval=P1Y']) {
        const answer = await rest.get(`/api/${route}`, accept);
        expect(answer).toMatchObject({ status: 406, body: { code: 'not-acceptable' } });
        expect(answer.body.detail).toContain('text/turtle');
        expect(answer.headers.get('content-type')).toContain('application/problem+json');
      }
    },
  );

  it('answers HEAD as GET without the body, in every type', async () => {
    for (const type of TYPES) {
      const get = await rest.get('/api/observations?limit=5', type);
      const head = await rest.call('HEAD', '/api/observations?limit=5', undefined, { Accept: type });
      expect([head.status, head.text, head.headers.get('content-type')]).toEqual([
        200,
        '',
        get.headers.get('content-type'),
      ]);
      expect(head.headers.get('link')).toBe(get.headers.get('link'));
    }
    expect((await rest.call('HEAD', '/api/observations?limit=x')).status).toBe(400);
    expect((await rest.call('HEAD', '/api/devices/none')).status).toBe(404);
  });

  it('answers GET on every id that stands in an observation', async () => {
    const { body } = await rest.get('/api/observations?limit=1000');
    const iris = new Set<string>();
    const collect = (value: unknown): void => {
      if (typeof value === 'object' && value !== null) Object.values(value).forEach(collect);
      else if (typeof value === 'string' && value.startsWith(`${BASE}/`)) iris.add(value);
    };
    collect(body);
    expect(iris.size).toBeGreaterThan(30);
    for (const iri of iris) {
      const { status } = await rest.get(iri.slice(BASE.length));
      expect([iri, status]).toEqual([iri, 200]);
    }
  });
});
