import { TimeCrowdedError, type ObservationStore, type RawMessage, type Settled } from '#model';
import { Histogram, TIMES_MS } from '#telemetry';
import { Arrivals } from './arrivals.js';
import { Checker } from './check.js';
import { choose } from './choose.js';
import { withoutCrowded } from './crowded.js';
import type { DeviceTable } from './device-table.js';
import type { DeviceStatus, Heard, Outcome } from './outcome.js';
import { prepare, type Prepared } from './prepared.js';
import { outcomeOf } from './republish.js';
import type { SeriesTable } from './series-table.js';
import type { Route, Snapshot } from './snapshot.js';

/** Of so many messages one is timed: a power of two. */
const TIMED = 8;

/**
 * The straight line that every transport calls: match - decode - map - check - append. See docs/architecture.md
 * for its picture with every exit. Decode to check is synchronous unless an expression needs its worker; then
 * the later messages of that client queue behind it, and no other client waits.
 */
export class Ingest {
  readonly #tails = new Map<string, Promise<unknown>>();
  readonly #arrivals = new Arrivals();
  readonly #checker: Checker;
  #snapshot: Snapshot;
  #messages = 0;
  /** From match to check, and from append to commit; of one message of eight. */
  readonly times = { map: new Histogram(TIMES_MS), store: new Histogram(TIMES_MS) };

