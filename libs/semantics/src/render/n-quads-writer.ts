import { NS, formatMicros, paths, type ObservationRecord, type SchemaRef, type Series } from '#model';
import type { PageWriter, PageWriterOptions } from './page-format.js';
import { writtenQuantity, type ReadConversion } from './quantity.js';
import {
  canonicalDouble,
  escapeIri,
  escapeLiteral,
  observationIri,
  observationProperties,
  type RdfObject,
  type RdfProperty,
} from './rdf.js';

/** What the quads of a series' observations have in common, from behind their subject to the end of the line. */
interface QuadsFrame {
  readonly series: Series;
  /** IRI of an observation up to its time. */
  readonly subject: string;
  /** Type, sensor, property, feature, datastream: a line each. */
  readonly constant: readonly string[];
}

const MAX_FRAMES = 10_000;
const DATE_TIME = `"^^<${NS.xsd}dateTime> .\n`;
const PHENOMENON_TIME = ` <${NS.sosa}phenomenonTime> "`;
const RESULT_TIME = ` <${NS.sosa}resultTime> "`;
const RESULT = ` <${NS.sosa}hasResult> `;
const QUANTITY = ` <${NS.rdf}type> <${NS.qudt}QuantityValue> .\n`;
const NUMERIC_VALUE = ` <${NS.qudt}numericValue> "`;
const DOUBLE = `"^^<${NS.xsd}double> .\n`;
const UNIT = ` <${NS.qudt}hasUnit> <${NS.unit}`;
const PROCEDURE = `${NS.sosa}usedProcedure`;

/** N-Quads (RDF 1.1): what a series repeats is made once. */
export class NQuadsWriter implements PageWriter {
  #node = 0;
  readonly #frames = new Map<number, QuadsFrame>();
  readonly #member: string;
  #schema: SchemaRef | undefined;
  #procedure = '';

  constructor(private readonly options: PageWriterOptions) {
    this.#member = `<${options.id}> <${NS.sosa}hasMember> `;
  }

  head(): string {
    return `<${this.options.id}> <${NS.rdf}type> <${NS.sosa}ObservationCollection> .\n`;
  }

  row(record: ObservationRecord, conversion: ReadConversion | undefined): string {
    const { series, time, nth, resultTime, value, flags } = record;
    if (series.type !== 'quantity' || flags !== 0 || nth > 0) return this.#printed(record, conversion);
    const { subject: head, constant } = this.#frameOf(record);
    const at = formatMicros(time);
    const subject = `${head}${at}>`;
    const node = `_:b${this.#node++}`;
    const { number, unit } = writtenQuantity(value as number, series.unit, conversion);
    let text = `${this.#member}${subject} .\n`;
    for (const line of constant) text += subject + line;
    text += `${subject}${PHENOMENON_TIME}${at}${DATE_TIME}${subject}${RESULT_TIME}`;
    text += `${resultTime === time ? at : formatMicros(resultTime)}${DATE_TIME}${subject}${RESULT}${node} .\n`;
    text += `${node}${QUANTITY}${node}${NUMERIC_VALUE}${canonicalDouble(number)}${DOUBLE}`;
    return `${text}${node}${UNIT}${unit}> .\n${subject}${this.#procedureOf(record)}`;
  }

  tail(next?: string): string {
    return next === undefined ? '' : `<${this.options.id}> <${NS.hydra}next> <${escapeIri(next)}> .\n`;
  }

  /** What is not of the usual kind, triple by triple. */
  #printed(record: ObservationRecord, conversion: ReadConversion | undefined): string {
    const { baseUrl } = this.options;
    const subject = `<${observationIri(record, baseUrl)}>`;
    let text = `${this.#member}${subject} .\n`;
    for (const property of observationProperties(record, baseUrl, conversion))
      text += this.#triple(subject, property);
    return text;
  }

  #frameOf(record: ObservationRecord): QuadsFrame {
    const { series } = record;
    const known = this.#frames.get(series.id);
    if (known?.series === series) return known;
    const { baseUrl } = this.options;
    const iri = observationIri(record, baseUrl);
    const changing: readonly string[] = [`${NS.sosa}phenomenonTime`, `${NS.sosa}resultTime`, PROCEDURE];
    const frame: QuadsFrame = {
      series,
      subject: `<${iri.slice(0, iri.length - formatMicros(record.time).length)}`,
      constant: observationProperties(record, baseUrl)
        .filter(([predicate, object]) => !('node' in object) && !changing.includes(predicate))
        .map((property) => this.#triple('', property)),
    };
    if (this.#frames.size >= MAX_FRAMES) this.#frames.clear();
    this.#frames.set(series.id, frame);
    return frame;
  }

  #procedureOf({ schema }: ObservationRecord): string {
    if (schema !== this.#schema) {
      this.#schema = schema;
      const version = paths.schemaVersion(schema.schema, schema.version);
      this.#procedure = this.#triple('', [PROCEDURE, { iri: this.options.baseUrl + version }]);
    }
    return this.#procedure;
  }

  #triple(subject: string, [predicate, object]: RdfProperty): string {
    if (!('node' in object)) return `${subject} <${predicate}> ${term(object)} .\n`;
    const node = `_:b${this.#node++}`;
    let text = `${subject} <${predicate}> ${node} .\n`;
    for (const property of object.node) text += this.#triple(node, property);
    return text;
  }
}

function term(object: Exclude<RdfObject, { node: readonly RdfProperty[] }>): string {
  if ('iri' in object) return `<${object.iri}>`;
  const { literal, datatype } = object;
  return datatype === `${NS.xsd}string`
    ? `"${escapeLiteral(literal)}"`
    : `"${escapeLiteral(literal)}"^^<${datatype}>`;
}
