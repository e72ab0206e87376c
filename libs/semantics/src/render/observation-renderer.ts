import { flagNames, formatMicros, paths, type ObservationRecord, type SchemaRef, type Series } from '#model';
import { stateIri } from '../hub/ontology-document.js';
import { writtenQuantity, type ReadConversion } from './quantity.js';

/** How one observation is written. */
export interface RenderOptions {
  /** Convert quantities to this unit; one that is too great for a double then stays in its own. */
  readonly conversion?: ReadConversion | undefined;
  /** Whether the observation carries its own `@context`; members of a collection do not. */
  readonly context?: boolean;
}

/** The parts of a series' JSON that never change. */
interface Frame {
  readonly head: string;
  readonly middle: string;
}

const MAX_FRAMES = 100_000;

/**
 * Writes observations as JSON-LD. What a series repeats is compiled once; one observation costs a few
 * concatenations.
 */
export class ObservationRenderer {
  readonly #frames = new Map<number, Frame>();
  readonly #schemas = new Map<number, string>();
  readonly #contextHead: string;

  /** @param baseUrl prefix of every IRI, without a trailing slash */
  constructor(readonly baseUrl: string) {
    this.#contextHead = `{"@context":${JSON.stringify(baseUrl + paths.context)},`;
  }

  /** One observation, in the key order that the documentation shows. */
  json(record: ObservationRecord, options?: RenderOptions): string {
    const { series, time, nth, resultTime, flags } = record;
    const frame = this.#frame(series);
    const at = formatMicros(time);
    const suffix = nth > 0 ? `~${nth + 1}` : '';
    const quality = flags === 0 ? '' : `,"quality":${JSON.stringify(flagNames(flags))}`;
    const head = options?.context === false ? '{' : this.#contextHead;
    return `${head}${frame.head}${at}${suffix}${frame.middle}${at}","resultTime":"${formatMicros(resultTime)}",${this.#result(record, options?.conversion)},"schema":${this.#schema(record.schema)}${quality}}`;
  }

  /** The same as an object. */
  object(record: ObservationRecord, options?: RenderOptions): object {
    return JSON.parse(this.json(record, options)) as object;
  }

  /** What every observation of a series and schema has in common, around its times and its result. */
  constantParts(series: Series, schema: SchemaRef): { head: string; middle: string; tail: string } {
    const { head, middle } = this.#frame(series);
    return { head: this.#contextHead + head, middle, tail: `,"schema":${this.#schema(schema)}` };
  }

  #frame(series: Series): Frame {
    const cached = this.#frames.get(series.id);
    if (cached) return cached;
    const { device, name, feature } = series;
    const text = (path: string) => JSON.stringify(this.baseUrl + path);
    const observations = text(paths.datastream(device, name)).replace(
      '/api/datastreams/',
      '/api/observations/',
    );
    const frame: Frame = {
      head: `"id":${observations.slice(0, -1)}/`,
      middle: `","type":"Observation","madeBySensor":${text(paths.device(device))},"observedProperty":${JSON.stringify(this.property(series))},"hasFeatureOfInterest":${text(feature === '' ? paths.device(device) : paths.feature(feature))},"datastream":${text(paths.datastream(device, name))},"phenomenonTime":"`,
    };
    // Series that are not stored (a preview's) have no id of their own.
    if (series.id > 0) {
      if (this.#frames.size >= MAX_FRAMES) this.#frames.clear();
      this.#frames.set(series.id, frame);
    }
    return frame;
  }

  /** A property as observations write it: a term, a CURIE, or the IRI of an own one. */
  property({ property, origin }: Pick<Series, 'property' | 'origin'>): string {
    return origin === 'own' ? this.baseUrl + paths.property(property) : property;
  }

  #result({ series, value }: ObservationRecord, conversion: ReadConversion | undefined): string {
    switch (series.type) {
      case 'quantity': {
        const { number, unit } = writtenQuantity(value as number, series.unit, conversion);
        return `"hasResult":{"type":"QuantityValue","numericValue":${number},"unit":"unit:${unit}"}`;
      }
      case 'state':
        return `"hasSimpleResult":${value}`;
      case 'concept':
        return `"hasResult":{"id":${JSON.stringify(stateIri(series.origin, series.property, value as string, this.baseUrl))}}`;
      case 'position':
        return `"hasSimpleResult":{"@type":"geo:wktLiteral","@value":${JSON.stringify(value)}}`;
      case 'text':
        return `"hasSimpleResult":${JSON.stringify(value)}`;
    }
  }

  #schema({ id, schema, version }: SchemaRef): string {
    let text = this.#schemas.get(id);
    if (text === undefined || id === 0) {
      text = JSON.stringify(this.baseUrl + paths.schemaVersion(schema, version));
      if (id > 0) this.#schemas.set(id, text);
    }
    return text;
  }
}