  constructor(
    private readonly store: ObservationStore,
    private readonly series: SeriesTable,
    private readonly devices: DeviceTable,
    snapshot: Snapshot,
  ) {
    this.#checker = new Checker(series, devices, this.#arrivals);
    this.#snapshot = snapshot;
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** Makes a new picture of the schemas effective for the messages that come after. */
  swap(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
  }

  /**
   * Takes a raw message through the line. Resolves after the commit: then it may be acknowledged.
   * Never rejects for what a message holds; rejects when the store closes before the commit.
   * @param replay id of the dead letter that this message was
   */
  ingest(raw: RawMessage, replay?: number): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.submit(
        raw,
        (_, outcome, error) => (outcome ? resolve(outcome) : reject(error ?? new Error('not stored'))),
        replay,
      );
    });
  }

  /** {@link ingest} without a promise: `heard` is called once, after the commit, never before this returns. */
  submit<Raw extends RawMessage>(raw: Raw, heard: Heard<Raw>, replay?: number): void {
    const began = (++this.#messages & (TIMED - 1)) === 0 ? performance.now() : undefined;
    const tail = this.#tails.size > 0 ? this.#tails.get(raw.client) : undefined;
    const prepared = tail ? tail.then(() => this.#prepare(raw)) : this.#prepare(raw);
    if (began === undefined) this.#hand(raw, prepared, heard, replay);
    else this.#handTimed(began, raw, prepared, heard, replay);
  }

  /** Records a message that access control denied. `heard` is called once, after the commit. */
  refuse<Raw extends RawMessage>(
    raw: Raw,
    rule: string,
    message: string,
    heard: Heard<Raw>,
    code = 'publish-denied',
  ): void {
    this.#arrivals.settle(raw);
    const prepared = prepare(
      raw,
      'refused',
      [],
      [{ stage: 'access', code, message }],
      undefined,
      undefined,
      undefined,
      rule,
    );
    const tail = this.#tails.get(raw.client);
    this.#hand(raw, tail ? tail.then(() => prepared) : prepared, heard);
  }

  /** Match, decode, map, check. */
  #prepare(raw: RawMessage): Prepared | Promise<Prepared> {
    const route = this.#snapshot.route(raw.topic);
    // An empty payload only clears a retained message [MQTT-3.3.1-10].
    if (raw.payload.length === 0) return prepare(raw, 'filtered', [], []);
    const status = route.statuses.length > 0 ? this.#statusOf(route, raw) : undefined;
    if (route.candidates.length === 0) {
      this.#arrivals.settle(raw);
      return unmatched(raw, route, status);
    }
    const mapped = choose(route, raw, this.devices);
    if (mapped instanceof Promise) return mapped.then((done) => this.#checker.check(raw, done, status));
    return this.#checker.check(raw, mapped, status);
  }

  /** What the message says of a device's presence; like any first message, it makes a device known. */
  #statusOf(route: Route, raw: RawMessage): DeviceStatus | undefined {
    for (const status of route.statuses) {
      const said = status.evaluate(raw.topic, raw.payload);
      if (said) return this.devices.admit(said.device, status.autoCreate) === undefined ? said : undefined;
    }
    return undefined;
  }

  #hand<Raw extends RawMessage>(
    raw: Raw,
    prepared: Prepared | Promise<Prepared>,
    heard: Heard<Raw>,
    replay?: number,
  ): void {
    if (prepared instanceof Promise) this.#handWhenReady(raw, prepared, heard, replay);
    else this.#append(raw, prepared, heard, replay);
  }

  #handTimed<Raw extends RawMessage>(
    began: number,
    raw: Raw,
    prepared: Prepared | Promise<Prepared>,
    heard: Heard<Raw>,
    replay: number | undefined,
  ): void {
    let handed = 0;
    const ready = () => {
      handed = performance.now();
      this.times.map.observe(handed - began);
    };
    const timed: Heard<Raw> = (_, outcome, error) => {
      if (outcome) this.times.store.observe(performance.now() - handed);
      heard(raw, outcome, error);
    };
    if (!(prepared instanceof Promise)) ready();
    const made =
      prepared instanceof Promise
        ? prepared.then((done) => {
            ready();
            return done;
          })
        : prepared;
    this.#hand(raw, made, timed, replay);
  }

  #append<Raw extends RawMessage>(raw: Raw, prepared: Prepared, heard: Heard<Raw>, replay?: number): void {
    if (replay !== undefined) prepared.replay = { deadLetter: replay };
    prepared.heard = heard as Heard;
    this.store.submit(prepared, this.#settled);
  }

  /** Appends what waited: its device may have been purged meanwhile. */
  #appendLate<Raw extends RawMessage>(
    raw: Raw,
    prepared: Prepared,
    heard: Heard<Raw>,
    replay?: number,
  ): void {
    for (const value of prepared.values) value.series = this.series.current(value.series);
    this.#append(raw, prepared, heard, replay);
  }

  /** One function for all messages: a closure a message is what the garbage collector would have to carry. */
  readonly #settled: Settled<Prepared> = (result, error, prepared) => {
    const { raw, heard } = prepared;
    if (result) heard!(raw, outcomeOf(raw, prepared, result, this.series, this.devices));
    else if (error instanceof TimeCrowdedError)
      this.#appendLate(raw, withoutCrowded(prepared, error.values), heard!);
    else heard!(raw, undefined, error);
  };

  /** Keeps the order of one client: its next message is prepared after this one is handed to the store. */
  #handWhenReady<Raw extends RawMessage>(
    raw: Raw,
    prepared: Promise<Prepared>,
    heard: Heard<Raw>,
    replay?: number,
  ): void {
    const tail = prepared.then((ready) => {
      this.#appendLate(raw, ready, heard, replay);
    });
    this.#tails.set(raw.client, tail);
    const release = () => {
      if (this.#tails.get(raw.client) === tail) this.#tails.delete(raw.client);
    };
    tail.then(release, (error: unknown) => {
      release();
      heard(raw, undefined, error as Error);
    });
  }
}

function unmatched(raw: RawMessage, route: Route, status: DeviceStatus | undefined): Prepared {
  if (route.ignored || route.statuses.length > 0) return prepare(raw, 'filtered', [], [], status);
  const message = `no schema's pattern fits the topic ${raw.topic}`;
  return prepare(raw, 'unmatched', [], [{ stage: 'match', code: 'topic-unmatched', message }]);
}
