import type { ObservationRecord, ObservationValue, SchemaRef, Series } from '../observation.js';
import type { Ledger, LedgerState, Qos, Rejection } from '../raw-message.js';
import type { Micros } from '../time.js';

/**
 * Where observations, dead letters and the ledger live.
 *
 * Obligations of an implementation (test/contract/observation-store runs them all):
 * - `append` resolves after the commit of the batch that holds the message, never before; messages of one
 *   batch commit together, with the ledger's counts, new series, schema references, dead letters and resends.
 * - A write that fails (disk full) is tried again until it succeeds or the store closes; nothing is
 *   acknowledged meanwhile and the order of messages stays.
 * - Identity: in one series, the same time and value again is a duplicate, unless the time is that of arrival; another
 *   value at that time is kept as the datastream's nth. `nth` is unique for a datastream and time over all its series: the same value
 *   at the same time in another series (of another feature) is another observation, and the next nth.
 * - No time of a datastream has more than VALUES_AT_ONE_TIME values. A message with one too many is not stored, nor
 *   counted: it is given back with TimeCrowdedError, to be appended again with that value among the rejected.
 * - A message that cannot be written whatever the disk does is given back with an error, and holds up no other.
 * - The ledger's sum is right at any moment and after any crash.
 * - Reads see every append that has resolved.
 * - Pages of one cursor chain neither repeat nor skip a row that was there at the first page, and leave out
 *   rows committed later.
 */
export interface ObservationStore {
  /** Opens or creates the store and answers what the data plane keeps in memory. */
  open(): Promise<StoreContents>;
  append(message: MessageAppend): Promise<AppendResult>;
  /**
   * The same without a promise, for the path of every message: `settled` is called once, after the commit or with
   * what `append` would reject with, and never before `submit` returns. It must not throw.
   */
  submit<Message extends MessageAppend>(message: Message, settled: Settled<Message>): void;
  /** A page, serialised where it was read. */
  query(query: ObservationQuery, render: Render): Promise<RenderedPage>;
  /** The newest by (time, nth) of each datastream that the series make up; rendered in order of device and name. */
  latest(query: LatestQuery, render: Render): Promise<RenderedPage>;
  /**
   * One row by its identity: that of the series, which are of one datastream, whose `nth` it is at `time`. In files
   * of older versions two series may hold the same nth: the earlier series' row is the one.
   */
  get(series: readonly number[], time: Micros, nth: number): Promise<ObservationRecord | undefined>;
  /** Newest record over the given series, one for each datastream, in order of device and name. */
  latestRecords(series: readonly number[]): Promise<ObservationRecord[]>;
  /** The same over those of the series whose newest value was not retired, as {@link StoreContents} tells them. */
  retained(series: readonly number[]): Promise<ObservationRecord[]>;
  /** First and last time over all rows of the series (in [from, to) when given) without a look at each of them. */
  extent(series: readonly number[], from?: Micros, to?: Micros): Promise<Extent | undefined>;
  /** Per series: count, first and last time (of rows in [from, to) when given). Counts each row. */
  statistics(series: readonly number[], from?: Micros, to?: Micros): Promise<SeriesStatistics[]>;
  /** One entry a datastream that has rows, in order of device and name. */
  aggregate(query: AggregateQuery): Promise<DatastreamAggregate[]>;
  /** Deletes the rows of the series in [from, to); answers how many. */
  delete(series: readonly number[], from?: Micros, to?: Micros): Promise<number>;
  /** Forgets the series and all their rows; answers how many rows. */
  purge(series: readonly number[]): Promise<number>;
  /**
   * The device moved or went: what the datastreams of the series hold up to now, in whichever of their series, is
   * no longer retained: neither those values nor, after a start, a series that got none newer than they.
   */
  retire(series: readonly number[]): Promise<void>;
  ledger(): Promise<Ledger>;
  deadLetters(query: DeadLetterQuery): Promise<DeadLetterPage>;
  /** A consistent copy into `directory`, which must not hold one already; while running. */
  backup(directory: string): Promise<void>;
  /** What hinders writing now, a sentence; undefined when nothing does. */
  readonly trouble: string | undefined;
  /** What is the matter while writing goes on, a sentence; undefined when nothing is. */
  readonly warning: string | undefined;
  /** Commits what was appended, then closes. */
  close(): Promise<void>;
}

