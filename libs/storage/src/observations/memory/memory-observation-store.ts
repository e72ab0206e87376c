import {
  GlossaError,
  type AggregateQuery,
  type AppendResult,
  type DatastreamAggregate,
  type DeadLetterPage,
  type DeadLetterQuery,
  type Extent,
  type LatestQuery,
  type Ledger,
  type MessageAppend,
  type Micros,
  type ObservationQuery,
  type ObservationRecord,
  type ObservationStore,
  type Render,
  type RenderedPage,
  type SeriesStatistics,
  type Settled,
  type StoreContents,
} from '#model';
import { closedError } from '../errors.js';
import { MemoryContents } from './memory-contents.js';

/** A store that forgets at the end of the process: the port in its plainest form, for tests. */
export class MemoryObservationStore implements ObservationStore {
  readonly trouble = undefined;
  readonly warning = undefined;
  private readonly contents = new MemoryContents();
  private isClosed = false;

  open(): Promise<StoreContents> {
    return this.settle(() => this.contents.open());
  }

  append(message: MessageAppend): Promise<AppendResult> {
    return this.settle(() => this.contents.append(message));
  }

  submit<Message extends MessageAppend>(message: Message, settled: Settled<Message>): void {
    let result: AppendResult | undefined;
    let failure: Error | undefined;
    try {
      if (this.isClosed) throw closedError();
      result = this.contents.append(message);
    } catch (error) {
      failure = error as Error;
    }
    setImmediate(settled, result, failure, message);
  }

  query(query: ObservationQuery, render: Render): Promise<RenderedPage> {
    return this.settle(() => this.contents.query(query, render));
  }

  latest(query: LatestQuery, render: Render): Promise<RenderedPage> {
    return this.settle(() => this.contents.latest(query, render));
  }

  get(series: readonly number[], time: Micros, nth: number): Promise<ObservationRecord | undefined> {
    return this.settle(() => this.contents.get(series, time, nth));
  }

  latestRecords(series: readonly number[]): Promise<ObservationRecord[]> {
    return this.settle(() => this.contents.latestRecords(series));
  }

  retained(series: readonly number[]): Promise<ObservationRecord[]> {
    return this.settle(() => this.contents.retained(series));
  }

  extent(series: readonly number[], from?: Micros, to?: Micros): Promise<Extent | undefined> {
    return this.settle(() => this.contents.extent(series, from, to));
  }

  statistics(series: readonly number[], from?: Micros, to?: Micros): Promise<SeriesStatistics[]> {
    return this.settle(() => this.contents.statistics(series, from, to));
  }

  aggregate(query: AggregateQuery): Promise<DatastreamAggregate[]> {
    return this.settle(() => this.contents.aggregate(query));
  }

  delete(series: readonly number[], from?: Micros, to?: Micros): Promise<number> {
    return this.settle(() => this.contents.delete(series, from, to));
  }

  purge(series: readonly number[]): Promise<number> {
    return this.settle(() => this.contents.purge(series));
  }

  retire(series: readonly number[]): Promise<void> {
    return this.settle(() => this.contents.retire(series));
  }

  ledger(): Promise<Ledger> {
    return this.settle(() => this.contents.ledger());
  }

  deadLetters(query: DeadLetterQuery): Promise<DeadLetterPage> {
    return this.settle(() => this.contents.deadLetters(query));
  }

  backup(): Promise<void> {
    const message = 'Observations are kept in memory only: there is no file to copy.';
    return Promise.reject(new GlossaError('unavailable', message));
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  private settle<T>(step: () => T): Promise<T> {
    return new Promise((resolve) => {
      if (this.isClosed) throw closedError();
      resolve(step());
    });
  }
}
