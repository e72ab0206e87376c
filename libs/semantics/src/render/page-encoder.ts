import type { ObservationFormat, ObservationRecord } from '#model';
import type { PageWriter } from './page-format.js';
import { createPageWriter } from './page-writer.js';
import { writtenQuantity, type ReadConversion } from './quantity.js';
import { escapeIri } from './rdf.js';
import { isUsual, RowTemplateWriter, type RowTemplate } from './row-template.js';

/** Rows of further series are printed: to make room for them would have all of them made anew on each page. */
const MAX_TEMPLATES = 50_000;

/**
 * Writes pages of one format as bytes, byte for byte what its {@link PageWriter} prints. Rows of the usual kind are
 * written by templates, which outlive their page; the others are printed.
 */
export class PageEncoder {
  readonly rows: RowTemplateWriter;
  /** By series and state. Null: it was tried and wrote something else. */
  readonly #templates = new Map<number, RowTemplate | null>();

  /** For rows that are converted to one unit, or to none. @param baseUrl prefix of every IRI, without a trailing slash */
  constructor(
    private readonly format: ObservationFormat,
    private readonly baseUrl: string,
  ) {
    this.rows = new RowTemplateWriter(format, baseUrl);
  }

  /** Begins a page; several may be open at once. @param id IRI of the collection */
  page(id: string): EncodedPage {
    return new EncodedPage(this, createPageWriter(this.format, { baseUrl: this.baseUrl, id }), id);
  }

  /** A row's template, tried before it is used. */
  templateOf(record: ObservationRecord, conversion: ReadConversion | undefined): RowTemplate | undefined {
    if (!isUsual(record)) return undefined;
    const { series, schema, value } = record;
    const key = series.id * 2 + (value === true ? 1 : 0);
    const known = this.#templates.get(key);
    if (known === null) return undefined;
    if (known?.series === series && known.schema === schema) return known;
    if (this.#templates.size >= MAX_TEMPLATES && !known) return undefined;
    const made = this.rows.make(record, conversion);
    const isRight = this.rows.isRight(made, record, conversion);
    this.#templates.set(key, isRight ? made : null);
    return isRight ? made : undefined;
  }
}

/** One page on its way: `head`, then `prepare` and `write` for each row, then `tail`. */
export class EncodedPage {
  readonly #id: Uint8Array;
  #index = -1;
  #record: ObservationRecord | undefined;
  #template: RowTemplate | undefined;
  /** The number for the template, or the whole row. */
  #text = '';

  constructor(
    private readonly encoder: PageEncoder,
    private readonly writer: PageWriter,
    id: string,
  ) {
    this.#id = Buffer.from(escapeIri(id));
  }

  head(): string {
    return this.writer.head();
  }

  /** @param next absolute URL of the next page */
  tail(next?: string): string {
    return this.writer.tail(next);
  }

  /** Takes the next row; answers the bytes that it needs at most. */
  prepare(record: ObservationRecord, conversion: ReadConversion | undefined): number {
    this.#record = record;
    this.#index++;
    this.#template = this.#templateOf(record, conversion);
    if (this.#template) return this.#template.bound + this.#template.pages * this.#id.length;
    this.#text = this.writer.row(record, conversion, this.#index);
    return this.#text.length * 3;
  }

  /** Writes the row that was taken last at a place with room for it; answers where it ends. */
  write(target: Buffer, at: number): number {
    if (!this.#template) return at + target.write(this.#text, at);
    const text = { record: this.#record!, number: this.#text, index: this.#index, page: this.#id };
    return this.encoder.rows.write(this.#template, text, target, at);
  }

  #templateOf(record: ObservationRecord, conversion: ReadConversion | undefined): RowTemplate | undefined {
    // The first row of a page has no separator before it in some formats.
    if (this.#index === 0) return undefined;
    const { value, series } = record;
    if (typeof value !== 'number') return this.encoder.templateOf(record, undefined);
    const { number, unit } = writtenQuantity(value, series.unit, conversion);
    if (conversion && unit !== conversion.unit) return undefined;
    this.#text = this.writer.number(number);
    return this.encoder.templateOf(record, conversion);
  }
}
