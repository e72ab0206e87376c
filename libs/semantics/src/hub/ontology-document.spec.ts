import { FLAGS, NS } from '#model';
import { BASE, hub } from '../../../../test/fixtures/observation-samples.js';
import { ABSOLUTE_IRI, expand, graphOfJson, irisOf } from '../../../../test/fixtures/rdf-graphs.js';
import { stateIri } from './ontology-document.js';

type Node = Record<string, { '@id'?: string; '@value'?: string; '@language'?: string }[]> & {
  '@id': string;
  '@type': string[];
};

async function nodesOf(name: string): Promise<Map<string, Node>> {
  const graph = (await expand(hub.ontology(name, BASE)!)) as unknown as Node[];
  return new Map(graph.map((node) => [node['@id'], node]));
}

const idsOf = (node: Node | undefined, iri: string) => (node?.[iri] ?? []).map((value) => value['@id']);
const textsOf = (node: Node | undefined, iri: string) => (node?.[iri] ?? []).map((value) => value['@value']);

describe.each(hub.ontologyNames())('the ontology %s', (name) => {
  it('expands in safe mode to triples with absolute IRIs', async () => {
    const graph = await graphOfJson(hub.ontology(name, BASE)!);
    expect(graph).not.toBe('');
    for (const iri of irisOf(graph)) expect(iri).toMatch(ABSOLUTE_IRI);
  });

  it('is a concept scheme with a title, whose top concepts are in it', async () => {
    const nodes = await nodesOf(name);
    const [scheme, ...more] = [...nodes.values()].filter((node) =>
      node['@type'].includes(`${NS.skos}ConceptScheme`),
    );
    expect(more).toEqual([]);
    expect(textsOf(scheme, `${NS.dcterms}title`)).toHaveLength(1);
    const top = idsOf(scheme, `${NS.skos}hasTopConcept`);
    const members = [...nodes.values()].filter((node) => node !== scheme);
    for (const node of members) expect(idsOf(node, `${NS.skos}inScheme`)).toEqual([scheme!['@id']]);
    expect([...top].sort()).toEqual(
      members
        .filter((node) => !node[`${NS.skos}broader`])
        .map((node) => node['@id'])
        .sort(),
    );
  });
});

describe.each(['core', 'own'] as const)('each property of %s', (origin) => {
  const properties = hub.properties().filter((property) => property.origin === origin);

  it('is said to be what it is', async () => {
    const nodes = await nodesOf(origin);
    expect(properties.length).toBeGreaterThan(3);
    for (const property of properties) {
      const node = nodes.get(hub.iri(property, BASE));
      const { label, definition, type, kind, unit, broader, alignments } = property;
      const matches = (match: string) =>
        alignments
          .filter((one) => one.match === match && one.target.startsWith('http'))
          .map(({ target }) => target);
      expect(node?.['@type']).toEqual([`${NS.sosa}ObservableProperty`, `${NS.skos}Concept`]);
      expect(node?.[`${NS.skos}prefLabel`]).toEqual([{ '@value': label, '@language': 'en' }]);
      expect(textsOf(node, `${NS.skos}definition`)).toEqual(definition === '' ? [] : [definition]);
      expect(idsOf(node, `${NS.qudt}hasQuantityKind`)).toEqual(
        type === 'quantity' ? [NS.quantitykind + kind] : [],
      );
      expect(idsOf(node, `${NS.qudt}hasUnit`)).toEqual(unit === undefined ? [] : [NS.unit + unit]);
      expect(idsOf(node, `${NS.skos}broader`)).toEqual(
        broader.map((term) => hub.iri(hub.property(term)!, BASE)),
      );
      expect(idsOf(node, `${NS.skos}exactMatch`)).toEqual(matches('exact'));
      expect(idsOf(node, `${NS.skos}closeMatch`)).toEqual(matches('close'));
    }
  });

  it('has its states, as concepts', async () => {
    const nodes = await nodesOf(origin);
    const concepts = properties.filter(({ states }) => states);
    expect(concepts.length).toBeGreaterThan(0);
    for (const { term, states } of concepts) {
      for (const state of states!) {
        const node = nodes.get(stateIri(origin, term, state.term, BASE));
        expect(node?.['@type']).toEqual([`${NS.skos}Concept`]);
        expect(textsOf(node, `${NS.skos}prefLabel`)).toEqual([state.label]);
      }
    }
  });
});

describe('flags', () => {
  it('are concepts, under the IRIs that observations carry', async () => {
    const nodes = await nodesOf('flags');
    for (const flag of Object.keys(FLAGS)) {
      const node = nodes.get(NS.glossa + flag);
      expect(node?.['@type']).toEqual([`${NS.skos}Concept`]);
      expect(textsOf(node, `${NS.skos}definition`)).toHaveLength(1);
    }
  });
});

describe('a name that is none', () => {
  it.each(['', 'Core', 'units', 'constructor', '../core'])('%j has no document', (name) => {
    expect(hub.ontology(name, BASE)).toBeUndefined();
  });
});
