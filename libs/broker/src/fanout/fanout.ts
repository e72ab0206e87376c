import type { Client } from 'aedes';
import { matches, type AccountPolicy } from '#access';
import type { Outcome, OutcomeSink } from '#ingest';
import type { ObservationRecord, Qos, Series } from '#model';
import { ObservationEncoder, semanticTopic, type ObservationRenderer } from '#semantics';
import { Histogram, TIMES_MS } from '#telemetry';
import { nextPacketId, policyOf, type ClientInternals } from '../client-internals.js';
import { mqttTrie } from '../mqtt-trie.js';
import { Filters } from '../sessions/filters.js';
import type { SessionStore } from '../sessions/session-store.js';
import { address, Arena, topicHead } from './arena.js';
import { rejectionMessages } from './rejection-messages.js';

interface Subscriber {
  readonly client: Client;
  readonly filters: Filters<Subscription>;
  /** Highest QoS granted for a topic, found once. */
  readonly granted: Map<string, Qos>;
  /** Its share of the current batch: start, end, start, end, ... */
  ranges: number[];
  /** Of the QoS 1 and 2 messages among it: start, where the packet id goes, QoS, start, ... */
  addressed: number[];
}

interface Subscription {
  readonly subscriber: Subscriber;
  readonly qos: Qos;
}

interface Direct extends Subscription {
  /** QoS 1 and 2 go through its persistent session; what is left for the socket is QoS 0. */
  readonly kept: boolean;
}

/** Who receives a topic: resolved once, until a subscription or a right changes. */
interface Targets {
  readonly topic: string;
  readonly head: Buffer;
  readonly direct: readonly Direct[];
  /** Persistent sessions with QoS 1 or 2. */
  readonly sessions: readonly { clientId: string; qos: Qos }[];
}

/** Why a subscriber is dropped: more waits for its socket than may, or much for too long. */
export type DropCause = 'full' | 'slow';

export interface FanoutOptions {
  readonly renderer: ObservationRenderer;
  readonly sessions: SessionStore;
  /** aedes' own id and counter, for queued messages. */
  readonly stamp: () => { brokerId: string; brokerCounter: number };
  /** The policy of an account by name, for sessions whose clients may be away. */
  readonly policyOf: (username: string) => AccountPolicy | undefined;
  readonly onDrop: (client: Client, cause: DropCause, reason: string) => void;
  /** Bytes that may wait for one socket. */
  readonly maxBuffered?: number;
}

/** One commit may bring a reader that keeps up several MiB at once. */
const MAX_BUFFERED = 64 * 1024 * 1024;
/** More than this may wait for a socket only so long. */
const SLOW_BYTES = 16 * 1024 * 1024;
const SLOW_MS = 5000;
const FEW_RANGES = 8;
/** A batch is written when it holds this much, at the latest at the end of the event loop's turn. */
const FLUSH_BYTES = 1024 * 1024;
const MAX_GRANTED = 20_000;
/** Longer topics are looked up each time: 20,000 of the longest would take more than a gigabyte. */
const MAX_GRANTED_LENGTH = 1024;

/**
 * Delivers what the gateway itself publishes, `semantic/` and `glossa/`. It keeps its own index of subscribers;
 * a batch is encoded once, and each QoS 0 socket gets its share as contiguous ranges. QoS 1 and 2 of clean
 * sessions are written with packet ids here too; persistent sessions keep them and send them in their order.
 */
export class Fanout implements OutcomeSink {
  readonly #subscribers = new Map<Client, Subscriber>();
  readonly #trie = mqttTrie<Subscription>();
  readonly #bySeries: (Targets | undefined)[] = [];
  readonly #maxBuffered: number;
  readonly #slowBytes: number;
  /** Since when more than that waits for a client. */
  readonly #slowSince = new Map<Client, number>();
  readonly #encoder: ObservationEncoder;
  #arena: Arena | undefined;
  #touched = new Set<Subscriber>();
  /** When the present batch began, and what was delivered before. */
  #began = 0;
  #before = 0;
  /** From the republication of a message to its write to the sockets. */
  readonly times = new Histogram(TIMES_MS);
  /** Messages handed to subscribers since start. */
  delivered = 0;

  constructor(private readonly options: FanoutOptions) {
    this.#encoder = new ObservationEncoder(options.renderer);
    this.#maxBuffered = options.maxBuffered ?? MAX_BUFFERED;
    this.#slowBytes = Math.min(SLOW_BYTES, this.#maxBuffered);
  }

  /** Connected clients with a subscription. */
  get subscribers(): number {
    return this.#subscribers.size;
  }

  /** Whether a client may have a subscription, or has it. */
  hasPlace(client: Client, filter: string): boolean {
    return this.#subscribers.get(client)?.filters.hasPlace(filter) ?? true;
  }

