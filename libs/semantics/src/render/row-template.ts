import {
  formatMicros,
  MICROS_BYTES,
  type ObservationFormat,
  type ObservationRecord,
  type SchemaRef,
  type Series,
} from '#model';
import { createPageWriter } from './page-writer.js';
import type { PageWriter } from './page-format.js';
import type { ReadConversion } from './quantity.js';
import { observationIri } from './rdf.js';
import { TimeText, writeAscii } from './time-text.js';

/**
 * A row whose changing parts hardly occur in real ones, so that they are found in what a writer prints of it. A name
 * that holds one of them all the same is found out when the template is tried.
 */
const MARKS = {
  time: Date.UTC(9876, 0, 2, 3, 4, 5, 6) * 1000 + 543,
  resultTime: Date.UTC(9875, 1, 3, 4, 5, 6, 7) * 1000 + 432,
  number: 8.7654321098765e-123,
  index: 9_876_543_210_123,
  page: 'urn:glossa:9876543210',
} as const;

/** What a part is followed by: `iri` is that of the observation, which ends with its time. */
type Hole = keyof typeof MARKS | 'iri';

const TRIAL_PAGE = 'urn:glossa:trial';
/** Digits of a double with sign, point and exponent; of an index. */
const NUMBER_BYTES = 32;
/** Constant parts that are shared by series, if they are found among so many last ones. */
const MAX_SHARED = 512;

/** The constant bytes of a series' rows, and what comes behind each part of them. */
export interface RowTemplate {
  readonly series: Series;
  readonly schema: SchemaRef;
  /** IRI of an observation up to its time. */
  readonly iri: Uint8Array;
  readonly parts: readonly Uint8Array[];
  /** One less than there are parts. */
  readonly holes: readonly Hole[];
  /** Bytes of a row at most, but for the page's IRI. */
  readonly bound: number;
  /** Times that a row names its page. */
  readonly pages: number;
}

/** What a row writes into the holes of its template. */
export interface RowText {
  readonly record: ObservationRecord;
  readonly number: string;
  readonly index: number;
  readonly page: Uint8Array;
}

/** Whether a row can have a template: a quantity or state without flags, the first at its time. */
export function isUsual({ series, flags, nth }: ObservationRecord): boolean {
  return flags === 0 && nth === 0 && (series.type === 'quantity' || series.type === 'state');
}

/** Makes templates of one format out of what its writer prints, and writes rows by them. */
export class RowTemplateWriter {
  readonly #marked: PageWriter;
  /** Another page than the marked one, on which templates are tried. */
  readonly #trial: PageWriter;
  /** The marks as the format has them. */
  readonly #texts: Record<keyof typeof MARKS, string>;
  readonly #holeOf: ReadonlyMap<string, keyof typeof MARKS>;
  readonly #pattern: RegExp;
  readonly #shared = new Map<string, Uint8Array>();
  readonly #time = new TimeText();
  readonly #resultTime = new TimeText();

  constructor(
    format: ObservationFormat,
    private readonly baseUrl: string,
  ) {
    this.#marked = createPageWriter(format, { baseUrl, id: MARKS.page });
    this.#trial = createPageWriter(format, { baseUrl, id: TRIAL_PAGE });
    this.#texts = {
      time: formatMicros(MARKS.time),
      resultTime: formatMicros(MARKS.resultTime),
      number: this.#marked.number(MARKS.number),
      index: String(MARKS.index),
      page: MARKS.page,
    };
    const texts = Object.entries(this.#texts) as [keyof typeof MARKS, string][];
    this.#holeOf = new Map(texts.map(([hole, text]) => [text, hole]));
    this.#pattern = new RegExp(`(${texts.map(([, text]) => escapePattern(text)).join('|')})`);
  }

