import type { AedesPublishPacket, Client, PublishPacket, Subscription } from 'aedes';
import { Readable } from 'node:stream';
import { mqttTrie } from '../mqtt-trie.js';
import { Journal } from './journal.js';
import { Receipts } from './receipts.js';
import { OutgoingQueue, type OutgoingPacket } from './outgoing-queue.js';
import { fromJson, toJson } from './packet-json.js';

/** A subscription of a persistent session. */
export interface SessionSubscription {
  readonly clientId: string;
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  /** The account that subscribed: while it is away, its rights decide what is kept for it. */
  readonly username?: string;
}

/** A will with the account that may be told for it after a restart. */
export type StoredWill = PublishPacket & { clientId?: string; brokerId?: string; username?: string };

/** How much a session may hold for a client that is away. */
export interface SessionLimits {
  readonly messages: number;
  readonly bytes: number;
}

interface Options {
  /** Folder for what survives a restart; undefined keeps sessions in memory. */
  readonly directory?: string | undefined;
  /** What is kept survives a power cut. */
  readonly durable?: boolean;
  readonly limits?: SessionLimits;
  /** Whether the session may keep this subscription: access control, asked before storing. */
  readonly mayStore?: (client: Client, filter: string) => boolean;
  /** Account of a connected client, kept with its subscriptions and its will. */
  readonly usernameOf?: (client: Client) => string | undefined;
  /** Whether an account may receive a topic: what it may not is not kept for it. */
  readonly mayReceive?: (username: string, topic: string) => boolean;
  /** Whether a client of this id is connected now. */
  readonly isConnected?: (clientId: string) => boolean;
  /** Called when persistent subscriptions change. */
  readonly onChange?: () => void;
  readonly onDrop?: (clientId: string, messages: number) => void;
  /** Called at the start when so many bytes of what was kept could not be read. */
  readonly onLost?: (bytes: number) => void;
  /** Called when a session has messages to send, or room for more. */
  readonly onWaiting?: (clientId: string) => void;
}

type Named = Pick<Client, 'id'>;

/**
 * A promise that is kept already. aedes loses order, and with it packets, where these calls take a turn of the
 * event loop: it discards a packet whose counter is lower than the last one delivered.
 */
const KEPT: PromiseLike<undefined> = kept(undefined);

function kept<T>(value: T): PromiseLike<T> {
  const promise: PromiseLike<T> = {
    then<A = T, B = never>(onKept?: ((value: T) => A | PromiseLike<A>) | null): PromiseLike<A | B> {
      return onKept ? kept(onKept(value) as A) : (promise as unknown as PromiseLike<A>);
    },
  };
  return promise;
}

/**
 * aedes' persistence: raw retained messages, persistent sessions with their queues, QoS 2 receipts and wills.
 * Memory answers, a journal on disk follows and is read at start.
 */
export class SessionStore {
  readonly #retained = new Map<string, AedesPublishPacket>();
  readonly #subscriptions = new Map<string, Map<string, SessionSubscription>>();
  readonly #trie = mqttTrie<SessionSubscription>();
  readonly #outgoing = new Map<string, OutgoingQueue>();
  readonly #wills = new Map<string, StoredWill>();
  /** Lists of subscriptions that were stored. */
  readonly #taken = new WeakSet<Subscription[]>();
  readonly #limits: SessionLimits;
  #journal!: Journal;
  #receipts!: Receipts;
  #brokerId = '';

  constructor(private readonly options: Options = {}) {
    this.#limits = options.limits ?? { messages: 10_000, bytes: 32 * 1024 * 1024 };
  }

  /** Opens the journal and reads it. To be called before the broker listens. */
  async open(): Promise<void> {
    const journal = await Journal.open(this.options.directory, this.options.durable);
    this.#journal = journal;
    for await (const [, value] of journal.entries('retained:')) {
      const packet = fromJson(value) as AedesPublishPacket;
      this.#retained.set(packet.topic, packet);
    }
    for await (const [, value] of journal.entries('subscription:')) this.#index(value as SessionSubscription);
    for await (const [key, value] of journal.entries('outgoing:')) {
      this.#queue(clientOf(key)).add(fromJson(value) as OutgoingPacket);
    }
    this.#receipts = new Receipts(journal);
    await this.#receipts.load();
    for await (const [, value] of journal.entries('will:')) {
      const will = fromJson(value) as StoredWill;
      this.#wills.set(will.clientId ?? '', will);
    }
    await journal.finish();
    if (journal.dropped > 0) this.options.onLost?.(journal.dropped);
  }