  /** A granted subscription, new or restored. */
  subscribe(client: Client, filter: string, qos: Qos): void {
    let subscriber = this.#subscribers.get(client);
    if (!subscriber) {
      subscriber = { client, filters: new Filters(), granted: new Map(), ranges: [], addressed: [] };
      this.#subscribers.set(client, subscriber);
    }
    this.unsubscribe(client, filter);
    const subscription = { subscriber, qos };
    subscriber.filters.set(filter, subscription);
    this.#trie.add(filter, subscription);
    subscriber.granted.clear();
    this.forget();
  }

  unsubscribe(client: Client, filter: string): void {
    const subscriber = this.#subscribers.get(client);
    const subscription = subscriber?.filters.get(filter);
    if (!subscriber || !subscription) return;
    subscriber.filters.delete(filter);
    this.#trie.remove(filter, subscription);
    subscriber.granted.clear();
    this.forget();
  }

  /** The highest QoS that a client was granted for a topic that it subscribed to [MQTT-3.3.5-1]. */
  grantedQos(client: Client, topic: string): Qos {
    const subscriber = this.#subscribers.get(client);
    if (!subscriber) return 0;
    const { filters, granted } = subscriber;
    let best = granted.get(topic);
    if (best !== undefined) return best;
    best = 0;
    for (const [filter, { qos }] of filters) if (qos > best && matches(filter, topic)) best = qos;
    if (topic.length > MAX_GRANTED_LENGTH) return best;
    if (granted.size >= MAX_GRANTED) granted.clear();
    granted.set(topic, best);
    return best;
  }

  /** Whether a client takes more; one that left too much unread is dropped. */
  hasRoom(client: Client): boolean {
    const waiting = client.conn.writableLength;
    if (waiting <= this.#slowBytes) {
      if (this.#slowSince.size > 0) this.#slowSince.delete(client);
      return true;
    }
    const now = performance.now();
    const since = this.#slowSince.get(client) ?? now;
    this.#slowSince.set(client, since);
    if (waiting <= this.#maxBuffered && now - since < SLOW_MS) return true;
    this.#slowSince.delete(client);
    if (!client.conn.destroyed) {
      const cause = waiting > this.#maxBuffered ? 'full' : 'slow';
      this.options.onDrop(client, cause, `${waiting} bytes wait for a subscriber that does not read`);
      client.conn.destroy();
    }
    return false;
  }

  /** A connection that ended. */
  remove(client: Client): void {
    this.#slowSince.delete(client);
    const subscriber = this.#subscribers.get(client);
    if (subscriber) {
      for (const [filter, subscription] of subscriber.filters) this.#trie.remove(filter, subscription);
      this.#subscribers.delete(client);
      this.#touched.delete(subscriber);
      this.forget();
    }
  }

  /** Who receives what is found anew: a subscription, a session or a right changed. */
  forget(): void {
    this.#bySeries.length = 0;
  }

  publish(outcome: Outcome): void {
    const { observations, raw } = outcome;
    // Live subscribers hear that the retained value is no more where it was.
    for (const series of outcome.moved) this.send(semanticTopic(series), '', raw.qos);
    for (const record of observations) {
      const targets = this.#targetsOf(record.series);
      // Nothing is rendered for nobody.
      if (targets.direct.length === 0 && (raw.qos === 0 || targets.sessions.length === 0)) continue;
      this.#deliver(targets, record, raw.qos);
    }
    if (outcome.rejections.length > 0) {
      for (const { topic, payload } of rejectionMessages(outcome, this.options.renderer.baseUrl))
        this.send(topic, payload, raw.qos, raw.topic);
    }
  }

  /**
   * Publishes one message of the gateway's own.
   * @param about the raw topic of what was rejected, when the message tells of that
   */
  send(topic: string, payload: string, qos: Qos, about?: string): void {
    const targets = this.#resolve(topic, about);
    if (targets.direct.length > 0 || targets.sessions.length > 0) this.#deliver(targets, payload, qos);
  }

  #targetsOf(series: Series): Targets {
    return (this.#bySeries[series.id] ??= this.#resolve(semanticTopic(series)));
  }

  #resolve(topic: string, about?: string): Targets {
    const sessions: { clientId: string; qos: Qos }[] = [];
    for (const { clientId, qos, username } of this.options.sessions.sessionsFor(topic)) {
      const hidden =
        about !== undefined && username !== undefined && !this.options.policyOf(username)?.mayHearOf(about);
      if (!hidden) sessions.push({ clientId, qos });
    }
    const best = new Map<Subscriber, Direct>();
    for (const subscription of this.#trie.match(topic)) {
      const { subscriber } = subscription;
      const other = best.get(subscriber);
      // [MQTT-3.3.5-1]: overlapping subscriptions deliver once, with the highest QoS.
      if (other && other.qos >= subscription.qos) continue;
      const policy = policyOf(subscriber.client);
      if (!policy?.receive(topic) || (about !== undefined && !policy.mayHearOf(about))) continue;
      const kept = !subscriber.client.clean && subscription.qos > 0;
      best.set(subscriber, { subscriber, qos: subscription.qos, kept });
    }
    return { topic, head: topicHead(topic), direct: [...best.values()], sessions };
  }

  #deliver(targets: Targets, payload: string | ObservationRecord, qos: Qos): void {
    const { direct, sessions, topic } = targets;
    if (direct.length > 0) this.#share(targets, payload, qos);
    if (qos > 0 && sessions.length > 0) {
      this.#keep(
        topic,
        typeof payload === 'string' ? payload : this.options.renderer.json(payload),
        qos,
        sessions,
      );
    }
    if (this.#arena && this.#arena.length >= FLUSH_BYTES) this.flush();
  }

