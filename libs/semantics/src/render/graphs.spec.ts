import { NS, paths, type ObservationRecord } from '#model';
import {
  BASE,
  EVERY_PROPERTY,
  VARIANTS,
  hub,
  recordOf,
} from '../../../../test/fixtures/observation-samples.js';
import { ABSOLUTE_IRI, expand, graphOf, graphOfJson, irisOf } from '../../../../test/fixtures/rdf-graphs.js';
import { ObservationRenderer } from './observation-renderer.js';
import { createPageWriter } from './page-writer.js';

const ID = `${BASE}/api/observations?property=Temperature&limit=100`;

function page(
  format: Parameters<typeof createPageWriter>[0],
  records: readonly ObservationRecord[],
  next?: string,
) {
  const writer = createPageWriter(format, { baseUrl: BASE, id: ID });
  const rows = records.map((record, i) => writer.row(record, undefined, i));
  return [writer.head(), ...rows, writer.tail(next)].join('');
}

const renderer = new ObservationRenderer(BASE);
/** Canonical forms of a thousand generic properties take seconds, and say the same as those of some. */
const some = EVERY_PROPERTY.filter(({ series }, i) => series.origin !== 'kind' || i % 10 === 0);
const sets = [
  ['every named property', some],
  ['every name, flag, time and value', VARIANTS],
] as const;

describe.each(sets)('a page with %s', (_, records) => {
  it('is one graph in JSON-LD, Turtle and N-Quads, with every IRI absolute', async () => {
    const graph = await graphOfJson(JSON.parse(page('json', records)) as object);
    expect(graph.match(new RegExp(`<${NS.sosa}hasMember>`, 'g'))).toHaveLength(records.length);
    expect(await graphOf(page('n-quads', records), 'N-Quads')).toBe(graph);
    expect(await graphOf(page('turtle', records), 'Turtle')).toBe(graph);
    for (const iri of irisOf(graph)) expect(iri).toMatch(ABSOLUTE_IRI);
  });

  it('expands in safe mode, and keeps every key', async () => {
    const document = JSON.parse(page('json', records)) as { member: object[] };
    const [collection] = await expand(document);
    const members = collection![`${NS.sosa}hasMember`] as object[];
    expect(members.map(countKeys)).toEqual(document.member.map(countKeys));
  });

  it('has the lines of NDJSON as members', () => {
    const { member } = JSON.parse(page('json', records)) as { member: object[] };
    const lines = page('ndjson', records)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines).toEqual(member.map((one) => ({ '@context': BASE + paths.context, ...one })));
    expect(lines).toEqual(records.map((record) => renderer.object(record)));
  });
});

/** Members of a node: keys beside `@context`. */
function countKeys(node: object): number {
  return Object.keys(node).filter((key) => key !== '@context').length;
}

describe.each(VARIANTS.map((record, i) => [i, record] as const))('variant %i', (_, record) => {
  const json = renderer.json(record);

  it('alone is the same graph as in a page', async () => {
    const [node] = await expand(JSON.parse(json) as object);
    expect(Object.keys(node!)).toHaveLength(countKeys(JSON.parse(json) as object));
    const alone = await graphOfJson(JSON.parse(json) as object);
    const lines = (await graphOf(page('n-quads', [record]), 'N-Quads')).split('\n');
    const own = lines.filter((line) => !line.startsWith(`<${ID}>`)).join('\n');
    expect(alone).toBe(own);
  });
});

describe('every property there is', () => {
  it('expands in safe mode to its IRI', async () => {
    const [collection] = await expand(JSON.parse(page('json', EVERY_PROPERTY)) as object);
    const members = collection![`${NS.sosa}hasMember`] as Record<string, unknown>[];
    expect(members.map((member) => member[`${NS.sosa}observedProperty`])).toEqual(
      EVERY_PROPERTY.map(({ series }) => [{ '@id': hub.iri({ ...series, term: series.property }, BASE) }]),
    );
  });
});

describe('a unit', () => {
  it.each(['DEG_C', 'M-PER-SEC2', 'BEAT-PER-MIN'])('of %s is an IRI of QUDT and no string', async (unit) => {
    const record = recordOf(hub.property('AirTemperature')!);
    const [node] = await expand(renderer.object(record, { conversion: { unit, apply: (value) => value } }));
    expect(node![`${NS.sosa}hasResult`]).toEqual([
      {
        '@type': [`${NS.qudt}QuantityValue`],
        [`${NS.qudt}numericValue`]: [{ '@type': `${NS.xsd}double`, '@value': 21.87 }],
        [`${NS.qudt}hasUnit`]: [{ '@id': NS.unit + unit }],
      },
    ]);
  });
});

describe('a collection', () => {
  const record = recordOf(hub.property('AirTemperature')!);

  it.each([
    `${ID}&cursor=abc.1.2.3.4`,
    `${BASE}/api/observations?device=a|b&feature={x}^\`y\`\\"z"<>&cursor=1`,
    `${BASE}/api/observations?device=living room`,
  ])('leads on to %s, the same in every syntax', async (next) => {
    const document = JSON.parse(page('json', [record], next)) as { next: string };
    expect(document.next).toMatch(ABSOLUTE_IRI);
    expect(decodeURIComponent(document.next)).toBe(next);
    const graph = await graphOfJson(document);
    expect(graph).toContain(`<${NS.hydra}next> <${document.next}>`);
    expect(await graphOf(page('n-quads', [record], next), 'N-Quads')).toBe(graph);
    expect(await graphOf(page('turtle', [record], next), 'Turtle')).toBe(graph);
  });

  it('has an IRI of the same form', async () => {
    const id = `${BASE}/api/observations?device=a|b"c`;
    for (const format of ['turtle', 'n-quads'] as const) {
      const writer = createPageWriter(format, { baseUrl: BASE, id });
      const graph = await graphOf(writer.head() + writer.tail(), format === 'turtle' ? 'Turtle' : 'N-Quads');
      expect(graph).toContain(`<${BASE}/api/observations?device=a%7Cb%22c> `);
    }
    const writer = createPageWriter('json', { baseUrl: BASE, id });
    expect(JSON.parse(writer.head() + writer.tail())).toMatchObject({
      id: `${BASE}/api/observations?device=a%7Cb%22c`,
    });
  });

  it('without members says why, and expands too', async () => {
    const explain = {
      message: 'No row is left by device=nobody.',
      filters: [
        { filter: 'property', value: 'AirTemperature', expanded: [`${NS.glossa}AirTemperature`], rows: 12 },
        { filter: 'device', value: 'nobody', rows: 0 },
      ],
    };
    const [node] = await expand({ ...(JSON.parse(page('json', [])) as object), explain });
    expect(node).toEqual({
      '@id': ID,
      '@type': [`${NS.sosa}ObservationCollection`],
      [`${NS.sosa}hasMember`]: [],
      [`${NS.glossa}explanation`]: [{ '@type': '@json', '@value': explain }],
    });
  });

  it.each(['json', 'turtle', 'n-quads', 'ndjson', 'csv'] as const)(
    'without members is well-formed in %s',
    async (format) => {
      const text = page(format, []);
      if (format === 'json') await expand(JSON.parse(text) as object);
      else if (format === 'ndjson') expect(text).toBe('');
      else if (format === 'csv') expect(text.trimEnd().split('\r\n')).toHaveLength(1);
      else expect(await graphOf(text, format === 'turtle' ? 'Turtle' : 'N-Quads')).not.toBe('');
    },
  );
});
