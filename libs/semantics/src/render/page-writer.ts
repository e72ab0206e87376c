import {
  NS,
  compactIri,
  flagNames,
  formatMicros,
  paths,
  type ObservationFormat,
  type ObservationRecord,
  type SchemaRef,
  type Series,
} from '#model';
import { ObservationRenderer } from './observation-renderer.js';
import type { ReadConversion } from './quantity.js';
import { writtenQuantity } from './quantity.js';
import {
  canonicalDouble,
  escapeIri,
  escapeLiteral,
  observationIri,
  observationProperties,
  type RdfObject,
  type RdfProperty,
} from './rdf.js';

/** Writes a page of observations: `head`, then each row, then `tail`. */
export interface PageWriter {
  head(): string;
  row(record: ObservationRecord, conversion: ReadConversion | undefined, first: boolean): string;
  /** @param next absolute URL of the next page */
  tail(next?: string): string;
}

export interface PageWriterOptions {
  readonly baseUrl: string;
  /** IRI of the collection. */
  readonly id: string;
}

/** Makes the writer of a format. */
export function createPageWriter(format: ObservationFormat, given: PageWriterOptions): PageWriter {
  const options = { ...given, id: escapeIri(given.id) };
  switch (format) {
    case 'json':
      return new JsonWriter(options);
    case 'ndjson':
      return new NdjsonWriter(options);
    case 'csv':
      return new CsvWriter(options);
    case 'turtle':
      return new TurtleWriter(options);
    case 'n-quads':
      return new NQuadsWriter(options);
  }
}

class JsonWriter implements PageWriter {
  readonly #renderer: ObservationRenderer;

  constructor(private readonly options: PageWriterOptions) {
    this.#renderer = new ObservationRenderer(options.baseUrl);
  }

  head(): string {
    const { baseUrl, id } = this.options;
    return `{"@context":${JSON.stringify(baseUrl + paths.context)},"id":${JSON.stringify(id)},"type":"ObservationCollection","member":[`;
  }

  row(record: ObservationRecord, conversion: ReadConversion | undefined, first: boolean): string {
    const json = this.#renderer.json(record, { conversion, context: false });
    return first ? json : `,${json}`;
  }

  tail(next?: string): string {
    return next === undefined ? ']}' : `],"next":${JSON.stringify(escapeIri(next))}}`;
  }
}

class NdjsonWriter implements PageWriter {
  readonly #renderer: ObservationRenderer;

  constructor({ baseUrl }: PageWriterOptions) {
    this.#renderer = new ObservationRenderer(baseUrl);
  }

  head(): string {
    return '';
  }

  row(record: ObservationRecord, conversion: ReadConversion | undefined): string {
    return `${this.#renderer.json(record, { conversion })}\n`;
  }

  tail(): string {
    return '';
  }
}

/** RFC 4180, values as they are: a text that a spreadsheet would take for a formula is not altered. */
class CsvWriter implements PageWriter {
  readonly #renderer: ObservationRenderer;

  constructor(private readonly options: PageWriterOptions) {
    this.#renderer = new ObservationRenderer(options.baseUrl);
  }

  head(): string {
    return 'device,datastream,property,feature,phenomenonTime,resultTime,value,unit,quality,schema,id\r\n';
  }

  row(record: ObservationRecord, conversion: ReadConversion | undefined): string {
    const { series, time, resultTime, schema, flags } = record;
    const { number: value, unit } =
      typeof record.value === 'number'
        ? writtenQuantity(record.value, series.unit, conversion)
        : { number: record.value, unit: series.unit };
    const cells = [
      series.device,
      series.name,
      this.#renderer.property(series),
      series.feature,
      formatMicros(time),
      formatMicros(resultTime),
      String(value),
      unit === '' ? '' : `unit:${unit}`,
      flagNames(flags).join(' '),
      `${schema.schema}/versions/${schema.version}`,
      observationIri(record, this.options.baseUrl),
    ];
    return `${cells.map(csvCell).join(',')}\r\n`;
  }

  tail(): string {
    return '';
  }
}

/** Quotes a cell where RFC 4180 asks for it. */
export function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

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

class NQuadsWriter implements PageWriter {
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

const TURTLE_PREFIXES = ['glossa', 'sosa', 'qudt', 'unit', 'quantitykind', 'geo', 'xsd', 'hydra'] as const;
/** Local names that need no escape in Turtle; others are written as whole IRIs. */
const LOCAL = /^[A-Za-z][A-Za-z0-9_-]*$/;

class TurtleWriter implements PageWriter {
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
const NAMES = new Map<string, string>();

function name(iri: string): string {
  let known = NAMES.get(iri);
  if (known === undefined) {
    known = makeName(iri);
    if (NAMES.size >= MAX_FRAMES) NAMES.clear();
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
