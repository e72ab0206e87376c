import { mqttTrie } from './mqtt-trie.js';

interface Message {
  readonly topic: string;
}

type Done = (error?: Error | null) => void;
type Listener = (message: Message, done: Done) => void;

const MAX_TOPICS = 10_000;
/** Longer topics are looked up each time: the cache is to stay small whatever clients publish to. */
const MAX_TOPIC_LENGTH = 1024;

/**
 * The broker's internal bus (aedes' `mq`). The default one recurses when its queue drains and overflows the
 * stack under load (mqemitter issue 204); this one delivers at once, in a plain loop, and keeps no queue:
 * each subscriber's socket has its own. It does not wait for listeners either: a subscriber that does not read
 * would hold back the publishers.
 */
export class Emitter {
  readonly #trie = mqttTrie<Listener>();
  readonly #cache = new Map<string, readonly Listener[]>();
  closed = false;
  /** Read by aedes' tests of a quiet bus; nothing waits here. */
  readonly current = 0;

  on(filter: string, listener: Listener, done?: () => void): this {
    this.#trie.add(filter, listener);
    this.#cache.clear();
    if (done) setImmediate(done);
    return this;
  }

  removeListener(filter: string, listener: Listener, done?: () => void): this {
    this.#trie.remove(filter, listener);
    this.#cache.clear();
    if (done) setImmediate(done);
    return this;
  }

  removeAllListeners(filter: string, done?: () => void): this {
    this.#trie.remove(filter);
    this.#cache.clear();
    if (done) setImmediate(done);
    return this;
  }

  /** Whether somebody listens to a topic. */
  has(topic: string): boolean {
    return this.#listeners(topic).length > 0;
  }

  emit(message: Message, done: Done = ignore): this {
    if (this.closed) {
      done(new Error('the broker is closed'));
      return this;
    }
    for (const listener of this.#listeners(message.topic)) listener(message, ignore);
    done();
    return this;
  }

  close(done: () => void): this {
    this.closed = true;
    this.#cache.clear();
    setImmediate(done);
    return this;
  }

  #listeners(topic: string): readonly Listener[] {
    let listeners = this.#cache.get(topic);
    if (!listeners) {
      // A copy: who comes or goes during a delivery changes the trie's array, and another would be passed over.
      listeners = [...this.#trie.match(topic)];
      if (topic.length > MAX_TOPIC_LENGTH) return listeners;
      if (this.#cache.size >= MAX_TOPICS) this.#cache.clear();
      this.#cache.set(topic, listeners);
    }
    return listeners;
  }
}

function ignore(): void {
  // Nobody waits: not aedes where it passes no callback, and not the bus for its listeners.
}
