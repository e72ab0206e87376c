import {
  LEDGER_STATES,
  TIME_CROWDED,
  TimeCrowdedError,
  encodeCursor,
  encodeDatastreamCursor,
  type AggregateQuery,
  type AppendResult,
  type DatastreamAggregate,
  type DeadLetterPage,
  type DeadLetterQuery,
  type Extent,
  type LatestQuery,
  type Ledger,
  type LedgerState,
  type MessageAppend,
  type Micros,
  type ObservationQuery,
  type ObservationRecord,
  type Render,
  type RenderedPage,
  type SchemaRef,
  type SeriesStatistics,
  type StoreContents,
  type ValueAppend,
} from '#model';
import { unstorable } from '../check-append.js';
import { byDeviceAndName, datastreamsOf } from '../datastreams.js';
import { goneError } from '../errors.js';
import { toLedger, type LedgerCounts } from '../ledger-counts.js';
import { messageState } from '../message-state.js';
import { PageRenderer } from '../rendered-page.js';
import { aggregateRows } from './memory-aggregate.js';
import { MemoryLetters } from './memory-letters.js';
import { MemoryResends } from './memory-resends.js';
import { MemorySeries, type Row } from './memory-series.js';

/** What a store keeps and answers, without the waiting. */
export class MemoryContents {
  private readonly series = new Map<number, MemorySeries>();
  private readonly schemas = new Map<number, SchemaRef>();
  private readonly letters = new MemoryLetters();
  private readonly resends = new MemoryResends();
  private readonly counts: LedgerCounts = {
    messages: LEDGER_STATES.map(() => 0),
    stored: 0,
    duplicate: 0,
    flagged: 0,
    rejected: 0,
  };
  private lastSeries = 0;
  private batch = 0;

  open(): StoreContents {
    const known = [...this.series.values()];
    return {
      series: known.map(({ series }) => series),
      schemas: [...this.schemas.values()],
      nextSeries: this.lastSeries + 1,
      latest: this.newest(this.notRetired()).map(([home, row]) => home.record(row)),
    };
  }

  append(message: MessageAppend): AppendResult {
    const reason = unstorable(message);
    if (reason !== undefined) throw new TypeError(`The message cannot be stored: ${reason}.`);
    const { values, resend, replay, deadLetter, fallback, rejectedValues } = message;
    const { counts } = this;
    this.batch++;
    for (const { series, schema } of values) this.define(series, schema);
    const arrival = resend?.dup ? this.resends.arrivalOf(resend) : undefined;
    if (arrival !== undefined) {
      const rows: (Row | undefined)[] = [];
      for (const value of values)
        rows.push(this.series.get(value.series.id)!.storedBefore(value, arrival, rows));
      this.count('duplicate', 1);
      counts.duplicate += values.length;
      return {
        state: 'duplicate',
        statuses: Uint16Array.from(rows, (row) => (row?.nth ?? 0) * 2 + 1),
        first: 0,
        times: Float64Array.from(rows.flatMap((row) => [row?.time ?? NaN, row?.resultTime ?? NaN])),
      };
    }
    const statuses = Uint16Array.from(values, (value) =>
      this.series.get(value.series.id)!.add(value, this.batch, () => this.nextNth(value)),
    );
    const crowded = [...statuses.keys()].filter((i) => statuses[i] === TIME_CROWDED);
    if (crowded.length > 0) throw this.undone(new TimeCrowdedError(crowded));
    if (resend) this.resends.remember(resend, values[0]?.resultTime ?? 0);
    const taken = replay && this.letters.take(replay.deadLetter);
    if (replay && !taken) throw this.undone(goneError(replay.deadLetter));
    const duplicate = statuses.reduce((sum, status) => sum + (status & 1), 0);
    const state = messageState(values.length - duplicate, duplicate, fallback, taken?.state);
    if (taken) {
      this.count(taken.state, -1);
      counts.rejected -= taken.rejected;
    }
    this.count(state, 1);
    counts.stored += values.length - duplicate;
    counts.flagged += values.filter(({ flags }, i) => flags !== 0 && !(statuses[i]! & 1)).length;
    // Values that the first run of a replayed message had counted are not counted again.
    if (taken?.state !== 'stored' && taken?.state !== 'duplicate') counts.duplicate += duplicate;
    counts.rejected += rejectedValues;
    if (deadLetter) this.letters.add(deadLetter, state, rejectedValues, replay?.deadLetter);
    return { state, statuses, first: 0 };
  }

  query({ series, from, to, order, limit, cursor }: ObservationQuery, render: Render): RenderedPage {
    const batch = cursor?.batch ?? this.batch;
    const sign = order === 'asc' ? 1 : -1;
    const compare = (a: Position, b: Position) =>
      sign * (a.time - b.time || a.series - b.series || a.nth - b.nth);
    const found = this.homes(series)
      .flatMap((home) => home.range(from, to).map((row) => ({ home, row, ...row, series: home.series.id })))
      .filter((one) => one.batch <= batch && (!cursor || compare(one, cursor) > 0))
      .sort(compare);
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    return rendered(
      page.map(({ home, row }) => home.record(row)),
      render,
      last && encodeCursor({ time: last.time, series: last.series, nth: last.nth, batch }),
    );
  }

