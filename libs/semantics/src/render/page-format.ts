import type { ObservationRecord } from '#model';
import type { ReadConversion } from './quantity.js';

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
