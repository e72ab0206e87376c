import { clockFlag, type MapResult } from '#mapping';
import {
  CodecError,
  FLAGS,
  type AppendResult,
  type DeadLetterAppend,
  type LedgerState,
  type MessageAppend,
  type ObservationRecord,
  type ObservationStore,
  type RawMessage,
  type Rejection,
  type Series,
} from '#model';
import type { DeviceTable } from './device-table.js';
import type { DeviceStatus, Outcome, Republication } from './outcome.js';
import { deviceRefused, propertyChanged } from './refusals.js';
import { resendKey } from './resend.js';
import type { SeriesTable } from './series-table.js';
import type { Candidate, Route, Snapshot } from './snapshot.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A message decoded and mapped by the schema that takes it, or why none does. */
interface Mapped {
  readonly candidate?: Candidate;
  readonly result?: MapResult;
  readonly rejection?: Rejection;
}

/** A message that is ready for the store. */
interface Prepared extends MessageAppend {
  readonly values: Mutable<ObservationRecord>[];
  readonly rejections: Rejection[];
  readonly status: DeviceStatus | undefined;
  readonly device: string | undefined;
  readonly schema: string | undefined;
}

/**
 * The straight line that every transport calls: match - decode - map - check - append. See docs/architecture.md
 * for its picture with every exit. Decode to check is synchronous unless an expression needs its worker; then
 * the later messages of that client queue behind it, and no other client waits.
 */
export class Ingest {
  readonly #tails = new Map<string, Promise<unknown>>();
  #snapshot: Snapshot;

  constructor(
    private readonly store: ObservationStore,
    private readonly series: SeriesTable,
    private readonly devices: DeviceTable,
    snapshot: Snapshot,
  ) {
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
    const tail = this.#tails.get(raw.client);
    if (tail)
      return this.#enqueue(
        raw,
        tail.then(() => this.#prepare(raw)),
        replay,
      );
    const prepared = this.#prepare(raw);
    if (prepared instanceof Promise) return this.#enqueue(raw, prepared, replay);
    return this.#append(raw, prepared, replay);
  }