  /** Encodes a message, once with room for a packet id and once without where both are needed, and shares it out. */
  #share({ direct, head }: Targets, payload: string | ObservationRecord, qos: Qos): void {
    const arena = (this.#arena ??= this.#beginBatch());
    let plain = -1;
    let plainEnd = 0;
    let withId = -1;
    let idAt = 0;
    let withIdEnd = 0;
    for (let i = 0; i < direct.length; i++) {
      const { subscriber, qos: granted, kept } = direct[i]!;
      if (kept && qos > 0) continue;
      this.#touched.add(subscriber);
      this.delivered++;
      if (qos === 0 || granted === 0) {
        if (plain < 0) {
          this.#encode(arena, head, 0, payload);
          plain = arena.start;
          plainEnd = arena.length;
        }
        addRange(subscriber.ranges, plain, plainEnd);
      } else {
        if (withId < 0) {
          this.#encode(arena, head, qos, payload);
          withId = arena.start;
          idAt = arena.idAt;
          withIdEnd = arena.length;
        }
        addRange(subscriber.ranges, withId, withIdEnd);
        // Order within a topic holds [MQTT-4.6.0-6]: one QoS a series and subscriber.
        subscriber.addressed.push(withId, idAt, qos < granted ? qos : granted);
      }
    }
  }

  #beginBatch(): Arena {
    this.#began = performance.now();
    this.#before = this.delivered;
    setImmediate(() => this.flush());
    return Arena.take();
  }

  #encode(arena: Arena, head: Buffer, qos: Qos, payload: string | ObservationRecord): void {
    if (typeof payload === 'string') {
      arena.append(head, qos, payload);
      return;
    }
    const at = arena.begin(head, qos, this.#encoder.bound(payload));
    arena.end(head, qos, this.#encoder.write(payload, arena.buffer, at));
  }

  #keep(topic: string, payload: string, qos: Qos, sessions: Targets['sessions']): void {
    const message = {
      cmd: 'publish' as const,
      topic,
      payload: Buffer.from(payload),
      retain: false,
      dup: false,
    };
    const packet = { ...message, qos, ...this.options.stamp() };
    this.delivered += sessions.length;
    this.options.sessions.outgoingEnqueueCombi(sessions, packet);
  }

  /** Writes the batch to the sockets. Runs by itself at the end of the event loop's turn. */
  flush(): void {
    const arena = this.#arena;
    if (!arena) return;
    this.#arena = undefined;
    const touched = this.#touched;
    this.#touched = new Set();
    for (const subscriber of touched) {
      const { client, ranges, addressed } = subscriber;
      subscriber.ranges = [];
      subscriber.addressed = [];
      if (client.closed || client.conn.destroyed) continue;
      // A restored session subscribes before its CONNACK, which comes first [MQTT-3.2.0-1].
      if (!(client as ClientInternals).connackSent) continue;
      if (addressed.length > 0 || ranges.length / 2 > FEW_RANGES)
        writeCopy(client, arena.buffer, ranges, addressed);
      else writeRanges(client, arena, ranges);
      this.hasRoom(client);
    }
    arena.release();
    this.times.observe(performance.now() - this.#began, this.delivered - this.#before);
  }
}

function addRange(ranges: number[], start: number, end: number): void {
  const last = ranges.length - 1;
  if (last > 0 && ranges[last] === start) ranges[last] = end;
  else ranges.push(start, end);
}

function writeRanges(client: Client, arena: Arena, ranges: readonly number[]): void {
  for (let i = 0; i < ranges.length; i += 2)
    client.conn.write(arena.buffer.subarray(ranges[i], ranges[i + 1]), arena.hold());
}

/** Writes a share of its own: of many pieces, or with packet ids. */
function writeCopy(
  client: Client,
  buffer: Buffer,
  ranges: readonly number[],
  addressed: readonly number[],
): void {
  let size = 0;
  for (let i = 0; i < ranges.length; i += 2) size += ranges[i + 1]! - ranges[i]!;
  const share = Arena.take();
  share.reserve(size);
  let at = 0;
  let next = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    const from = ranges[i]!;
    const to = ranges[i + 1]!;
    buffer.copy(share.buffer, at, from, to);
    const moved = at - from;
    for (; next < addressed.length && addressed[next]! < to; next += 3) {
      const start = addressed[next]! + moved;
      const idAt = addressed[next + 1]! + moved;
      address(share.buffer, start, idAt, addressed[next + 2] as Qos, nextPacketId(client));
    }
    at += to - from;
  }
  client.conn.write(share.buffer.subarray(0, at), () => share.release());
}
