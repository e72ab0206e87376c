import { TestGateway } from './support/gateway.js';
import { pages } from './support/pages.js';
import { parseCsv } from './support/csv.js';

interface Member {
  readonly datastream: string;
  readonly windows: readonly { readonly first: number }[];
}

describe('many windows', () => {
  let gateway: TestGateway;
  const VALUES = 40_000;
  const path = '/api/observations/aggregate?interval=PT1S&limit=10000';

  beforeAll(async () => {
    gateway = await TestGateway.start();
    await gateway.rest().post('/api/schemas', {
      id: 'series',
      topic: 'series/{device}',
      each: 'values',
      time: { value: 't', format: 'unix-s' },
      observations: { v: { property: 'AirTemperature', unit: '°C' } },
    });
    const mqtt = await gateway.mqtt();
    const items = Array.from({ length: VALUES }, (_, i) => ({ t: 1_700_000_000 + i, v: i }));
    for (const device of ['a', 'b', 'c'])
      for (let at = 0; at < VALUES; at += 10_000)
        await mqtt.publish(`series/${device}`, { values: items.slice(at, at + 10_000) });
  });

  afterAll(() => gateway.stop());

  it('come in pages of whole datastreams', async () => {
    const found = (await pages(gateway.rest(), path, 'member')) as Member[][];
    expect(found.map((page) => page.map(({ datastream }) => datastream.split('/').at(-2)))).toEqual([
      ['a', 'b'],
      ['c'],
    ]);
    for (const { windows } of found.flat())
      expect(windows.map(({ first }) => first)).toEqual(Array.from({ length: VALUES }, (_, i) => i));
  });

  it('are the same in every table', async () => {
    const csv = await gateway.rest().get(path, 'text/csv');
    expect(csv.headers.get('link')).toMatch(/rel="next"$/);
    expect(parseCsv(csv.text)).toHaveLength(1 + 2 * VALUES);
    const lines = (await gateway.rest().get(path, 'application/x-ndjson')).text.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as Member).windows.length)).toEqual([VALUES, VALUES]);
  });

  it('are fewer in a graph', async () => {
    const refused = await gateway.rest().get(path, 'text/turtle');
    expect([refused.status, refused.body.code]).toEqual([400, 'query-invalid']);
    const minutes = path.replace('PT1S', 'PT10S');
    const { status, text, headers } = await gateway.rest().get(minutes, 'application/n-quads');
    expect(status).toBe(200);
    expect(text).toContain('/datastreams/a/v');
    expect(text).not.toContain('/datastreams/b/v');
    expect(headers.get('link')).toMatch(/rel="next"$/);
  });
});
