import { TestGateway } from './support/gateway.js';
import { rows } from './support/pluck.js';
import type { Rest } from './support/rest.js';

const BASE = 'http://glossa.test';

/** A schema of bare numbers on `<root>/{device}`. */
function document(id: string, more: object = {}) {
  return {
    id,
    topic: `${id}/{device}`,
    observations: { temperature: { property: 'AirTemperature', unit: '°C' } },
    ...more,
  };
}

describe('schemas over REST', () => {
  let gateway: TestGateway;
  let rest: Rest;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    rest = gateway.rest();
  });

  afterAll(() => gateway.stop());

  it('registers, answers what was registered with its version and where it is', async () => {
    const sent = document('plain', { title: 'Plain', description: 'Says a number' });
    const created = await rest.post('/api/schemas', sent);
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe(`${BASE}/api/schemas/plain`);
    expect(created.body).toEqual({ ...sent, version: 1, createdAt: expect.stringMatching(/^20.*Z$/) });
    for (const path of ['/api/schemas/plain', '/api/schemas/plain/versions/1']) {
      expect(await rest.get(path)).toMatchObject({ status: 200, body: created.body });
    }
  });

  it('makes a new version of another document only', async () => {
    const first = document('versions');
    await rest.post('/api/schemas', first);
    const reordered = Object.fromEntries(Object.entries(first).reverse());
    for (const again of [first, reordered, { ...first, version: 7, createdAt: 'x' }]) {
      expect(await rest.post('/api/schemas', again)).toMatchObject({ status: 200, body: { version: 1 } });
      expect(await rest.put('/api/schemas/versions', again)).toMatchObject({
        status: 200,
        body: { version: 1 },
      });
    }
    const second = { ...first, title: 'Second' };
    expect(await rest.put('/api/schemas/versions', second)).toMatchObject({
      status: 200,
      body: { version: 2, title: 'Second' },
    });
    const { id, ...third } = { ...first, title: 'Third' };
    expect(await rest.put('/api/schemas/versions', third)).toMatchObject({
      status: 200,
      body: { id, version: 3 },
    });
    const { body } = await rest.get('/api/schemas/versions/versions');
    expect(rows(body.items, 'version', 'title')).toEqual([
      [1, undefined],
      [2, 'Second'],
      [3, 'Third'],
    ]);
    for (const path of [
      '/api/schemas/versions/versions/4',
      '/api/schemas/versions/versions/x',
      '/api/schemas/none',
    ])
      expect((await rest.get(path)).status).toBe(404);
  });

  it('creates by PUT as well', async () => {
    const answer = await rest.put('/api/schemas/by-put', document('by-put'));
    expect([answer.status, answer.body.version]).toEqual([201, 1]);
  });

  it('leaves the document of an id alone when POST brings another', async () => {
    await rest.post('/api/schemas', document('taken'));
    const answer = await rest.post('/api/schemas', document('taken', { title: 'Other' }));
    expect(answer).toMatchObject({ status: 409, body: { code: 'already-exists', status: 409 } });
    expect((await rest.get('/api/schemas/taken')).body).not.toHaveProperty('title');
  });

  it('refuses a document whose id is not the one of the path', async () => {
    const answer = await rest.put('/api/schemas/here', document('there'));
    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'schema-invalid', errors: [{ pointer: '/id', code: 'schema-invalid' }] },
    });
  });

  it('is effective at once, and no more when retired', async () => {
    const device = await gateway.mqtt();
    const count = async (state: string) => (await rest.get('/api/messages/summary')).body.messages[state];
    await device.publish('live/a', { temperature: 1 });
    expect([await count('stored'), await count('unmatched')]).toEqual([0, 1]);

    await rest.post('/api/schemas', document('live'));
    await device.publish('live/a', { temperature: 2 });
    expect([await count('stored'), await count('unmatched')]).toEqual([1, 1]);

    const retired = await rest.delete('/api/schemas/live');
    expect([retired.status, retired.text]).toEqual([204, '']);
    await device.publish('live/a', { temperature: 3 });
    expect([await count('stored'), await count('unmatched')]).toEqual([1, 2]);
    expect((await rest.get('/api/schemas/live')).status).toBe(404);
    expect((await rest.delete('/api/schemas/live')).status).toBe(404);
    expect((await rest.get('/api/schemas/live/versions/1')).body).toMatchObject({ id: 'live', version: 1 });
    expect((await rest.get('/api/observations/latest?device=a')).body.member[0].schema).toBe(
      `${BASE}/api/schemas/live/versions/1`,
    );

    expect(await rest.post('/api/schemas', document('live'))).toMatchObject({
      status: 201,
      body: { version: 1 },
    });
    await device.publish('live/a', { temperature: 4 });
    expect([await count('stored'), await count('unmatched')]).toEqual([2, 2]);
    await rest.delete('/api/schemas/live');
    expect(await rest.put('/api/schemas/live', document('live', { title: 'Back' }))).toMatchObject({
      status: 201,
      body: { version: 2 },
    });
  });
});
