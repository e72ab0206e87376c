import { NS, flagNames, formatMicros, paths, type ObservationRecord } from '#model';
import { stateIri } from '../hub/ontology-document.js';
import type { ReadConversion } from './quantity.js';
import { writtenQuantity } from './quantity.js';

/** A triple's object: an IRI, a literal with its datatype, or a node with triples of its own. */
export type RdfObject =
  | { readonly iri: string }
  | { readonly literal: string; readonly datatype: string }
  | { readonly node: readonly RdfProperty[] };

/** A predicate and its object. */
export type RdfProperty = readonly [predicate: string, object: RdfObject];

const iri = (value: string): RdfObject => ({ iri: value });
const typed = (literal: string, type: 'dateTime' | 'boolean' | 'string'): RdfObject => ({
  literal,
  datatype: NS.xsd + type,
});

/**
 * The canonical form of xsd:double, as JSON-LD writes numbers to RDF (JSON-LD 1.1 API, 8.6). What is not finite has
 * names there (XSD 1.1 part 2, 3.3.5.2).
 */
export function canonicalDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value < 0 ? '-INF' : 'INF';
  return value.toExponential(15).replace(/(\d)0*e\+?/, '$1E');
}

/** IRI of an observation. */
export function observationIri({ series, time, nth }: ObservationRecord, baseUrl: string): string {
  return baseUrl + paths.observation(series.device, series.name, time, nth);
}

/** The triples of an observation: the same graph as its JSON-LD. */
export function observationProperties(
  record: ObservationRecord,
  baseUrl: string,
  conversion?: ReadConversion,
): RdfProperty[] {
  const { series, time, resultTime, schema, flags } = record;
  const { device, name, feature } = series;
  const properties: RdfProperty[] = [
    [`${NS.rdf}type`, iri(`${NS.sosa}Observation`)],
    [`${NS.sosa}madeBySensor`, iri(baseUrl + paths.device(device))],
    [`${NS.sosa}observedProperty`, iri(propertyIri(record, baseUrl))],
    [
      `${NS.sosa}hasFeatureOfInterest`,
      iri(baseUrl + (feature === '' ? paths.device(device) : paths.feature(feature))),
    ],
    [`${NS.glossa}datastream`, iri(baseUrl + paths.datastream(device, name))],
    [`${NS.sosa}phenomenonTime`, typed(formatMicros(time), 'dateTime')],
    [`${NS.sosa}resultTime`, typed(formatMicros(resultTime), 'dateTime')],
    result(record, baseUrl, conversion),
    [`${NS.sosa}usedProcedure`, iri(baseUrl + paths.schemaVersion(schema.schema, schema.version))],
  ];
  for (const flag of flagNames(flags)) properties.push([`${NS.glossa}quality`, iri(NS.glossa + flag)]);
  return properties;
}

function propertyIri({ series }: ObservationRecord, baseUrl: string): string {
  switch (series.origin) {
    case 'core':
      return NS.glossa + series.property;
    case 'kind':
      return NS.quantitykind + series.property.slice('quantitykind:'.length);
    case 'own':
      return baseUrl + paths.property(series.property);
  }
}

function result(
  { series, value }: ObservationRecord,
  baseUrl: string,
  conversion?: ReadConversion,
): RdfProperty {
  const simple = `${NS.sosa}hasSimpleResult`;
  switch (series.type) {
    case 'quantity': {
      const { number, unit } = writtenQuantity(value as number, series.unit, conversion);
      return [
        `${NS.sosa}hasResult`,
        {
          node: [
            [`${NS.rdf}type`, iri(`${NS.qudt}QuantityValue`)],
            [`${NS.qudt}numericValue`, { literal: canonicalDouble(number), datatype: `${NS.xsd}double` }],
            [`${NS.qudt}hasUnit`, iri(NS.unit + unit)],
          ],
        },
      ];
    }
    case 'state':
      return [simple, typed(String(value), 'boolean')];
    case 'concept':
      return [`${NS.sosa}hasResult`, iri(stateIri(series.origin, series.property, value as string, baseUrl))];
    case 'position':
      return [simple, { literal: value as string, datatype: `${NS.geo}wktLiteral` }];
    case 'text':
      return [simple, typed(value as string, 'string')];
  }
}

/**
 * Percent-encodes what an IRI may not hold (N-Triples, IRIREF): URL parsers leave `|`, `{` and others in a query as the
 * client wrote them.
 */
export function escapeIri(iri: string): string {
  return iri.replace(/[^\u0021-\u{10ffff}]|[<>"{}|\\^`]/gu, encodeURIComponent);
}

/** Escapes a literal for N-Quads and Turtle (RDF 1.1 N-Triples, ECHAR and UCHAR). */
export function escapeLiteral(text: string): string {
  return text.replace(
    ESCAPED,
    (char) => ECHAR[char] ?? `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
}

const ESCAPED = new RegExp('["\\\\\\u0000-\\u001f\\u007f]', 'g');
const ECHAR: Record<string, string> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
};
