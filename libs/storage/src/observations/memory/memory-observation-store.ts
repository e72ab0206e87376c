import {
  GlossaError,
  LEDGER_STATES,
  encodeCursor,
  encodeDatastreamCursor,
  type AggregateQuery,
  type AppendResult,
  type DatastreamAggregate,
  type DeadLetterPage,
  type DeadLetterQuery,
  type LatestQuery,
  type Ledger,
  type LedgerState,
  type MessageAppend,
  type Micros,
  type ObservationQuery,
  type ObservationRecord,
  type ObservationStore,
  type Render,
  type RenderedPage,
  type SchemaRef,
  type SeriesStatistics,
  type StoreContents,
} from '#model';
import { unstorable } from '../check-append.js';
import { byDeviceAndName, datastreamsOf } from '../datastreams.js';
import { closedError, goneError } from '../errors.js';
import { toLedger, type LedgerCounts } from '../ledger-counts.js';
import { messageState } from '../message-state.js';
import { renderChunks } from '../rendered-page.js';
import { aggregateRows } from './memory-aggregate.js';
import { MemoryLetters } from './memory-letters.js';
import { MemoryResends } from './memory-resends.js';
import { MemorySeries, type Row } from './memory-series.js';

/** A store that forgets at the end of the process: the port in its plainest form, for tests. */
export class MemoryObservationStore implements ObservationStore {
  readonly trouble = undefined;
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
  private isClosed = false;

  async open(): Promise<StoreContents> {
    const known = [...this.series.values()];
    return {
      series: known.map(({ series }) => series),
      schemas: [...this.schemas.values()],
      nextSeries: this.lastSeries + 1,
      latest: this.newest(known.map(({ series }) => series.id))
        .filter(([home, row]) => row.batch > home.retired)
        .map(([home, row]) => home.record(row)),
    };
  }

  async append(message: MessageAppend): Promise<AppendResult> {
    if (this.isClosed) throw closedError();
    const reason = unstorable(message);
    if (reason !== undefined) throw new TypeError(`The message cannot be stored: ${reason}.`);
    const { values, resend, replay, deadLetter, fallback, rejectedValues } = message;
    const { counts } = this;
    this.batch++;
    for (const { series, schema } of values) this.define(series, schema);
    if (resend?.dup && this.resends.knows(resend)) {
      const statuses = Uint16Array.from(values, (value) => this.series.get(value.series.id)!.known(value));
      this.count('duplicate', 1);
      counts.duplicate += values.length;
      return { state: 'duplicate', statuses };
    }
    if (resend) this.resends.remember(resend);
    const taken = replay && this.letters.take(replay.deadLetter);
    if (replay && !taken) throw goneError(replay.deadLetter);
    const statuses = Uint16Array.from(values, (value) =>
      this.series.get(value.series.id)!.add(value, this.batch),
    );
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
    if (deadLetter) this.letters.add(deadLetter, state, rejectedValues);
    return { state, statuses };
  }

  async query(
    { series, from, to, order, limit, cursor }: ObservationQuery,
    render: Render,
  ): Promise<RenderedPage> {
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

  async latest({ series, from, to, limit, after }: LatestQuery, render: Render): Promise<RenderedPage> {
    const found = this.newest(series, from, to)
      .map(([home, row]) => home.record(row))
      .filter((record) => !after || byDeviceAndName(record.series, after) > 0);
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1)?.series : undefined;
    return rendered(page, render, last && encodeDatastreamCursor(last.device, last.name));
  }

  async get(series: readonly number[], time: Micros, nth: number): Promise<ObservationRecord | undefined> {
    const records = this.homes(series).flatMap((home) =>
      home.range(time, time + 1).map((row) => home.record(row)),
    );
    const record = records[nth];
    return record && { ...record, nth };
  }

  async latestRecords(series: readonly number[]): Promise<ObservationRecord[]> {
    return this.newest(series).map(([home, row]) => home.record(row));
  }

  async statistics(series: readonly number[], from?: Micros, to?: Micros): Promise<SeriesStatistics[]> {
    return this.homes(series).map((home) => {
      const rows = home.range(from, to);
      const bounds = rows.length > 0 ? { first: rows[0]!.time, last: rows.at(-1)!.time } : {};
      return { series: home.series.id, count: rows.length, ...bounds };
    });
  }

  async aggregate({ series, bounds }: AggregateQuery): Promise<DatastreamAggregate[]> {
    return datastreamsOf(this.homes(series).map((home) => home.series))
      .map((stream) => aggregateRows(stream, bounds, (id) => this.series.get(id)!.range()))
      .filter(({ windows }) => windows.length > 0);
  }

  async delete(series: readonly number[], from?: Micros, to?: Micros): Promise<number> {
    return this.homes(series).reduce((sum, home) => sum + home.delete(from, to), 0);
  }

  async purge(series: readonly number[]): Promise<number> {
    const rows = await this.delete(series);
    for (const id of series) this.series.delete(id);
    return rows;
  }

  async retire(series: readonly number[]): Promise<void> {
    for (const home of this.homes(series)) home.retired = this.batch;
  }

  async ledger(): Promise<Ledger> {
    return toLedger(this.counts);
  }

  async deadLetters(query: DeadLetterQuery): Promise<DeadLetterPage> {
    return this.letters.page(query);
  }

  async backup(): Promise<void> {
    throw new GlossaError('unavailable', 'Observations are kept in memory only: there is no file to copy.');
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  private define(series: MemorySeries['series'], schema: SchemaRef): void {
    if (!this.series.has(series.id)) this.series.set(series.id, new MemorySeries(series));
    if (!this.schemas.has(schema.id)) this.schemas.set(schema.id, schema);
    this.lastSeries = Math.max(this.lastSeries, series.id);
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
  const body = (async function* () {
    yield* renderChunks(records, render, next);
  })();
  return next ? { count: records.length, next, body } : { count: records.length, body };
}

/** At equal times and nth the later series is the newer. */
function isNewer(a: Row, b: Row): boolean {
  return a.time === b.time ? a.nth >= b.nth : a.time > b.time;
}