/** What the data plane keeps in memory, as read at start. */
export interface StoreContents {
  readonly series: readonly Series[];
  readonly schemas: readonly SchemaRef[];
  /** Greater than every series id that was ever used, purged ones too. */
  readonly nextSeries: number;
  /** Newest record of each datastream, over those of its series whose newest value was not retired. */
  readonly latest: readonly ObservationRecord[];
}

/** One raw message's share of a batch. */
export interface MessageAppend {
  readonly values: readonly ValueAppend[];
  /** Number of values that were rejected; counted in the ledger. */
  readonly rejectedValues: number;
  /**
   * The state when no value is stored or known already. With good values the state is `stored` when one of
   * them is stored, else `duplicate`.
   */
  readonly fallback: LedgerState;
  readonly deadLetter?: DeadLetterAppend | undefined;
  /**
   * Remembered with the batch (at least the newest 1,024 of each client). When `dup` is set and the same
   * client, packet id and hash are remembered, the message is a duplicate as a whole.
   */
  readonly resend?:
    | {
        readonly client: string;
        readonly packetId: number;
        readonly hash: string;
        readonly dup: boolean;
      }
    | undefined;
  /**
   * The message was a dead letter: moves it from its old state and removes the letter, in the same transaction, or
   * keeps it under its id where it is one again.
   */
  readonly replay?: { readonly deadLetter: number } | undefined;
}

/** One value to store. Numbers are finite. */
export interface ValueAppend {
  /** May be new to the store: its definition commits with the batch that first uses it. */
  readonly series: Series;
  readonly time: Micros;
  readonly value: ObservationValue;
  readonly resultTime: Micros;
  readonly schema: SchemaRef;
  readonly flags: number;
  /** The time is that of its arrival: an equal value at that time is another observation, not the same one again. */
  readonly arrival?: boolean | undefined;
}

/** What became of a message. */
export interface AppendResult {
  readonly state: LedgerState;
  /** For each value: `nth * 2`, plus 1 when it was known already (a duplicate). None is TIME_CROWDED. */
  readonly statuses: Uint16Array;
  /** Where in them the message's own begin: `submit` tells those of a whole batch. 0 for `append`. */
  readonly first: number;
  /**
   * For a message that was sent again: time and result time of each value as it is stored, NaN for one that is no
   * more. A value without a time of its own has that of its first arrival.
   */
  readonly times?: Float64Array | undefined;
}

/** Values that a datastream has at one time at most, so that a status fits 16 bits: their nth is less. */
export const VALUES_AT_ONE_TIME = 32_767;

/** In a store, the status of a value that would be one too many. */
export const TIME_CROWDED = VALUES_AT_ONE_TIME * 2;

/** A message was not stored, and not counted: at the times of some of its values there are VALUES_AT_ONE_TIME already. */
export class TimeCrowdedError extends Error {
  override readonly name = 'TimeCrowdedError';

  /** @param values which of the message's values, from 0 */
  constructor(readonly values: readonly number[]) {
    super(`${values.length} values have a time at which ${VALUES_AT_ONE_TIME} values are stored already`);
  }
}

/** Hears what became of a message: a result, or the error that `append` would reject with. */
export type Settled<Message extends MessageAppend = MessageAppend> = (
  result: AppendResult | undefined,
  error: Error | undefined,
  message: Message,
) => void;

/** A dead letter as recorded; the payload is cut by the store. */
export interface DeadLetterAppend {
  readonly received: Micros;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: Qos;
  readonly client: string;
  readonly username: string;
  readonly device?: string;
  /** `id/versions/n` of the schema that took the message. */
  readonly schema?: string;
  /** The access rule that denied it. */
  readonly rule?: string;
  /** At least one; the first is the message's own reason. */
  readonly rejections: readonly Rejection[];
}

/** A dead letter as read. */
export interface DeadLetter extends DeadLetterAppend {
  readonly id: number;
  readonly state: LedgerState;
  /** Bytes of the payload before it was cut. */
  readonly payloadSize: number;
}

/** Which dead letters; newest first. */
export interface DeadLetterQuery {
  readonly states?: readonly LedgerState[];
  readonly ids?: readonly number[];
  readonly device?: string;
  readonly code?: string;
  /** Rejections of a whole message or of values of stored ones, by the schema's id. */
  readonly schema?: string;
  readonly limit: number;
  /** Only letters with a smaller id. */
  readonly before?: number;
}

/** A page of dead letters. */
export interface DeadLetterPage {
  readonly items: readonly DeadLetter[];
  /** `before` of the next page, absent on the last. */
  readonly next?: number;
}

