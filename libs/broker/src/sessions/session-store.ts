import type { AedesPublishPacket, Client, PublishPacket, Subscription } from 'aedes';
import { Readable } from 'node:stream';
import { Absences } from './absences.js';
import { Journal } from './journal.js';
import { Receipts } from './receipts.js';
import { OutgoingJournal } from './outgoing-journal.js';
import type { OutgoingPacket } from './outgoing-queue.js';
import { OutgoingQueues, type QueueLimits } from './outgoing-queues.js';
import { RetainedMessages, type RetainedLimits } from './retained-messages.js';
import { SessionSubscriptions, type SessionSubscription } from './session-subscriptions.js';
import { Wills, type StoredWill } from './wills.js';

/** How much is kept for clients, and how long. */
export interface SessionLimits extends QueueLimits {
  /** Sessions; beyond, those end whose clients have been away the longest. */
  readonly sessions: number;
  /** Milliseconds without its client after which a session ends. */
  readonly away: number;
  readonly retained: RetainedLimits;
}

const MIB = 1024 * 1024;
const DAY = 86_400_000;
const LIMITS: SessionLimits = {
  messages: 10_000,
  bytes: 32 * MIB,
  allBytes: 64 * MIB,
  sessions: 10_000,
  away: 30 * DAY,
  retained: { messages: 50_000, bytes: 32 * MIB },
};
/** How often absences are counted. */
const COUNT_MS = 60_000;

interface Options {
  /** Folder for what survives a restart; undefined keeps sessions in memory. */
  readonly directory?: string | undefined;
  /** What is kept survives a power cut. */
  readonly durable?: boolean;
  readonly limits?: Partial<SessionLimits>;
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
  /** Called at the start when so many bytes of what was kept could not be read, and so many writes are gone. */
  readonly onLost?: (bytes: number, writes: number) => void;
  /** Called when a session ends without its client: it was away for too long, or there are too many. */
  readonly onExpire?: (clientId: string) => void;
  /** Called when a message is not retained, since there is no room. */
  readonly onRetainedFull?: (topic: string) => void;
  /** Called when a session has messages to send, or room for more. */
  readonly onWaiting?: (clientId: string) => void;
}

type Named = Pick<Client, 'id'>;

/**
 * Stands for what a session has without a subscription: aedes says that there is a session [MQTT-3.2.2-2] where it is
 * given one.
 */