  latest({ series, from, to, limit, after }: LatestQuery, render: Render): RenderedPage {
    const found = this.newest(series, from, to)
      .map(([home, row]) => home.record(row))
      .filter((record) => !after || byDeviceAndName(record.series, after) > 0);
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1)?.series : undefined;
    return rendered(page, render, last && encodeDatastreamCursor(last.device, last.name));
  }

  get(series: readonly number[], time: Micros, nth: number): ObservationRecord | undefined {
    return this.homes(series)
      .flatMap((home) => home.range(time, time + 1).map((row) => home.record(row)))
      .find((record) => record.nth === nth);
  }

  latestRecords(series: readonly number[]): ObservationRecord[] {
    return this.newest(series).map(([home, row]) => home.record(row));
  }

  retained(series: readonly number[]): ObservationRecord[] {
    const wanted = new Set(series);
    return this.latestRecords(this.notRetired().filter((id) => wanted.has(id)));
  }

  extent(series: readonly number[], from?: Micros, to?: Micros): Extent | undefined {
    const ends = this.homes(series).flatMap((home) => home.extent(from, to) ?? []);
    if (ends.length === 0) return undefined;
    const first = Math.min(...ends.map((one) => one.first));
    return { first, last: Math.max(...ends.map((one) => one.last)) };
  }

  statistics(series: readonly number[], from?: Micros, to?: Micros): SeriesStatistics[] {
    return this.homes(series).map((home) => {
      return { series: home.series.id, count: home.range(from, to).length, ...home.extent(from, to) };
    });
  }

  aggregate({ series, bounds }: AggregateQuery): DatastreamAggregate[] {
    return datastreamsOf(this.homes(series).map((home) => home.series))
      .map((stream) => aggregateRows(stream, bounds, (id) => this.series.get(id)!.range()))
      .filter(({ windows }) => windows.length > 0);
  }

  delete(series: readonly number[], from?: Micros, to?: Micros): number {
    return this.homes(series).reduce((sum, home) => sum + home.delete(from, to), 0);
  }

  purge(series: readonly number[]): number {
    const rows = this.delete(series);
    for (const id of series) this.series.delete(id);
    return rows;
  }

  retire(series: readonly number[]): void {
    for (const home of this.homes(series)) home.retired = this.batch;
  }

  ledger(): Ledger {
    return toLedger(this.counts);
  }

  deadLetters(query: DeadLetterQuery): DeadLetterPage {
    return this.letters.page(query);
  }

  private define(series: MemorySeries['series'], schema: SchemaRef): void {
    if (!this.series.has(series.id)) this.series.set(series.id, new MemorySeries(series));
    if (!this.schemas.has(schema.id)) this.schemas.set(schema.id, schema);
    this.lastSeries = Math.max(this.lastSeries, series.id);
  }

  /** The nth that the next value at this time has, over all series of the datastream. */
  private nextNth({ series: { device, name }, time }: ValueAppend): number {
    const taken = [...this.series.values()]
      .filter(({ series }) => series.device === device && series.name === name)
      .map((home) => home.newest(time, time + 1)?.nth ?? -1);
    return Math.max(-1, ...taken) + 1;
  }

  /** The error of a message, of which nothing stays stored. */
  private undone(error: Error): Error {
    for (const home of this.series.values()) home.undo(this.batch);
    return error;
  }

  /** Series whose newest value came after the last retirement of one of its datastream's series. */
  private notRetired(): number[] {
    const homes = [...this.series.values()];
    return datastreamsOf(homes.map(({ series }) => series)).flatMap(({ series }) => {
      const ids = series.map(({ id }) => id);
      const retired = Math.max(...ids.map((id) => this.series.get(id)!.retired));
      return ids.filter((id) => (this.series.get(id)!.newest()?.batch ?? 0) > retired);
    });
  }

  private count(state: LedgerState, by: number): void {
    this.counts.messages[LEDGER_STATES.indexOf(state)]! += by;
  }

  /** The series that exist, ascending by id. */
  private homes(ids: readonly number[]): MemorySeries[] {
    return [...new Set(ids)].sort((a, b) => a - b).flatMap((id) => this.series.get(id) ?? []);
  }

  /** The newest row of each datastream by (time, nth), in order of device and name. */
  private newest(ids: readonly number[], from?: Micros, to?: Micros): [MemorySeries, Row][] {
    return datastreamsOf(this.homes(ids).map((home) => home.series)).flatMap((stream) => {
      let best: [MemorySeries, Row] | undefined;
      for (const { id } of stream.series) {
        const home = this.series.get(id)!;
        const row = home.newest(from, to);
        if (row && (!best || isNewer(row, best[1]))) best = [home, row];
      }
      return best ? [best] : [];
    });
  }
}

interface Position {
  readonly time: number;
  readonly series: number;
  readonly nth: number;
}

function rendered(records: ObservationRecord[], render: Render, cursor: string | undefined): RenderedPage {
  const next = cursor && render.nextPrefix + cursor;
  const series = records.map((record) => record.series);
  const body = new ChunkBody(new PageRenderer().chunks(records, series, render, next));
  return next ? { count: records.length, next, body } : { count: records.length, body };
}

/** At equal times and nth the later series is the newer. */
function isNewer(a: Row, b: Row): boolean {
  return a.time === b.time ? a.nth >= b.nth : a.time > b.time;
}

class ChunkBody implements AsyncIterable<Uint8Array> {
  constructor(private readonly chunks: Iterable<Uint8Array>) {}

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const chunks = this.chunks[Symbol.iterator]();
    return {
      next: () => new Promise((resolve) => resolve(chunks.next())),
      return: () => Promise.resolve({ done: true, value: undefined }),
    };
  }
}