  /** The template of a row's series and schema, and of its value where that is a state. */
  make(record: ObservationRecord, conversion: ReadConversion | undefined): RowTemplate {
    const { series, schema, value } = record;
    const { time, resultTime, number } = MARKS;
    const marked = {
      ...record,
      time,
      resultTime,
      value: typeof value === 'number' ? number : value,
    };
    const unchanged = conversion && { unit: conversion.unit, apply: () => number };
    const pieces = this.#marked.row(marked, unchanged, MARKS.index).split(this.#pattern);
    const iri = observationIri(marked, this.baseUrl).slice(0, -this.#texts.time.length);
    const parts: Uint8Array[] = [];
    const holes: Hole[] = [];
    for (let i = 0; i < pieces.length; i += 2) {
      const [piece, mark] = [pieces[i]!, pieces[i + 1]];
      const isIri = mark === this.#texts.time && piece.endsWith(iri);
      parts.push(this.#bytes(isIri ? piece.slice(0, -iri.length) : piece));
      if (mark !== undefined) holes.push(isIri ? 'iri' : this.#holeOf.get(mark)!);
    }
    const head = Buffer.from(iri);
    const constant = parts.reduce((sum, part) => sum + part.length, 0);
    const room = holes.reduce((sum, hole) => sum + MAX_BYTES[hole] + (hole === 'iri' ? head.length : 0), 0);
    return {
      series,
      schema,
      iri: head,
      parts,
      holes,
      bound: constant + room,
      pages: holes.filter((hole) => hole === 'page').length,
    };
  }

  /** Writes a row at a place with room for it; answers where it ends. */
  write(
    template: RowTemplate,
    { record, number, index, page }: RowText,
    target: Uint8Array,
    at: number,
  ): number {
    const { iri, parts, holes } = template;
    const time = this.#time.of(record.time);
    let iriAt = -1;
    for (let i = 0; i < holes.length; i++) {
      const part = parts[i]!;
      target.set(part, at);
      at += part.length;
      switch (holes[i]!) {
        case 'iri':
          if (iriAt < 0) {
            iriAt = at;
            target.set(iri, at);
            target.set(time, at + iri.length);
          } else target.copyWithin(at, iriAt, iriAt + iri.length + time.length);
          at += iri.length + time.length;
          break;
        case 'time':
          target.set(time, at);
          at += time.length;
          break;
        case 'resultTime': {
          const produced = record.resultTime === record.time ? time : this.#resultTime.of(record.resultTime);
          target.set(produced, at);
          at += produced.length;
          break;
        }
        case 'number':
          at = writeAscii(target, at, number);
          break;
        case 'index':
          at = writeAscii(target, at, String(index));
          break;
        case 'page':
          target.set(page, at);
          at += page.length;
      }
    }
    const last = parts[holes.length]!;
    target.set(last, at);
    return at + last.length;
  }

  /** Whether a template writes what is printed: a name that holds a mark makes one that does not. */
  isRight(template: RowTemplate, record: ObservationRecord, conversion: ReadConversion | undefined): boolean {
    const { value } = record;
    const converted = typeof value === 'number' && conversion ? conversion.apply(value) : value;
    const number = typeof converted === 'number' ? this.#marked.number(converted) : '';
    // Of a row that has a mark itself nothing could be told.
    if (number === this.#texts.number || record.time === MARKS.time || record.resultTime === MARKS.resultTime)
      return false;
    const page = Buffer.from(TRIAL_PAGE);
    const target = Buffer.alloc(template.bound + template.pages * page.length);
    const end = this.write(template, { record, number, index: 1, page }, target, 0);
    return target.toString('utf8', 0, end) === this.#trial.row(record, conversion, 1);
  }

  #bytes(text: string): Uint8Array {
    let known = this.#shared.get(text);
    if (!known) {
      known = Buffer.from(text);
      if (this.#shared.size >= MAX_SHARED) this.#shared.clear();
      this.#shared.set(text, known);
    }
    return known;
  }
}

const MAX_BYTES: Record<Hole, number> = {
  iri: MICROS_BYTES,
  time: MICROS_BYTES,
  resultTime: MICROS_BYTES,
  number: NUMBER_BYTES,
  index: NUMBER_BYTES,
  page: 0,
};

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