export const STATE_ALONE: Subscription = { topic: '$session', qos: 0 };

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
  readonly #outgoing: OutgoingQueues;
  /** Lists of subscriptions that were stored. */
  readonly #taken = new WeakSet<Subscription[]>();
  readonly #limits: SessionLimits;
  #journal!: Journal;
  #outgoingJournal!: OutgoingJournal;
  #subscriptions!: SessionSubscriptions;
  #retained!: RetainedMessages;
  #receipts!: Receipts;
  #absences!: Absences;
  #wills!: Wills;
  #counting: NodeJS.Timeout | undefined;
  #brokerId = '';

  constructor(private readonly options: Options = {}) {
    this.#limits = { ...LIMITS, ...options.limits };
    this.#outgoing = new OutgoingQueues(this.#limits);
  }

  /** Opens the journal and reads it. To be called before the broker listens. */
  async open(): Promise<void> {
    const journal = await Journal.open(this.options.directory, this.options.durable);
    this.#journal = journal;
    this.#retained = new RetainedMessages(journal, this.#limits.retained, (topic) =>
      this.options.onRetainedFull?.(topic),
    );
    await this.#retained.load();
    this.#subscriptions = new SessionSubscriptions(journal);
    await this.#subscriptions.load();
    this.#outgoingJournal = new OutgoingJournal(journal);
    const beyond: { clientId: string; packet: OutgoingPacket }[] = [];
    const settleOutgoing = await this.#outgoingJournal.load((clientId, found) => {
      for (const packet of this.#outgoing.of(clientId).add(found)) beyond.push({ clientId, packet });
    });
    this.#receipts = new Receipts(journal, () =>
      this.#makePlace(this.#receipts.size, () => this.#receipts.clients()),
    );
    await this.#receipts.load();
    this.#absences = new Absences(journal);
    await this.#absences.load();
    this.#wills = new Wills(journal);
    await this.#wills.load();
    await journal.finish();
    if (journal.dropped > 0 || journal.missing > 0) this.options.onLost?.(journal.dropped, journal.missing);
    settleOutgoing();
    // Limits may be lower than before.
    for (const { clientId, packet } of beyond) this.#outgoingJournal.remove(clientId, packet);
    this.#makeRoom();
    let last = performance.now();
    this.#counting = setInterval(() => {
      const now = performance.now();
      this.countAbsences(now - last);
      last = now;
    }, COUNT_MS).unref();
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
      this.#outgoingJournal.renumber(clientId, queue.renumber());
    }
  }

  get trouble(): string | undefined {
    const failure = this.#journal.failure;
    return failure && `sessions cannot be written: ${failure.message}`;
  }

  /** Raw retained messages, and what the gateway retains beside observations (device status). */
  get retained(): ReadonlyMap<string, AedesPublishPacket> {
    return this.#retained.all;
  }

  storeRetained(packet: AedesPublishPacket): PromiseLike<undefined> {
    this.#retained.store(packet);
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
    for (const [, queue] of this.#outgoing) waiting += queue.size;
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
    if (!this.#subscriptions.has(client.id))
      this.#makePlace(this.#subscriptions.size, () => this.#subscriptions.clients());
    for (const { topic, qos } of subscriptions) {
      // The filters that were denied are among them.
      if (this.options.mayStore && !this.options.mayStore(client, topic)) continue;
      if (!this.hasPlace(client.id, topic)) continue;
      const username = this.options.usernameOf?.(client);
      const account = username === undefined ? {} : { username };
      this.#subscriptions.add({ clientId: client.id, topic, qos, ...account });
    }
    this.options.onChange?.();
    return KEPT;
  }

  /** Whether a session may have a subscription, or has it. */
  hasPlace(clientId: string, filter: string): boolean {
    return this.#subscriptions.hasPlace(clientId, filter);
  }

  removeSubscriptions(client: Named, topics: Iterable<string>): PromiseLike<undefined> {
    this.#subscriptions.remove(client.id, topics);
    this.options.onChange?.();
    return KEPT;
  }

  /** aedes asks for a client that has signed in and goes on with its session. */
  subscriptionsByClient(client: Named): PromiseLike<Subscription[]> {
    this.#absences.end(client.id);
    const filters = this.#subscriptions.of(client.id).values();
    const subscriptions = [...filters].map(({ topic, qos }) => ({ topic, qos }));
    const alone = subscriptions.length === 0 && this.#hasState(client.id);
    return kept(alone ? [STATE_ALONE] : subscriptions);
  }

  /** Whether there is more of a session than subscriptions. */
  #hasState(clientId: string): boolean {
    return this.#receipts.count(clientId) > 0 || (this.#outgoing.get(clientId)?.size ?? 0) > 0;
  }

  subscriptionsByTopic(topic: string): PromiseLike<SessionSubscription[]> {
    return kept(this.sessionsFor(topic));
  }

  /**
   * Subscriptions with QoS 1 or 2 of persistent sessions, connected or away, that fit a topic; one a session,
   * the one with the highest QoS [MQTT-3.3.5-1].
   */
  sessionsFor(topic: string): SessionSubscription[] {
    const found = this.#subscriptions.match(topic);
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
    const filters = this.#subscriptions.of(client.id);
    if (filters.size > 0) void this.removeSubscriptions(client, [...filters.keys()]);
    const queue = this.#outgoing.get(client.id);
    if (queue) {
      this.#outgoingJournal.end(client.id, queue.sent);
      this.#outgoing.delete(client.id);
    }
    this.#absences.end(client.id);
    return KEPT;
  }

  /** So much time has passed. Sessions whose clients have been away for too long end. */
  countAbsences(milliseconds: number): void {
    for (const clientId of this.#sessionIds()) {
      if (this.options.isConnected?.(clientId)) this.#absences.end(clientId);
      else if (this.#absences.add(clientId, milliseconds) >= this.#limits.away) this.#expire(clientId);
    }
  }

  /** What is kept for a client: subscriptions, messages, receipts. */
  #sessionIds(): Set<string> {
    const queues = [...this.#outgoing].map(([clientId]) => clientId);
    return new Set([...this.#subscriptions.clients(), ...queues, ...this.#receipts.clients()]);
  }

  /**
   * One more session is to come: where there are too many of its kind, the one whose client was away the longest ends.
   */
  #makePlace(count: number, clients: () => Iterable<string>): void {
    if (count < this.#limits.sessions) return;
    let longest: string | undefined;
    for (const clientId of clients()) {
      if (this.options.isConnected?.(clientId)) continue;
      if (longest === undefined || this.#absences.of(clientId) > this.#absences.of(longest))
        longest = clientId;
    }
    // Those that are connected are as many as there are connections.
    if (longest !== undefined) this.#expire(longest);
  }

  #expire(clientId: string): void {
    void this.cleanSubscriptions({ id: clientId });
    this.#receipts.clear(clientId);
    this.options.onExpire?.(clientId);
  }

  countOffline(): PromiseLike<{ subsCount: number; clientsCount: number }> {
    return kept({ subsCount: this.#subscriptions.count, clientsCount: this.#subscriptions.size });
  }

  outgoingEnqueue(
    subscription: { clientId: string; qos?: number },
    packet: AedesPublishPacket,
  ): PromiseLike<undefined> {
    const { clientId } = subscription;
    const { brokerId, brokerCounter, topic, payload } = packet;
    const qos = Math.min(packet.qos, subscription.qos ?? 2);
    // What is published is not retained to those who subscribed before [MQTT-3.3.1-9], also when it comes later.
    const copy = { cmd: 'publish', brokerId, brokerCounter, topic, payload, qos, retain: false, dup: false };
    const dropped = this.#outgoing.of(clientId).add(copy as OutgoingPacket);
    this.#outgoingJournal.add(clientId, copy as OutgoingPacket);
    this.#dropped(clientId, dropped);
    this.#makeRoom();
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
      if (mayReceive(next.topic)) {
        queue.take(nextId());
        this.#outgoingJournal.send(clientId, next);
        return next;
      }
      queue.take();
      this.#outgoingJournal.leave(clientId);
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
    if (released) this.#outgoingJournal.release(client.id, released);
    return Promise.resolve();
  }

  async outgoingClearMessageId(
    client: Named,
    packet: { messageId?: number },
  ): Promise<OutgoingPacket | undefined> {
    const queue = this.#outgoing.get(client.id);
    const cleared = queue?.clear(packet.messageId ?? 0);
    if (cleared) this.#outgoingJournal.remove(client.id, cleared);
    if (cleared && queue!.waiting > 0) this.options.onWaiting?.(client.id);
    return Promise.resolve(cleared);
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
    this.#wills.put(client.id, will);
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
    if (!another) this.#wills.delete(client.id);
    return Promise.resolve(will);
  }

  /** Wills of clients that were connected to a broker that is no more. */
  orphanedWills(): StoredWill[] {
    return this.#wills.orphaned(this.#brokerId);
  }

  /** aedes would publish them minutes later; the broker does so at its start. */
  streamWill(): Readable {
    return Readable.from([]);
  }

  getClientList(topic: string): Readable {
    const clients = [...this.#subscriptions.clients()];
    return Readable.from(clients.filter((id) => this.#subscriptions.of(id).has(topic)));
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
    clearInterval(this.#counting);
    await this.#journal.close();
  }

  #makeRoom(): void {
    const isConnected = (clientId: string) => this.options.isConnected?.(clientId) ?? false;
    for (const { clientId, dropped } of this.#outgoing.makeRoom(isConnected))
      this.#dropped(clientId, dropped);
  }

  #dropped(clientId: string, packets: readonly OutgoingPacket[]): void {
    for (const packet of packets) this.#outgoingJournal.remove(clientId, packet);
    if (packets.length > 0) this.options.onDrop?.(clientId, packets.length);
  }
}
