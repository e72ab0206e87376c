import { NS, type ObservationRecord } from '#model';
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

/** N-Quads (RDF 1.1). A result's blank node is named after its row. */
export class NQuadsWriter implements PageWriter {
  constructor(private readonly options: PageWriterOptions) {}

  head(): string {
    return `<${this.options.id}> <${NS.rdf}type> <${NS.sosa}ObservationCollection> .\n`;
  }

  row(record: ObservationRecord, conversion: ReadConversion | undefined, index: number): string {
    const { baseUrl, id } = this.options;
    const subject = `<${observationIri(record, baseUrl)}>`;
    let text = `<${id}> <${NS.sosa}hasMember> ${subject} .\n`;
    for (const property of observationProperties(record, baseUrl, conversion))
      text += triple(subject, property, `_:b${index}`);
    return text;
  }

  tail(next?: string): string {
    return next === undefined ? '' : `<${this.options.id}> <${NS.hydra}next> <${escapeIri(next)}> .\n`;
  }

  number(value: number): string {
    return canonicalDouble(value);
  }
}

/** A triple's line, and those of its object if that is a node. */
function triple(subject: string, [predicate, object]: RdfProperty, node: string): string {
  if (!('node' in object)) return `${subject} <${predicate}> ${term(object)} .\n`;
  let text = `${subject} <${predicate}> ${node} .\n`;
  for (const property of object.node) text += triple(node, property, node);
  return text;
}

function term(object: Exclude<RdfObject, { node: readonly RdfProperty[] }>): string {
  if ('iri' in object) return `<${object.iri}>`;
  const { literal, datatype } = object;
  return datatype === `${NS.xsd}string`
    ? `"${escapeLiteral(literal)}"`
    : `"${escapeLiteral(literal)}"^^<${datatype}>`;
}