  /** Records a message that access control denied. Resolves after the commit. */
  refuse(raw: RawMessage, rule: string, message: string, code = 'publish-denied'): Promise<Outcome> {
    const rejection: Rejection = { stage: 'access', code, message };
    const prepared = nothing(raw, 'refused', [rejection], { rule });
    const tail = this.#tails.get(raw.client);
    return tail
      ? this.#enqueue(
          raw,
          tail.then(() => prepared),
        )
      : this.#append(raw, prepared);
  }

  /** Keeps the order of one client: its next message is prepared after this one is handed to the store. */
  #enqueue(raw: RawMessage, prepared: Promise<Prepared>, replay?: number): Promise<Outcome> {
    let appended: Promise<Outcome> | undefined;
    const tail = prepared.then((ready) => {
      // Its device may have been purged while it waited.
      for (const value of ready.values) value.series = this.series.current(value.series);
      appended = this.#append(raw, ready, replay);
      appended.catch(() => undefined);
    });
    this.#tails.set(raw.client, tail);
    const outcome = tail.then(() => appended!);
    const release = () => {
      if (this.#tails.get(raw.client) === tail) this.#tails.delete(raw.client);
    };
    tail.then(release, release);
    return outcome;
  }

  #prepare(raw: RawMessage): Prepared | Promise<Prepared> {
    const route = this.#snapshot.route(raw.topic);
    if (raw.payload.length === 0) return nothing(raw, 'filtered', []);
    const status = route.statuses.length > 0 ? statusOf(route, raw) : undefined;
    if (route.candidates.length === 0) {
      if (status || route.ignored || route.statuses.length > 0)
        return nothing(raw, 'filtered', [], { status });
      const message = `no schema's pattern fits the topic ${raw.topic}`;
      return nothing(raw, 'unmatched', [{ stage: 'match', code: 'topic-unmatched', message }]);
    }
    const mapped = this.#choose(route, raw, 0, undefined, undefined);
    if (mapped instanceof Promise) return mapped.then((done) => this.#check(raw, done, status));
    return this.#check(raw, mapped, status);
  }

  /**
   * Maps with the first candidate whose `match` holds; one that is registered for the device wins over it.
   * Continues at candidate `i` when an expression had to wait.
   */
  #choose(
    route: Route,
    raw: RawMessage,
    i: number,
    fallback: Mapped | undefined,
    waited: { payload: unknown; matches?: boolean | Rejection; result?: MapResult } | undefined,
  ): Mapped | Promise<Mapped> {
    const { candidates } = route;
    let refused: Mapped | undefined;
    for (; i < candidates.length; i++, waited = undefined) {
      const candidate = candidates[i]!;
      const { bound } = candidate;
      const at = i;
      let payload = waited?.payload;
      if (!waited) {
        try {
          payload = bound.decode(raw.payload);
        } catch (error) {
          if (!(error instanceof CodecError)) throw error;
          refused ??= { candidate, rejection: { stage: 'decode', code: error.code, message: error.message } };
          continue;
        }
      }
      const matches = waited?.matches ?? bound.matches(payload);
      if (matches instanceof Promise) {
        return matches.then((held) => this.#choose(route, raw, at, fallback, { payload, matches: held }));
      }
      if (typeof matches === 'object') {
        refused ??= { candidate, rejection: matches };
        continue;
      }
      if (!matches) continue;
      const result = waited?.result ?? bound.map(payload);
      if (result instanceof Promise) {
        return result.then((done) =>
          this.#choose(route, raw, at, fallback, { payload, matches: true, result: done }),
        );
      }
      const mapped: Mapped = { candidate, result };
      if (!this.devices.anyBound || candidates.length === 1) return mapped;
      const device = result.device ?? result.values[0]?.target.device;
      const registered = device === undefined ? undefined : this.devices.get(device)?.schemas;
      if (registered?.includes(bound.schema.id)) return mapped;
      fallback ??= mapped;
    }
    return fallback ?? refused ?? {};
  }

  /** Admits devices, gives values their series and time, and collects what was rejected. */
  #check(raw: RawMessage, mapped: Mapped, status: DeviceStatus | undefined): Prepared {
    const { candidate, result } = mapped;
    if (!candidate) return nothing(raw, 'filtered', [], { status });
    const { bound, ref } = candidate;
    const schema = `${ref.schema}/versions/${ref.version}`;
    const origin = { status, schema, device: bound.device };
    if (!result) return nothing(raw, 'rejected', [mapped.rejection!], origin);
    const rejections = [...result.rejected];
    const values: Mutable<ObservationRecord>[] = [];
    let arrival = false;
    for (const { target, value, time, flags } of result.values) {
      const refusal = this.devices.admit(target.device, bound.schema.document.autoCreate ?? true);
      const series = refusal ? undefined : (target.series ??= this.#seriesOf(target));
      if (!series) {
        rejections.push(
          refusal ? deviceRefused(target, refusal, this.devices.limit) : propertyChanged(target),
        );
        continue;
      }
      arrival ||= time === undefined;
      values.push({
        series,
        time: time ?? (raw.replayed ? raw.received : this.series.uniqueArrival(series, raw.received)),
        nth: 0,
        value,
        resultTime: raw.received,
        schema: ref,
        flags: time === undefined ? flags : flags | (clockFlag(time, raw.received) ? FLAGS.clock : 0),
      });
    }
    const device = values[0]?.series.device ?? result.device ?? result.values[0]?.target.device;
    const messageRejected = values.length === 0 && rejections.length > 0;
    return {
      values,
      rejectedValues: rejections.filter((rejection) => rejection.name !== undefined).length,
      fallback: messageRejected ? 'rejected' : 'filtered',
      ...(rejections.length > 0 && { deadLetter: letter(raw, rejections, { device, schema }) }),
      ...resend(raw),
      rejections,
      status,
      device,
      schema,
    };
  }

  #seriesOf(target: MapResult['values'][number]['target']): Series | undefined {
    const feature = target.feature ?? this.devices.get(target.device)?.feature ?? '';
    return this.series.resolve(target.device, target.name, target.property, feature);
  }

  async #append(raw: RawMessage, prepared: Prepared, replay?: number): Promise<Outcome> {
    const message = replay === undefined ? prepared : { ...prepared, replay: { deadLetter: replay } };
    const { state, statuses } = await this.store.append(message);
    const observations: Republication[] = [];
    const moved: Series[] = [];
    this.#republish(raw, prepared.values, statuses, observations, moved);
    const { rejections, status, device, schema } = prepared;
    return {
      raw,
      state,
      observations,
      moved,
      rejections: state === 'duplicate' ? [] : rejections,
      ...(status && { status }),
      ...(device !== undefined && { device }),
      ...(schema !== undefined && { schema }),
    };
  }

  /** A duplicate is republished only when it was sent again: the crash may have come between commit and republish. */
  #republish(
    raw: RawMessage,
    values: Mutable<ObservationRecord>[],
    statuses: AppendResult['statuses'],
    observations: Republication[],
    moved: Series[],
  ): void {
    for (let i = 0; i < values.length; i++) {
      const record = values[i]!;
      const status = statuses[i]!;
      record.nth = status >> 1;
      const duplicate = (status & 1) === 1;
      if (duplicate && !raw.dup) continue;
      const datastream = this.series.of(record.series);
      // Purged between commit and here: nobody is to hear of it.
      if (!datastream) continue;
      const before = datastream.latest;
      const retained = this.series.note(record, raw.qos);
      if (
        retained &&
        before &&
        before.series !== record.series &&
        before.series.feature !== record.series.feature
      ) {
        moved.push(before.series);
      }
      observations.push({ record, retained });
    }
  }
}

interface Origin {
  readonly status?: DeviceStatus | undefined;
  readonly device?: string | undefined;
  readonly schema?: string | undefined;
  readonly rule?: string;
}

function nothing(
  raw: RawMessage,
  fallback: LedgerState,
  rejections: Rejection[],
  origin: Origin = {},
): Prepared {
  return {
    values: [],
    rejectedValues: 0,
    fallback,
    ...(rejections.length > 0 && { deadLetter: letter(raw, rejections, origin) }),
    ...resend(raw),
    rejections,
    status: origin.status,
    device: origin.device,
    schema: origin.schema,
  };
}

function letter(raw: RawMessage, rejections: Rejection[], origin: Origin): DeadLetterAppend {
  const { received, topic, payload, qos, client, username } = raw;
  const { device, schema, rule } = origin;
  return {
    received,
    topic,
    payload,
    qos,
    client,
    username,
    ...(device !== undefined && { device }),
    ...(schema !== undefined && { schema }),
    ...(rule !== undefined && { rule }),
    rejections,
  };
}

function resend(raw: RawMessage): Pick<MessageAppend, 'resend'> {
  if (raw.qos === 0 || raw.packetId === undefined) return {};
  const { client, packetId, dup } = raw;
  return { resend: { client, packetId, hash: resendKey(raw.topic, raw.payload), dup } };
}

function statusOf(route: Route, raw: RawMessage): DeviceStatus | undefined {
  for (const status of route.statuses) {
    const said = status.evaluate(raw.topic, raw.payload);
    if (said) return said;
  }
  return undefined;
}
