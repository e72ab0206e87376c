import { flagNames, formatMicros, paths, type ObservationFormat, type ObservationRecord } from '#model';
import { NQuadsWriter } from './n-quads-writer.js';
import { ObservationRenderer } from './observation-renderer.js';
import type { PageWriter, PageWriterOptions } from './page-format.js';
import { writtenQuantity, type ReadConversion } from './quantity.js';
import { escapeIri, observationIri } from './rdf.js';
import { TurtleWriter } from './turtle-writer.js';

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

  row(record: ObservationRecord, conversion: ReadConversion | undefined, index: number): string {
    const json = this.#renderer.json(record, { conversion, context: false });
    return index === 0 ? json : `,${json}`;
  }

  tail(next?: string): string {
    return next === undefined ? ']}' : `],"next":${JSON.stringify(escapeIri(next))}}`;
  }

  number(value: number): string {
    return String(value);
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

  number(value: number): string {
    return String(value);
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

  number(value: number): string {
    return String(value);
  }
}

/** Quotes a cell where RFC 4180 asks for it. */
export function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
