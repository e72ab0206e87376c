import { mqttTrie } from '../mqtt-trie.js';
import { Filters } from './filters.js';
import type { Journal } from './journal.js';

/** A subscription of a persistent session. */
export interface SessionSubscription {
  readonly clientId: string;
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  /** The account that subscribed: while it is away, its rights decide what is kept for it. */
  readonly username?: string;
}

/** The subscriptions of persistent sessions, by client and by topic. */
export class SessionSubscriptions {
  readonly #byClient = new Map<string, Filters<SessionSubscription>>();
  readonly #trie = mqttTrie<SessionSubscription>();

  constructor(private readonly journal: Journal) {}

  /** Reads what an earlier run kept. */
  async load(): Promise<void> {
    for await (const [, value] of this.journal.entries('subscription:'))
      this.#index(value as SessionSubscription);
  }

  /** Clients that have one. */
  get size(): number {
    return this.#byClient.size;
  }

  clients(): IterableIterator<string> {
    return this.#byClient.keys();
  }

  has(clientId: string): boolean {
    return this.#byClient.has(clientId);
  }

  /** Those of a client, by filter. */
  of(clientId: string): ReadonlyMap<string, SessionSubscription> {
    return this.#byClient.get(clientId) ?? NONE;
  }

  /** Whether a client may have a filter, or has it. */
  hasPlace(clientId: string, filter: string): boolean {
    return this.#byClient.get(clientId)?.hasPlace(filter) ?? true;
  }

  /** All of them. */
  get count(): number {
    let count = 0;
    for (const filters of this.#byClient.values()) count += filters.size;
    return count;
  }

  /** Keeps one, in the place of one with the same filter. */
  add(subscription: SessionSubscription): void {
    this.#index(subscription);
    this.journal.put(keyOf(subscription.clientId, subscription.topic), subscription);
  }

  remove(clientId: string, filters: Iterable<string>): void {
    const kept = this.#byClient.get(clientId);
    if (!kept) return;
    for (const filter of filters) {
      const old = kept.get(filter);
      if (!old) continue;
      kept.delete(filter);
      this.#trie.remove(filter, old);
      this.journal.del(keyOf(clientId, filter));
    }
    if (kept.size === 0) this.#byClient.delete(clientId);
  }

  /** Those with QoS 1 or 2 that fit a topic, several of a client among them. */
  match(topic: string): SessionSubscription[] {
    return this.#trie.match(topic);
  }

  #index(subscription: SessionSubscription): void {
    const { clientId, topic } = subscription;
    let filters = this.#byClient.get(clientId);
    if (!filters) this.#byClient.set(clientId, (filters = new Filters<SessionSubscription>()));
    const old = filters.get(topic);
    if (old) this.#trie.remove(topic, old);
    filters.set(topic, subscription);
    if (subscription.qos > 0) this.#trie.add(topic, subscription);
  }
}

const NONE: ReadonlyMap<string, SessionSubscription> = new Map();

// Client ids are percent-encoded in keys: `:` ends the client's part.
const keyOf = (clientId: string, topic: string) => `subscription:${encodeURIComponent(clientId)}:${topic}`;
