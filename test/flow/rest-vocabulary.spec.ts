import { TestGateway } from './support/gateway.js';
import { graphOfJsonLd, graphOfRdf } from './support/graph.js';
import { BASE, pages } from './support/pages.js';
import { pluck, rows } from './support/pluck.js';
import { Rest } from './support/rest.js';

describe('the vocabulary over REST', () => {
  let gateway: TestGateway;
  let rest: Rest;
  let anonymous: Rest;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    rest = gateway.rest();
    anonymous = new Rest(gateway.httpUrl, undefined);
  });

  afterAll(() => gateway.stop());

  const resolve = (unit: string, property?: string) =>
    anonymous.get(
      `/api/units/resolve?${new URLSearchParams({ unit, ...(property && { property }) }).toString()}`,
    );

  it('is read by anyone, and nothing else is', async () => {
    for (const path of [
      '/health',
      '/ready',
      '/metrics',
      '/docs',
      '/docs/openapi.json',
      '/api/properties',
      '/api/properties/AirTemperature',
      '/api/units',
      '/api/units/resolve?unit=K',
      '/api/ontologies',
      '/api/ontologies/core',
      '/api/contexts/v1.jsonld',
    ])
      expect([path, (await anonymous.get(path)).status]).toEqual([path, 200]);
    for (const token of [undefined, 'wrong', 'gls_wrong', '']) {
      for (const [method, path] of [
        ['GET', '/api/schemas'],
        ['GET', '/api/observations'],
        ['GET', '/api/messages/summary'],
        ['GET', '/api/accounts'],
        ['PUT', '/api/properties/Own'],
        ['POST', '/api/preview'],
        ['POST', '/api/backup'],
        ['DELETE', '/api/devices/none'],
      ] as const) {
        const answer = await new Rest(gateway.httpUrl, token).call(method, path);
        expect(answer).toMatchObject({ status: 401, body: { status: 401, code: 'unauthenticated' } });
        expect(answer.headers.get('content-type')).toContain('application/problem+json');
        expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
      }
    }
  });

  it('asks for the token before it looks at a body', async () => {
    const answer = await anonymous.call('POST', '/api/schemas', 'not json', { 'Content-Type': 'text/plain' });
    expect(answer.status).toBe(401);
    expect((await anonymous.post('/api/schemas', '{')).status).toBe(401);
  });

  it('takes the token of a Bearer header only, whatever the case of its scheme', async () => {
    const ask = async (authorization: string) =>
      (await anonymous.call('GET', '/api/schemas', undefined, { Authorization: authorization })).status;
    const token = 'admin-token-of-the-tests';
    expect(await ask(`bearer ${token}`)).toBe(200);
    expect(await ask(`Basic ${Buffer.from(`admin:${token}`).toString('base64')}`)).toBe(401);
    expect(await ask(token)).toBe(401);
    expect((await anonymous.get(`/api/schemas?access_token=${token}`)).status).toBe(401);
  });

  it('shows properties by term, CURIE and IRI', async () => {
    const { body } = await anonymous.get('/api/properties/AirTemperature');
    expect(body).toMatchObject({
      id: 'AirTemperature',
      iri: 'https://w3id.org/glossa/ns#AirTemperature',
      url: `${BASE}/api/properties/AirTemperature`,
      kind: 'Temperature',
      type: 'quantity',
      unit: 'unit:DEG_C',
      origin: 'core',
    });
    for (const other of ['glossa:AirTemperature', encodeURIComponent(body.iri)])
      expect((await anonymous.get(`/api/properties/${other}`)).body).toEqual(body);
    expect((await anonymous.get('/api/properties/quantitykind:Acceleration')).body).toMatchObject({
      origin: 'kind',
      unit: 'unit:M-PER-SEC2',
    });
    const wrong = await anonymous.get('/api/properties/AirTemprature');
    expect(wrong).toMatchObject({ status: 404, body: { code: 'not-found' } });
    expect(wrong.body.detail).toContain('AirTemperature');
    const terms = pluck((await anonymous.get('/api/properties?limit=1000')).body.items, 'id');
    expect(terms).toEqual(
      expect.arrayContaining(['AirTemperature', 'Opened', 'Position', 'PM2_5', 'Glucose']),
    );
    expect(terms).toEqual([...terms].sort());
  });

  it('takes properties of one’s own, which schemas and queries know at once', async () => {
    const sent = {
      label: 'Kiln temperature',
      definition: 'Of a kiln',
      kind: 'Temperature',
      unit: '°F',
      broader: 'AirTemperature',
    };
    const created = await rest.put('/api/properties/KilnTemperature', sent);
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe(`${BASE}/api/properties/KilnTemperature`);
    expect(created.body).toMatchObject({
      id: 'KilnTemperature',
      iri: `${BASE}/api/properties/KilnTemperature`,
      origin: 'own',
      unit: 'unit:DEG_F',
      broader: ['AirTemperature'],
    });
    expect((await anonymous.get('/api/properties/KilnTemperature')).body).toEqual(created.body);
    expect((await anonymous.get(`/api/properties/${encodeURIComponent(created.body.iri)}`)).body).toEqual(
      created.body,
    );
    expect(await rest.put('/api/properties/KilnTemperature', created.body)).toMatchObject({
      status: 200,
      body: created.body,
    });
    const unused = await rest.put('/api/properties/KilnTemperature', { ...sent, unit: '°C' });
    expect(unused).toMatchObject({ status: 200, body: { unit: 'unit:DEG_C' } });

    await rest.post('/api/schemas', {
      id: 'kiln',
      topic: 'kiln/{device}',
      observations: { heat: { property: 'KilnTemperature', unit: 'K' } },
    });
    const mqtt = await gateway.mqtt();
    await mqtt.publish('kiln/k1', { heat: 1273.15 });
    const { body } = await rest.get('/api/observations?property=AirTemperature');
    expect(body.member).toMatchObject([
      { observedProperty: created.body.iri, hasResult: { numericValue: 1000, unit: 'unit:DEG_C' } },
    ]);
    for (const change of [
      { unit: 'K', broader: undefined },
      { kind: 'Length', unit: 'm', broader: undefined },
      { kind: 'Text', unit: undefined },
    ]) {
      expect(await rest.put('/api/properties/KilnTemperature', { ...sent, ...change })).toMatchObject({
        status: expect.any(Number),
        body: { code: expect.stringMatching(/^property-(in-use|invalid)$/) },
      });
    }
    const inUse = await rest.put('/api/properties/KilnTemperature', { ...sent, unit: 'K' });
    expect(inUse).toMatchObject({ status: 409, body: { code: 'property-in-use' } });
    expect(
      (await rest.put('/api/properties/KilnTemperature', { ...sent, unit: '°C', label: 'Kiln' })).body.label,
    ).toBe('Kiln');
    expect((await anonymous.get('/api/ontologies/own')).text).toContain(created.body.iri);
  });

  it('keeps the meaning that a registered schema relies on', async () => {
    const sent = { label: 'Draught', kind: 'Velocity', unit: 'm/s' };
    await rest.put('/api/properties/Draught', sent);
    await rest.post('/api/schemas', {
      id: 'draught',
      topic: 'draught/{device}',
      observations: { speed: { property: 'Draught', unit: 'km/h' } },
    });
    expect(await rest.put('/api/properties/Draught', { ...sent, unit: 'km/h' })).toMatchObject({
      status: 409,
      body: { code: 'property-in-use' },
    });
    const mode = { label: 'Mode', kind: 'State', states: ['auto', 'manual'] };
    await rest.put('/api/properties/Mode', mode);
    await rest.post('/api/schemas', {
      id: 'mode',
      topic: 'mode/{device}',
      observations: { mode: { property: 'Mode' } },
    });
    const fewer = await rest.put('/api/properties/Mode', { ...mode, states: ['auto'] });
    expect(fewer).toMatchObject({ status: 409, body: { code: 'property-in-use' } });
    expect(
      (await rest.put('/api/properties/Mode', { ...mode, states: ['auto', 'manual', 'off'] })).status,
    ).toBe(200);
    const mqtt = await gateway.mqtt();
    await mqtt.publish('mode/m1', { mode: 'off' });
    const { body } = await rest.get('/api/observations?property=Mode');
    expect(body.member).toMatchObject([{ hasResult: { id: `${BASE}/api/properties/Mode#off` } }]);

    await rest.delete('/api/schemas/draught');
    expect((await rest.put('/api/properties/Draught', { ...sent, unit: 'km/h' })).status).toBe(200);
  });

  it('shows which properties are directions, and takes what it shows', async () => {
    const core = await anonymous.get('/api/properties/WindDirection');
    expect(core.body).toMatchObject({ circular: true });
    expect((await anonymous.get('/api/properties/Tilt')).body).not.toHaveProperty('circular');
    const sent = { label: 'Bearing', kind: 'Angle', unit: '°', circular: true };
    const created = await rest.put('/api/properties/BearingA', sent);
    expect(created).toMatchObject({ status: 201, body: { circular: true } });
    await rest.post('/api/schemas', {
      id: 'bearing',
      topic: 'bearing/{device}',
      observations: { bearing: { property: 'BearingA', unit: '°' } },
    });
    const { body } = await anonymous.get('/api/properties/BearingA');
    expect(body).toEqual(created.body);
    expect(await rest.put('/api/properties/BearingA', body)).toMatchObject({ status: 200, body });
  });

  it.each([
    [
      { label: 'Heading', kind: 'Angle', unit: '°', circular: true },
      [
        [{ circular: undefined }, { '/circular': 'its circular cannot change from true to false' }],
        [
          { unit: 'rad', circular: false },
          {
            '/unit': 'its unit cannot change from DEG to RAD',
            '/circular': 'its circular cannot change from true to false',
          },
        ],
      ],
    ],
    [
      { label: 'Mode', kind: 'State', states: ['auto', 'manual', 'off'] },
      [
        [{ states: ['off', 'on'] }, { '/states': 'its states cannot lose auto, manual' }],
        [
          { kind: 'Text', states: undefined },
          {
            '/kind': 'its kind cannot change from State to Text',
            '/type': 'its type cannot change from concept to text',
            '/states': 'its states cannot lose auto, manual, off',
          },
        ],
      ],
    ],
    [
      { label: 'Lid', kind: 'State' },
      [[{ states: ['up', 'down'] }, { '/type': 'its type cannot change from state to concept' }]],
    ],
  ] as const)('names what a definition of one in use would change: %j', async (sent, changes) => {
    const term = `Used${sent.label}`;
    await rest.put(`/api/properties/${term}`, sent);
    const id = term.toLowerCase();
    const unit = 'unit' in sent ? { unit: sent.unit } : {};
    await rest.post('/api/schemas', {
      id,
      topic: `${id}/{device}`,
      observations: { x: { property: term, ...unit } },
    });
    for (const [change, told] of changes) {
      const { status, body } = await rest.put(`/api/properties/${term}`, { ...sent, ...change });
      expect([status, body.code]).toEqual([409, 'property-in-use']);
      expect(body.detail).toBe(`${term} is used by the schema ${id}: ${Object.values(told).join(', ')}`);
      expect(rows(body.errors, 'pointer', 'message')).toEqual(Object.entries(told));
    }
  });

  it.each([
    ['AirTemperature', { label: 'Mine', kind: 'Temperature', unit: '°C' }, 409, 'property-reserved'],
    ['a b', { label: 'x', kind: 'Text' }, 422, 'property-invalid'],
    ['Ä', { label: 'x', kind: 'Text' }, 422, 'property-invalid'],
    ['Own1', {}, 422, 'property-invalid'],
    ['Own1', { label: 'x', kind: 'Nonsense' }, 422, 'property-invalid'],
    ['Own1', { label: 'x', kind: 'Temperature', unit: 'smoots' }, 422, 'property-invalid'],
    ['Own1', { label: 'x', kind: 'Temperature', unit: 'kg' }, 422, 'property-invalid'],
    ['Own1', { label: 'x', kind: 'State', unit: 'K' }, 422, 'property-invalid'],
    ['Own1', { label: 'x', kind: 'Text', broader: 'None' }, 422, 'property-invalid'],
    ['Own1', { label: 'x', kind: 'Text', colour: 'red' }, 422, 'property-invalid'],
    ['Own1', [], 422, 'property-invalid'],
  ])('refuses the property %s: %j', async (term, body, status, code) => {
    const answer = await rest.put(`/api/properties/${encodeURIComponent(term)}`, body);
    expect(answer).toMatchObject({ status, body: { code } });
    expect(answer.body.errors.length).toBeGreaterThan(0);
  });

  it.each([
    ...['ºC', '℃', '°C', '  C', 'degC', 'Cel', 'unit:DEG_C', 'DEG_C', 'http://qudt.org/vocab/unit/DEG_C'].map(
      (one) => [one, 'unit:DEG_C'],
    ),
    ...['lx', 'Lx', 'lux', 'LUX'].map((one) => [one, 'unit:LUX']),
    ...['sec.', 'Sec', 's'].map((one) => [one, 'unit:SEC']),
    ...['µg/m³', 'μg/m³', 'ug/m3', 'ug/m^3'].map((one) => [one, 'unit:MicroGM-PER-M3']),
    ...['μS/cm', 'µS/cm', 'uS/cm'].map((one) => [one, 'unit:MicroS-PER-CentiM']),
    ...['°F', 'degF', '[degF]'].map((one) => [one, 'unit:DEG_F']),
    ['kWh', 'unit:KiloW-HR'],
    ['hPa', 'unit:HectoPA'],
    ['ppm', 'unit:PPM'],
    ['m/s', 'unit:M-PER-SEC'],
  ] as string[][])('resolves %j to %s', async (spelling, id) => {
    expect(await resolve(spelling)).toMatchObject({ status: 200, body: { id } });
  });

  it('resolves a spelling within what is measured, and says what is wrong with others', async () => {
    expect((await resolve('C', 'AirTemperature')).body.id).toBe('unit:DEG_C');
    expect((await resolve('dBm', 'SignalStrength')).status).toBe(200);
    expect(await resolve('kg', 'AirTemperature')).toMatchObject({
      status: 400,
      body: { code: 'unit-incompatible' },
    });
    expect(await resolve('K', 'Nonsense')).toMatchObject({ status: 400, body: { code: 'property-unknown' } });
    const unknown = await resolve('celcius');
    expect(unknown).toMatchObject({
      status: 404,
      body: { status: 404, code: 'unit-unknown', errors: [{ pointer: 'unit' }] },
    });
    expect(unknown.body.hint).toMatch(/./);
    expect((await anonymous.get('/api/units/resolve')).status).toBe(400);
    expect((await anonymous.get('/api/units/resolve?unit=')).status).toBe(400);
  });

  it('lists units with symbol, UCUM code and kinds, and those that convert', async () => {
    const { body } = await anonymous.get('/api/units?compatibleWith=%C2%B0C');
    expect(pluck(body.items, 'id')).toEqual(expect.arrayContaining(['unit:DEG_C', 'unit:DEG_F', 'unit:K']));
    expect(pluck(body.items, 'id')).not.toContain('unit:M');
    expect(body.items.find(({ id }: { id: string }) => id === 'unit:DEG_C')).toMatchObject({
      iri: 'http://qudt.org/vocab/unit/DEG_C',
      symbol: '°C',
      ucum: 'Cel',
      quantityKinds: expect.arrayContaining(['Temperature']),
    });
    const all = (await pages(anonymous, '/api/units?limit=700')).flat();
    expect(all.length).toBeGreaterThan(1000);
    expect(new Set(pluck(all, 'id')).size).toBe(all.length);
    expect(await anonymous.get('/api/units?compatibleWith=smoots')).toMatchObject({
      status: 400,
      body: { code: 'unit-unknown' },
    });
  });

  it('serves each ontology as the same graph in every syntax', async () => {
    const { body } = await anonymous.get('/api/ontologies');
    expect(body.items.length).toBeGreaterThan(0);
    for (const { id, url } of body.items) {
      const path = url.slice(BASE.length);
      const document = await anonymous.get(path);
      expect(document.headers.get('content-type')).toBe('application/ld+json; charset=utf-8');
      const graph = await graphOfJsonLd(document.body, rest);
      expect(graph.length).toBeGreaterThan(5);
      const turtle = await anonymous.get(path, 'text/turtle');
      expect(turtle.headers.get('content-type')).toBe('text/turtle; charset=utf-8');
      expect(await graphOfRdf(turtle.text, 'Turtle')).toEqual(graph);
      expect(await graphOfRdf((await anonymous.get(path, 'application/n-quads')).text, 'N-Quads')).toEqual(
        graph,
      );
      expect((await anonymous.get(`/api/ontologies/${id}.ttl`)).text).toBe(turtle.text);
      expect((await anonymous.get(`/api/ontologies/${id}.jsonld`)).body).toEqual(document.body);
      expect((await anonymous.get(path, 'text/html')).status).toBe(406);
    }
    expect((await anonymous.get('/api/ontologies/none')).status).toBe(404);
  });

  it('serves the context to every site', async () => {
    const answer = await anonymous.get('/api/contexts/v1.jsonld');
    expect(answer.headers.get('content-type')).toBe('application/ld+json; charset=utf-8');
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.body['@context']).toMatchObject({ Observation: 'sosa:Observation' });
    expect((await anonymous.get('/api/contexts/v2.jsonld')).status).toBe(404);
  });

  it('says how it is', async () => {
    const { status, body, headers } = await anonymous.get('/health');
    expect([status, body.status, body.trouble]).toEqual([200, 'ok', []]);
    expect(headers.get('cache-control')).toBe('no-store');
  });
});
