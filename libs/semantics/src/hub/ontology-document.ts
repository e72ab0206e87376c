import { NS, type ObservableProperty } from '#model';
import { readContext, type FlagEntry } from './core-data.js';

/** Names of the ontologies that are served. */
export const ONTOLOGY_NAMES = ['core', 'flags', 'own'] as const;

/** A name of {@link ONTOLOGY_NAMES}. */
export type OntologyName = (typeof ONTOLOGY_NAMES)[number];

interface Contents {
  readonly baseUrl: string;
  readonly core: readonly ObservableProperty[];
  readonly own: readonly ObservableProperty[];
  readonly flags: readonly FlagEntry[];
  readonly iri: (property: ObservableProperty) => string;
  readonly property: (term: string) => ObservableProperty | undefined;
}

/** An ontology as JSON-LD with its context inline. */
export function ontologyDocument(name: OntologyName, contents: Contents): object {
  const scheme =
    name === 'own'
      ? `${contents.baseUrl}/api/ontologies/own`
      : NS.glossa.replace(/#$/, name === 'core' ? '' : `/${name}`);
  const nodes =
    name === 'flags'
      ? contents.flags.map((flag) => flagNode(flag, scheme))
      : nodesOf(contents[name], contents, scheme);
  return {
    ...readContext(),
    '@graph': [
      {
        id: scheme,
        type: 'ConceptScheme',
        title: TITLES[name],
        hasTopConcept: nodes
          .filter((node) => !('broader' in node))
          .map((node) => (node as { id: string }).id),
      },
      ...nodes,
    ],
  };
}

const TITLES: Record<OntologyName, string> = {
  core: 'Glossa core: observable properties that devices report',
  flags: 'Glossa: quality flags of observations',
  own: 'Observable properties of this installation',
};

function nodesOf(properties: readonly ObservableProperty[], contents: Contents, scheme: string): object[] {
  return properties.flatMap((property) => [
    propertyNode(property, contents, scheme),
    ...stateNodes(property, contents, scheme),
  ]);
}

function propertyNode(
  property: ObservableProperty,
  { iri, property: find }: Contents,
  scheme: string,
): object {
  const { label, definition, type, kind, unit, broader, alignments } = property;
  const matches = (match: 'exact' | 'close') =>
    alignments.filter((one) => one.match === match && isIri(one.target)).map((one) => one.target);
  const codes = alignments
    .filter(({ target }) => !isIri(target))
    .map(({ scheme: source, target }) => `${source}:${target}`);
  const exact = matches('exact');
  const close = matches('close');
  const parents = broader.flatMap((term) => {
    const parent = find(term);
    return parent ? [iri(parent)] : [];
  });
  return {
    id: iri(property),
    type: ['ObservableProperty', 'Concept'],
    label,
    ...(definition !== '' && { definition }),
    ...(type === 'quantity' && { hasQuantityKind: NS.quantitykind + kind }),
    ...(unit !== undefined && { unit: `unit:${unit}` }),
    ...(parents.length > 0 && { broader: parents }),
    ...(exact.length > 0 && { exactMatch: exact }),
    ...(close.length > 0 && { closeMatch: close }),
    ...(codes.length > 0 && { notation: codes }),
    inScheme: scheme,
  };
}

function stateNodes(
  { states = [], origin, term }: ObservableProperty,
  { baseUrl }: Contents,
  scheme: string,
): object[] {
  return states.map((state) => ({
    id: stateIri(origin, term, state.term, baseUrl),
    type: 'Concept',
    label: state.label,
    ...(state.definition !== '' && { definition: state.definition }),
    inScheme: scheme,
  }));
}

function flagNode({ term, label, definition }: FlagEntry, scheme: string): object {
  return { id: NS.glossa + term, type: 'Concept', label, definition, inScheme: scheme };
}

/** The IRI of a named state: of the ontology, or below the own property that defines it. */
export function stateIri(
  origin: ObservableProperty['origin'],
  property: string,
  state: string,
  baseUrl: string,
): string {
  return origin === 'core'
    ? NS.glossa + encodeURIComponent(state)
    : `${baseUrl}/api/properties/${encodeURIComponent(property)}#${encodeURIComponent(state)}`;
}

function isIri(target: string): boolean {
  return /^https?:\/\//.test(target);
}
