import type {
  AggregateQuery,
  DatastreamAggregate,
  DeadLetterPage,
  DeadLetterQuery,
  ErrorCode,
  Extent,
  LatestQuery,
  Ledger,
  ObservationQuery,
  Render,
  SeriesStatistics,
} from '#model';
import type { PackedContents } from './contents-reader.js';
import type { RecordBatch } from './record-batch.js';

/** A page that was read; its first chunk comes with it. */
export interface PageAnswer {
  /** Names the page when more chunks are to be pulled. */
  readonly page: number;
  readonly count: number;
  readonly next: string | undefined;
  readonly chunk: Chunk;
}

/** Bytes of a page's text. */
export interface Chunk {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly last: boolean;
}

/** What a reader's thread can be asked. */
export interface ReaderCalls {
  contents: { readonly ask: undefined; readonly answer: PackedContents };
  query: {
    readonly ask: { readonly query: ObservationQuery; readonly render: Render };
    readonly answer: PageAnswer;
  };
  latest: {
    readonly ask: { readonly query: LatestQuery; readonly render: Render };
    readonly answer: PageAnswer;
  };
  /** The next chunk of a page. */
  pull: { readonly ask: number; readonly answer: Chunk };
  /** Forget a page. */
  drop: { readonly ask: number; readonly answer: undefined };
  /** Rows were deleted: forget what was read ahead. */
  forget: { readonly ask: undefined; readonly answer: undefined };
  /** The rows with an nth at one time, by series. */
  at: {
    readonly ask: { readonly series: readonly number[]; readonly time: number; readonly nth: number };
    readonly answer: RecordBatch;
  };
  newest: { readonly ask: readonly number[]; readonly answer: RecordBatch };
  retained: { readonly ask: readonly number[]; readonly answer: RecordBatch };
  extent: {
    readonly ask: { readonly series: readonly number[]; readonly from: number; readonly to: number };
    readonly answer: Extent | undefined;
  };
  statistics: {
    readonly ask: { readonly series: readonly number[]; readonly from: number; readonly to: number };
    readonly answer: readonly SeriesStatistics[];
  };
  aggregate: { readonly ask: AggregateQuery; readonly answer: readonly DatastreamAggregate[] };
  ledger: { readonly ask: undefined; readonly answer: Ledger };
  deadLetters: { readonly ask: DeadLetterQuery; readonly answer: DeadLetterPage };
  /** Do nothing for ever; for tests. */
  hang: { readonly ask: undefined; readonly answer: undefined };
  /** Copy the files to this folder. */
  backup: { readonly ask: string; readonly answer: undefined };
}

/** A name of {@link ReaderCalls}. */
export type ReaderCall = keyof ReaderCalls;

/** A question to a reader; the thread ends when its port closes. */
export type ToReader = {
  [K in ReaderCall]: { readonly id: number; readonly call: K; readonly ask: ReaderCalls[K]['ask'] };
}[ReaderCall];

/** A reader's answer. */
export type FromReader =
  /** Work goes on. */
  | { readonly alive: true }
  | { readonly id: number; readonly answer: ReaderCalls[ReaderCall]['answer'] }
  | { readonly id: number; readonly error: string; readonly code: ErrorCode };
