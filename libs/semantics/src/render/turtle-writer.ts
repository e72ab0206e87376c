import { NS, compactIri, type ObservationRecord } from '#model';
import type { PageWriter, PageWriterOptions } from './page-format.js';
import type { ReadConversion } from './quantity.js';
import {
  canonicalDouble,
  escapeIri,
  escapeLiteral,
  observationIri,
  observationProperties,
  type RdfObject,
  type RdfProperty,
} from './rdf.js';

const TURTLE_PREFIXES = ['glossa', 'sosa', 'qudt', 'unit', 'quantitykind', 'geo', 'xsd', 'hydra'] as const;
/** Local names that need no escape in Turtle; others are written as whole IRIs. */
const LOCAL = /^[A-Za-z][A-Za-z0-9_-]*$/;

/** Turtle (RDF 1.1): a node's triples together. */
export class TurtleWriter implements PageWriter {
  constructor(private readonly options: PageWriterOptions) {}

  head(): string {
    const prefixes = TURTLE_PREFIXES.map((prefix) => `@prefix ${prefix}: <${NS[prefix]}> .\n`).join('');
    return `${prefixes}\n<${this.options.id}> a sosa:ObservationCollection .\n`;
  }

  row(record: ObservationRecord, conversion: ReadConversion | undefined): string {
    const { baseUrl, id } = this.options;
    const subject = `<${observationIri(record, baseUrl)}>`;
    return `<${id}> sosa:hasMember ${subject} .\n${subject} ${this.#properties(observationProperties(record, baseUrl, conversion), '  ')} .\n`;
  }

  tail(next?: string): string {
    return next === undefined ? '' : `<${this.options.id}> hydra:next <${escapeIri(next)}> .\n`;
  }

  number(value: number): string {
    return canonicalDouble(value);
  }

  #properties(properties: readonly RdfProperty[], indent: string): string {
    return properties
      .map(([predicate, object]) => `${this.#predicate(predicate)} ${this.#object(object, indent)}`)
      .join(` ;\n${indent}`);
  }

  #predicate(predicate: string): string {
    return predicate === `${NS.rdf}type` ? 'a' : name(predicate);
  }

  #object(object: RdfObject, indent: string): string {
    if ('node' in object) return `[ ${this.#properties(object.node, `${indent}  `)} ]`;
    if ('iri' in object) return name(object.iri);
    const { literal, datatype } = object;
    const quoted = `"${escapeLiteral(literal)}"`;
    return datatype === `${NS.xsd}string` ? quoted : `${quoted}^^${name(datatype)}`;
  }
}

/** Names of IRIs that were written: most come with each observation again. */
const MAX_NAMES = 10_000;
const NAMES = new Map<string, string>();

function name(iri: string): string {
  let known = NAMES.get(iri);
  if (known === undefined) {
    known = makeName(iri);
    if (NAMES.size >= MAX_NAMES) NAMES.clear();
    NAMES.set(iri, known);
  }
  return known;
}

function makeName(iri: string): string {
  const compact = compactIri(iri);
  const colon = compact.indexOf(':');
  const known = (TURTLE_PREFIXES as readonly string[]).includes(compact.slice(0, colon));
  return known && LOCAL.test(compact.slice(colon + 1)) ? compact : `<${iri}>`;
}
