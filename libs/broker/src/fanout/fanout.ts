import type { Client } from 'aedes';
import { matches } from '#access';
import type { Outcome, OutcomeSink } from '#ingest';
import type { ObservationRecord, Qos, Series } from '#model';
import { ObservationEncoder, semanticTopic, type ObservationRenderer } from '#semantics';
import { Histogram, TIMES_MS } from '#telemetry';
import { nextPacketId, policyOf, type ClientInternals } from '../client-internals.js';
import { mqttTrie } from '../mqtt-trie.js';
import type { SessionStore } from '../sessions/session-store.js';
import { Arena, packetSize, writeWithId, type Encoded } from './arena.js';
import { rejectionMessages } from './rejection-messages.js';

interface Subscriber {
  readonly client: Client;
  readonly filters: Map<string, Subscription>;
  /** Highest QoS granted for a topic, found once. */
  readonly granted: Map<string, Qos>;
  /** QoS 0 ranges of the current batch: start, end, start, end, ... */
  ranges: number[];
  /** QoS 1 and 2 messages of the current batch. */
  acknowledged: { encoded: Encoded; qos: Qos }[];
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
  readonly bytes: Buffer;
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

  /** A granted subscription, new or restored. */
  subscribe(client: Client, filter: string, qos: Qos): void {
    let subscriber = this.#subscribers.get(client);
    if (!subscriber) {
      subscriber = { client, filters: new Map(), granted: new Map(), ranges: [], acknowledged: [] };
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
        this.send(topic, payload, raw.qos);
    }
  }

  /** Publishes one message of the gateway's own. */
  send(topic: string, payload: string, qos: Qos): void {
    const targets = this.#resolve(topic);
    if (targets.direct.length > 0 || targets.sessions.length > 0) this.#deliver(targets, payload, qos);
  }

  #targetsOf(series: Series): Targets {
    return (this.#bySeries[series.id] ??= this.#resolve(semanticTopic(series)));
  }

  #resolve(topic: string): Targets {
    const sessions = this.options.sessions.sessionsFor(topic).map(({ clientId, qos }) => ({ clientId, qos }));
    const best = new Map<Subscriber, Direct>();
    for (const subscription of this.#trie.match(topic)) {
      const { subscriber } = subscription;
      const other = best.get(subscriber);
      // [MQTT-3.3.5-1]: overlapping subscriptions deliver once, with the highest QoS.
      if (other && other.qos >= subscription.qos) continue;
      if (!policyOf(subscriber.client)?.receive(topic)) continue;
      const kept = !subscriber.client.clean && subscription.qos > 0;
      best.set(subscriber, { subscriber, qos: subscription.qos, kept });
    }
    return { topic, bytes: Buffer.from(topic), direct: [...best.values()], sessions };
  }

  #deliver(targets: Targets, payload: string | ObservationRecord, qos: Qos): void {
    const { direct, sessions, topic, bytes } = targets;
    if (direct.length > 0) {
      if (!this.#arena) {
        this.#arena = Arena.take();
        this.#began = performance.now();
        this.#before = this.delivered;
        setImmediate(() => this.flush());
      }
      const encoded = this.#encode(this.#arena, bytes, payload);
      for (const { subscriber, qos: granted, kept } of direct) {
        if (kept && qos > 0) continue;
        this.#touched.add(subscriber);
        this.delivered++;
        if (qos === 0 || granted === 0) {
          const { ranges } = subscriber;
          if (ranges.length > 0 && ranges[ranges.length - 1] === encoded.start)
            ranges[ranges.length - 1] = encoded.end;
          else ranges.push(encoded.start, encoded.end);
        } else {
          // Order within a topic holds [MQTT-4.6.0-6]: one QoS a series and subscriber.
          subscriber.acknowledged.push({ encoded, qos: Math.min(qos, granted) as Qos });
        }
      }
    }
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

  #encode(arena: Arena, topic: Buffer, payload: string | ObservationRecord): Encoded {
    if (typeof payload === 'string') return arena.append(topic, payload);
    const at = arena.begin(topic, this.#encoder.bound(payload));
    return arena.end(topic, at, this.#encoder.write(payload, arena.buffer, at));
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
      const { client, ranges, acknowledged } = subscriber;
      subscriber.ranges = [];
      subscriber.acknowledged = [];
      if (client.closed || client.conn.destroyed) continue;
      // A restored session subscribes before its CONNACK, which comes first [MQTT-3.2.0-1].
      if (!(client as ClientInternals).connackSent) continue;
      if (ranges.length > 0) writeRanges(client, arena, ranges);
      if (acknowledged.length > 0) writeAcknowledged(client, arena.buffer, acknowledged);
      this.hasRoom(client);
    }
    arena.release();
    this.times.observe(performance.now() - this.#began, this.delivered - this.#before);
  }
}

function writeRanges(client: Client, arena: Arena, ranges: readonly number[]): void {
  const { buffer } = arena;
  if (ranges.length / 2 <= FEW_RANGES) {
    for (let i = 0; i < ranges.length; i += 2)
      client.conn.write(buffer.subarray(ranges[i], ranges[i + 1]), arena.hold());
    return;
  }
  let size = 0;
  for (let i = 0; i < ranges.length; i += 2) size += ranges[i + 1]! - ranges[i]!;
  const joined = Arena.take();
  joined.reserve(size);
  let at = 0;
  for (let i = 0; i < ranges.length; i += 2) at += buffer.copy(joined.buffer, at, ranges[i], ranges[i + 1]);
  client.conn.write(joined.buffer.subarray(0, at), () => joined.release());
}

function writeAcknowledged(client: Client, buffer: Buffer, messages: Subscriber['acknowledged']): void {
  let size = 0;
  for (const { encoded } of messages) size += packetSize(encoded);
  const packets = Arena.take();
  packets.reserve(size);
  let at = 0;
  for (const { encoded, qos } of messages) {
    at = writeWithId(buffer, encoded, qos, nextPacketId(client), packets.buffer, at);
  }
  client.conn.write(packets.buffer.subarray(0, at), () => packets.release());
}
