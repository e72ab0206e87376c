import type { ObservationRecord } from '#model';
import type { ReadConversion } from './quantity.js';

/** Prints a page of observations: `head`, then each row, then `tail`. */
export interface PageWriter {
  head(): string;
  /** @param index of the row in its page, from 0 */
  row(record: ObservationRecord, conversion: ReadConversion | undefined, index: number): string;
  /** @param next absolute URL of the next page */
  tail(next?: string): string;
  /** The number of a quantity as its row has it. */
  number(value: number): string;
}

export interface PageWriterOptions {
  readonly baseUrl: string;
  /** IRI of the collection. */
  readonly id: string;
}
