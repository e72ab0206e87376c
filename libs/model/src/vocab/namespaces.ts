/**
 * Every namespace the project writes or reads. With the files of `ontologies/` these are the only places
 * where an IRI stands literally.
 */
export const NS = {
  glossa: 'https://w3id.org/glossa/ns#',
  sosa: 'http://www.w3.org/ns/sosa/',
  ssn: 'http://www.w3.org/ns/ssn/',
  qudt: 'http://qudt.org/schema/qudt/',
  unit: 'http://qudt.org/vocab/unit/',
  quantitykind: 'http://qudt.org/vocab/quantitykind/',
  prov: 'http://www.w3.org/ns/prov#',
  geo: 'http://www.opengis.net/ont/geosparql#',
  xsd: 'http://www.w3.org/2001/XMLSchema#',
  rdf: 'http://www.w3.org/1999/02/22-rdf-syntax-ns#',
  rdfs: 'http://www.w3.org/2000/01/rdf-schema#',
  skos: 'http://www.w3.org/2004/02/skos/core#',
  dcterms: 'http://purl.org/dc/terms/',
  owl: 'http://www.w3.org/2002/07/owl#',
  saref: 'https://saref.etsi.org/core/',
  brick: 'https://brickschema.org/schema/Brick#',
  hydra: 'http://www.w3.org/ns/hydra/core#',
} as const;

/** A prefix of {@link NS}. */
export type Prefix = keyof typeof NS;

/** An absolute IRI. */
export type Iri = string & { readonly __iri?: never };

/** Expands `prefix:local` with the known prefixes; absolute IRIs pass; anything else is undefined. */
export function expandCurie(curie: string): Iri | undefined {
  const colon = curie.indexOf(':');
  if (colon <= 0) return undefined;
  const prefix = curie.slice(0, colon);
  if (Object.hasOwn(NS, prefix)) return NS[prefix as Prefix] + curie.slice(colon + 1);
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(curie) || curie.startsWith('urn:') ? curie : undefined;
}

/** Shortens an IRI to `prefix:local` where a known namespace begins it; else answers the IRI itself. */
export function compactIri(iri: Iri): string {
  for (const [prefix, namespace] of Object.entries(NS)) {
    if (iri.startsWith(namespace)) return `${prefix}:${iri.slice(namespace.length)}`;
  }
  return iri;
}