  /** aedes insists on a native async function. */
  async setup(broker: { readonly id: string }): Promise<void> {
    this.#brokerId = await Promise.resolve(broker.id);
    this.#putBefore(broker.id);
  }

  /** Ids of runs begin with the time: where the clock was set back, what is queued must still sort before this run. */
  #putBefore(brokerId: string): void {
    for (const [clientId, queue] of this.#outgoing) {
      const { newest } = queue;
      if (newest === undefined || newest < brokerId) continue;
      const changed = queue.renumber();
      for (const { old } of changed) this.#journal.del(outgoingKey(clientId, old));
      for (const { entry } of changed)
        this.#journal.put(outgoingKey(clientId, entry.key), toJson(entry.packet));
    }
  }

  get trouble(): string | undefined {
    const failure = this.#journal.failure;
    return failure && `sessions cannot be written: ${failure.message}`;
  }

  /** Raw retained messages, and what the gateway retains beside observations (device status). */
  get retained(): ReadonlyMap<string, AedesPublishPacket> {
    return this.#retained;
  }

  storeRetained(packet: AedesPublishPacket): PromiseLike<undefined> {
    const key = `retained:${packet.topic}`;
    if (packet.payload.length === 0) {
      if (this.#retained.delete(packet.topic)) this.#journal.del(key);
    } else {
      this.#retained.set(packet.topic, { ...packet });
      this.#journal.put(key, toJson(packet));
    }
    return KEPT;
  }

  /** Retained messages are sent by the broker's own hand, with the granted QoS: see fanout/retained.ts. */
  createRetainedStreamCombi(): Readable {
    return Readable.from([]);
  }

  createRetainedStream(): Readable {
    return Readable.from([]);
  }

  /** Persistent sessions with a subscription. */
  get size(): number {
    return this.#subscriptions.size;
  }

  /** Messages that sessions keep for their clients. */
  get waiting(): number {
    let waiting = 0;
    for (const queue of this.#outgoing.values()) waiting += queue.size;
    return waiting;
  }

  /** Whether there is a persistent session that may have something kept for it. */
  get any(): boolean {
    return this.#subscriptions.size > 0;
  }

  addSubscriptions(client: Client, subscriptions: Subscription[]): PromiseLike<undefined> {
    // aedes calls once for each filter, with the whole SUBSCRIBE.
    if (this.#taken.has(subscriptions)) return KEPT;
    this.#taken.add(subscriptions);
    for (const { topic, qos } of subscriptions) {
      // The filters that were denied are among them.
      if (this.options.mayStore && !this.options.mayStore(client, topic)) continue;
      const username = this.options.usernameOf?.(client);
      const subscription: SessionSubscription = {
        clientId: client.id,
        topic,
        qos,
        ...(username !== undefined && { username }),
      };
      this.#index(subscription);
      this.#journal.put(subscriptionKey(client.id, topic), subscription);
    }
    this.options.onChange?.();
    return KEPT;
  }

  #index(subscription: SessionSubscription): void {
    const { clientId, topic } = subscription;
    let filters = this.#subscriptions.get(clientId);
    if (!filters) this.#subscriptions.set(clientId, (filters = new Map<string, SessionSubscription>()));
    const old = filters.get(topic);
    if (old) this.#trie.remove(topic, old);
    filters.set(topic, subscription);
    if (subscription.qos > 0) this.#trie.add(topic, subscription);
  }

  removeSubscriptions(client: Named, topics: readonly string[]): PromiseLike<undefined> {
    const filters = this.#subscriptions.get(client.id);
    for (const topic of topics) {
      const old = filters?.get(topic);
      if (!old) continue;
      filters!.delete(topic);
      this.#trie.remove(topic, old);
      this.#journal.del(subscriptionKey(client.id, topic));
    }
    if (filters?.size === 0) this.#subscriptions.delete(client.id);
    this.options.onChange?.();
    return KEPT;
  }

  subscriptionsByClient(client: Named): PromiseLike<Subscription[]> {
    const filters = this.#subscriptions.get(client.id)?.values() ?? [];
    return kept([...filters].map(({ topic, qos }) => ({ topic, qos })));
  }

  subscriptionsByTopic(topic: string): PromiseLike<SessionSubscription[]> {
    return kept(this.sessionsFor(topic));
  }

  /**
   * Subscriptions with QoS 1 or 2 of persistent sessions, connected or away, that fit a topic; one a session,
   * the one with the highest QoS [MQTT-3.3.5-1].
   */
  sessionsFor(topic: string): SessionSubscription[] {
    const found = this.#trie.match(topic);
    if (found.length === 0) return found;
    const best = new Map<string, SessionSubscription>();
    for (const subscription of found) {
      const { username } = subscription;
      if (username !== undefined && this.options.mayReceive?.(username, topic) === false) continue;
      const other = best.get(subscription.clientId);
      if (!other || other.qos < subscription.qos) best.set(subscription.clientId, subscription);
    }
    return [...best.values()];
  }

  /** A clean session begins: everything of the old one ends [MQTT-3.1.2-6]. */
  cleanSubscriptions(client: Named): PromiseLike<undefined> {
    const filters = this.#subscriptions.get(client.id);
    if (filters) this.removeSubscriptions(client, [...filters.keys()]);
    const queue = this.#outgoing.get(client.id);
    if (queue) {
      for (const key of queue.keys()) this.#journal.del(outgoingKey(client.id, key));
      this.#outgoing.delete(client.id);
    }
    return KEPT;
  }

  countOffline(): PromiseLike<{ subsCount: number; clientsCount: number }> {
    let subsCount = 0;
    for (const filters of this.#subscriptions.values()) subsCount += filters.size;
    return kept({ subsCount, clientsCount: this.#subscriptions.size });
  }

  outgoingEnqueue(
    subscription: { clientId: string; qos?: number },
    packet: AedesPublishPacket,
  ): PromiseLike<undefined> {
    const { clientId } = subscription;
    const { brokerId, brokerCounter, topic, payload, retain } = packet;
    const qos = Math.min(packet.qos, subscription.qos ?? 2);
    const copy = { cmd: 'publish', brokerId, brokerCounter, topic, payload, qos, retain, dup: false };
    const { key, dropped } = this.#queue(clientId).add(copy as OutgoingPacket);
    this.#journal.put(outgoingKey(clientId, key), toJson(copy));
    for (const { key: old } of dropped) this.#journal.del(outgoingKey(clientId, old));
    if (dropped.length > 0) this.options.onDrop?.(clientId, dropped.length);
    this.options.onWaiting?.(clientId);
    return KEPT;
  }

  /**
   * The next message of a session that may be sent now, noted as sent under a new packet id. What may no longer
   * be received is left out.
   */
  nextOutgoing(
    clientId: string,
    mayReceive: (topic: string) => boolean,
    nextId: () => number,
  ): AedesPublishPacket | undefined {
    const queue = this.#outgoing.get(clientId);
    while (queue?.open) {
      const next = queue.peek();
      if (!next) return undefined;
      if (mayReceive(next.packet.topic)) {
        queue.take(next, nextId());
        this.#journal.put(outgoingKey(clientId, next.key), toJson(next.packet));
        return next.packet;
      }
      queue.take(next);
      this.#journal.del(outgoingKey(clientId, next.key));
    }
    return undefined;
  }

  /** Whether a packet id of a session waits for its acknowledgement. */
  isInFlight(clientId: string, messageId: number): boolean {
    return this.#outgoing.get(clientId)?.has(messageId) ?? false;
  }

  outgoingEnqueueCombi(
    subscriptions: readonly { clientId: string; qos?: number }[],
    packet: AedesPublishPacket,
  ): PromiseLike<undefined> {
    for (const subscription of subscriptions) this.outgoingEnqueue(subscription, packet);
    return KEPT;
  }

  /** A PUBREC came: its PUBREL takes the message's place. What is sent again keeps its packet id. */
  async outgoingUpdate(client: Named, packet: OutgoingPacket): Promise<void> {
    const released =
      packet.cmd === 'pubrel' ? this.#outgoing.get(client.id)?.release(packet.messageId ?? 0) : undefined;
    if (released) this.#journal.put(outgoingKey(client.id, released.key), toJson(released.packet));
    return Promise.resolve();
  }

  async outgoingClearMessageId(
    client: Named,
    packet: { messageId?: number },
  ): Promise<OutgoingPacket | undefined> {
    const queue = this.#outgoing.get(client.id);
    const cleared = queue?.clear(packet.messageId ?? 0);
    if (cleared) this.#journal.del(outgoingKey(client.id, cleared.key));
    if (cleared && queue!.waiting > 0) this.options.onWaiting?.(client.id);
    return Promise.resolve(cleared?.packet);
  }

  /** What a returning client gets again; what was never sent follows when it is connected. */
  outgoingStream(client: Named): Readable {
    return Readable.from(this.#outgoing.get(client.id)?.resend() ?? []);
  }

  /** Receipts of QoS 2, which the gate keeps here. */
  get receipts(): Receipts {
    return this.#receipts;
  }

  async cleanIncoming(client: Named): Promise<void> {
    this.#receipts.clear(client.id);
    return Promise.resolve();
  }

  async putWill(client: Client, packet: PublishPacket): Promise<void> {
    const username = this.options.usernameOf?.(client);
    const will: StoredWill = { ...packet, clientId: client.id, brokerId: this.#brokerId };
    if (username !== undefined) will.username = username;
    this.#wills.set(client.id, will);
    this.#journal.put(`will:${encodeURIComponent(client.id)}`, toJson(will));
    return Promise.resolve();
  }

  async getWill(client: Named): Promise<StoredWill | undefined> {
    return Promise.resolve(this.#wills.get(client.id));
  }

  /** Called for a client that signs in, and with an id alone after the will of one that is gone. */
  async delWill(client: Named | Client): Promise<StoredWill | undefined> {
    const will = this.#wills.get(client.id);
    // The client is back by now, with a will of its own.
    const another = !('conn' in client) && this.options.isConnected?.(client.id);
    if (will && !another) {
      this.#wills.delete(client.id);
      this.#journal.del(`will:${encodeURIComponent(client.id)}`);
    }
    return Promise.resolve(will);
  }

  /** Wills of clients that were connected to a broker that is no more. */
  orphanedWills(): StoredWill[] {
    return [...this.#wills.values()].filter(({ brokerId }) => brokerId !== this.#brokerId);
  }

  /** aedes would publish them minutes later; the broker does so at its start. */
  streamWill(): Readable {
    return Readable.from([]);
  }

  getClientList(topic: string): Readable {
    const clients = [...this.#subscriptions].filter(([, filters]) => filters.has(topic)).map(([id]) => id);
    return Readable.from(clients);
  }

  /** Resolves when everything so far is on disk. */
  flush(): Promise<void> {
    return this.#journal.flush();
  }

  /** Copies what is on disk into a new folder. */
  backup(directory: string): Promise<void> {
    return this.#journal.backup(directory);
  }

  async destroy(): Promise<void> {
    await this.#journal.close();
  }

  #queue(clientId: string): OutgoingQueue {
    let queue = this.#outgoing.get(clientId);
    if (!queue) {
      queue = new OutgoingQueue(this.#limits.messages, this.#limits.bytes);
      this.#outgoing.set(clientId, queue);
    }
    return queue;
  }
}

// Client ids are percent-encoded in keys: `:` ends the client's part.
const subscriptionKey = (clientId: string, topic: string) =>
  `subscription:${encodeURIComponent(clientId)}:${topic}`;
const outgoingKey = (clientId: string, key: string) => `outgoing:${encodeURIComponent(clientId)}:${key}`;

function clientOf(key: string): string {
  return decodeURIComponent(key.split(':')[1] ?? '');
}