/** A position between two rows of an ordered result, and the newest batch that the first page saw. */
export interface Cursor {
  readonly time: Micros;
  readonly series: number;
  readonly nth: number;
  readonly batch: number;
}

/** Rows of the given series in [from, to), ordered by (time, series, nth). */
export interface ObservationQuery {
  readonly series: readonly number[];
  readonly from?: Micros;
  readonly to?: Micros;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
  readonly cursor?: Cursor;
}

/** The newest row of each datastream; pages by datastream, in order of device and name. */
export interface LatestQuery {
  readonly series: readonly number[];
  readonly from?: Micros;
  readonly to?: Micros;
  readonly limit: number;
  /** Only datastreams after this one. */
  readonly after?: { readonly device: string; readonly name: string };
}

/** Windows of a calendar-aware interval. */
export interface AggregateQuery {
  readonly series: readonly number[];
  /** Window boundaries, ascending: n + 1 of them for n windows. */
  readonly bounds: Float64Array;
}

/** The non-empty windows of one datastream, ascending. */
export interface DatastreamAggregate {
  /** One series of the datastream: its device, name, property and unit. */
  readonly series: Series;
  readonly windows: readonly AggregateWindow[];
}

/** One window, in canonical units. */
export interface AggregateWindow {
  readonly from: Micros;
  readonly to: Micros;
  readonly count: number;
  /**
   * For quantities; circular (degrees or the unit's own full turn) where the property is a direction. Values whose
   * sum is too great for a double have a mean all the same.
   */
  readonly mean?: number;
  readonly min?: number;
  readonly max?: number;
  readonly first: ObservationValue;
  readonly firstTime: Micros;
  readonly last: ObservationValue;
  readonly lastTime: Micros;
}

/** Serialisations of observations. */
export const OBSERVATION_FORMATS = ['json', 'turtle', 'n-quads', 'csv', 'ndjson'] as const;

/** A name of {@link OBSERVATION_FORMATS}. */
export type ObservationFormat = (typeof OBSERVATION_FORMATS)[number];

/** How a page is written. */
export interface Render {
  readonly format: ObservationFormat;
  /** Prefix of every IRI, without a trailing slash. */
  readonly baseUrl: string;
  /** IRI of the collection (the request's URL), for `json`. */
  readonly id: string;
  /**
   * Convert quantities to this unit (QUDT local name); all series must be compatible with it. A value that would be
   * too great for a double stays in its own unit, and its observation says so.
   */
  readonly unit?: string;
  /** The next page's absolute URL is this and the encoded cursor. */
  readonly nextPrefix: string;
}

/** A page whose rows are read and whose text is made while it is consumed. */
export interface RenderedPage {
  readonly count: number;
  /** Absolute URL of the next page, absent on the last. */
  readonly next?: string;
  /** UTF-8. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** What rows reach over; both ends are times of rows. */
export interface Extent {
  readonly first: Micros;
  readonly last: Micros;
}

/** Rows of one series. */
export interface SeriesStatistics {
  readonly series: number;
  readonly count: number;
  readonly first?: Micros;
  readonly last?: Micros;
}

/** Writes a {@link Cursor} for a URL: `time.series.nth.batch`. */
export function encodeCursor(cursor: Cursor): string {
  return `${cursor.time}.${cursor.series}.${cursor.nth}.${cursor.batch}`;
}

/** Reads {@link encodeCursor}'s text; undefined for anything else. */
export function decodeCursor(text: string): Cursor | undefined {
  const match = /^(-?\d{1,16})\.(\d{1,15})\.(\d{1,15})\.(\d{1,15})$/.exec(text);
  if (!match) return undefined;
  const [time, series, nth, batch] = match.slice(1).map(Number) as [number, number, number, number];
  return Number.isSafeInteger(time) ? { time, series, nth, batch } : undefined;
}

/** Writes a datastream's key for a URL, as `latest` pages by it. */
export function encodeDatastreamCursor(device: string, name: string): string {
  return Buffer.from(JSON.stringify([device, name])).toString('base64url');
}

/** Reads {@link encodeDatastreamCursor}'s text; undefined for anything else. */
export function decodeDatastreamCursor(text: string): { device: string; name: string } | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (!Array.isArray(value) || value.length !== 2) return undefined;
    const [device, name] = value as unknown[];
    return typeof device === 'string' && typeof name === 'string' ? { device, name } : undefined;
  } catch {
    return undefined;
  }
}
