import jsonld, { type JsonLdDocument } from 'jsonld';
import { NS, paths } from '#model';
import { BASE, hub, recordOf } from '../../../../test/fixtures/observation-samples.js';
import { expand } from '../../../../test/fixtures/rdf-graphs.js';
import { readContext } from '../hub/core-data.js';
import { ObservationRenderer } from '../render/observation-renderer.js';
import { createDocumentLoader } from './document-loader.js';

const context = readContext()['@context'];
const entries = Object.entries(context);
const isPrefix = (value: unknown): value is string =>
  typeof value === 'string' && /^https?:.*[/#]$/.test(value);

describe('the context', () => {
  it('is of JSON-LD 1.1 and compacts what it expands', async () => {
    expect(context['@version']).toBe(1.1);
    const document = new ObservationRenderer(BASE).object(
      recordOf(hub.property('AirTemperature')!, { flags: 3 }),
    );
    const compact = await jsonld.compact((await expand(document)) as JsonLdDocument, readContext());
    const { '@context': given, ...rest } = document as Record<string, unknown>;
    expect(given).toBe(BASE + paths.context);
    expect(compact).toMatchObject(rest);
  });

  it.each(entries.filter(([, value]) => isPrefix(value)))(
    'has the prefix %s as the code does',
    (prefix, namespace) => {
      expect(NS[prefix as keyof typeof NS]).toBe(namespace);
    },
  );

  it('needs no document of others', () => {
    expect(JSON.stringify(context)).not.toContain('@import');
    expect(JSON.stringify(context)).not.toContain('@propagate');
    for (const [, value] of entries)
      if (typeof value === 'object' && value !== null && '@context' in value)
        expect(typeof (value as Record<string, unknown>)['@context']).toBe('object');
  });
});

/** Each key of an observation: of a standard where one has a term for it. */
describe('a key of an observation', () => {
  const every = ['AirTemperature', 'Opened', 'HeatingState'].flatMap((term) =>
    Object.keys(new ObservationRenderer(BASE).object(recordOf(hub.property(term)!, { flags: 1 }))),
  );
  const own: Record<string, string> = {
    datastream: `${NS.glossa}datastream`,
    quality: `${NS.glossa}quality`,
  };

  const keys = [...new Set(every)].filter((key) => !['@context', 'id', 'type'].includes(key));

  it.each(keys)('%s is of SOSA, SSN, QUDT or PROV, or has no standard', async (key) => {
    const [node] = await expand({
      '@context': context,
      id: 'urn:x',
      [key]: 'urn:y',
    });
    const [predicate] = Object.keys(node ?? {}).filter((one) => one !== '@id');
    const standard = [NS.sosa, NS.ssn, NS.qudt, NS.prov].some((namespace) =>
      predicate?.startsWith(namespace),
    );
    expect(standard || predicate === own[key]).toBe(true);
  });

  it.each([
    ['madeBySensor', `${NS.sosa}madeBySensor`],
    ['observedProperty', `${NS.sosa}observedProperty`],
    ['hasFeatureOfInterest', `${NS.sosa}hasFeatureOfInterest`],
    ['phenomenonTime', `${NS.sosa}phenomenonTime`],
    ['resultTime', `${NS.sosa}resultTime`],
    ['hasResult', `${NS.sosa}hasResult`],
    ['hasSimpleResult', `${NS.sosa}hasSimpleResult`],
    ['schema', `${NS.sosa}usedProcedure`],
    ['numericValue', `${NS.qudt}numericValue`],
    ['unit', `${NS.qudt}hasUnit`],
    ['member', `${NS.sosa}hasMember`],
    ['next', `${NS.hydra}next`],
    ['hasQuantityKind', `${NS.qudt}hasQuantityKind`],
    ['label', `${NS.skos}prefLabel`],
    ['definition', `${NS.skos}definition`],
    ['broader', `${NS.skos}broader`],
    ['exactMatch', `${NS.skos}exactMatch`],
    ['closeMatch', `${NS.skos}closeMatch`],
  ])('%s means %s', async (key, iri) => {
    const [node] = await expand({ '@context': context, '@id': 'urn:x', [key]: 'urn:y' });
    expect(Object.keys(node!)).toContain(iri);
  });

  it.each([
    [
      'phenomenonTime',
      '2026-11-23T02:40:11.123Z',
      { '@type': `${NS.xsd}dateTime`, '@value': '2026-11-23T02:40:11.123Z' },
    ],
    [
      'resultTime',
      '2026-11-23T02:40:11.123Z',
      { '@type': `${NS.xsd}dateTime`, '@value': '2026-11-23T02:40:11.123Z' },
    ],
    ['numericValue', 20, { '@type': `${NS.xsd}double`, '@value': 20 }],
    ['hasSimpleResult', true, { '@value': true }],
    ['hasSimpleResult', 'text', { '@value': 'text' }],
    ['observedProperty', 'AirTemperature', { '@id': `${NS.glossa}AirTemperature` }],
    ['observedProperty', 'quantitykind:Acceleration', { '@id': `${NS.quantitykind}Acceleration` }],
    ['unit', 'unit:DEG_C', { '@id': `${NS.unit}DEG_C` }],
    ['quality', 'out-of-range', { '@id': `${NS.glossa}out-of-range` }],
    ['interval', 'PT1H', { '@type': `${NS.xsd}duration`, '@value': 'PT1H' }],
    ['explain', { any: ['thing', { id: 1 }] }, { '@type': '@json', '@value': { any: ['thing', { id: 1 }] } }],
    ['trace', [], { '@type': '@json', '@value': [] }],
    ['windows', [{ from: 1 }], { '@type': '@json', '@value': [{ from: 1 }] }],
  ])('%s of %j', async (key, value, expected) => {
    const [node] = await expand({ '@context': context, '@id': 'urn:x', [key]: value });
    const [values] = Object.entries(node!)
      .filter(([name]) => name !== '@id')
      .map(([, found]) => found);
    expect(values).toEqual([expected]);
  });

  it('that the context does not know is an error, not a loss', async () => {
    await expect(expand({ '@context': context, '@id': 'urn:x', humidity: 1 })).rejects.toThrow();
  });
});

describe('an aggregate', () => {
  it('expands in safe mode', async () => {
    const member = {
      type: 'Aggregate',
      datastream: `${BASE}/api/datastreams/a/b`,
      madeBySensor: `${BASE}/api/devices/a`,
      observedProperty: 'AirTemperature',
      unit: 'unit:DEG_C',
      interval: 'PT1H',
      windows: [{ from: '2026-11-23T00:00:00.000Z', to: '2026-11-23T01:00:00.000Z', count: 1, mean: 20 }],
    };
    const [node] = await expand({
      '@context': BASE + paths.context,
      id: BASE,
      type: 'AggregateCollection',
      member: [member],
    });
    const [expanded] = node![`${NS.sosa}hasMember`] as object[];
    expect(Object.keys(expanded!)).toHaveLength(Object.keys(member).length);
  });
});

describe('the document loader', () => {
  const load = createDocumentLoader(BASE);

  it("serves this installation's context", async () => {
    const { document, documentUrl } = await load(BASE + paths.context);
    expect(document).toEqual(readContext());
    expect(documentUrl).toBe(BASE + paths.context);
  });

  it.each([
    'https://schema.org/',
    `http://other.example${paths.context}`,
    `${BASE}/api/contexts/v2.jsonld`,
    'file:///x',
  ])('loads nothing else: %s', async (url) => {
    await expect(load(url)).rejects.toThrow(url);
  });
});
