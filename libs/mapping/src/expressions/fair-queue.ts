/** First in, first out for each key; the keys take turns, so that none waits for all that another asks. */
export class FairQueue<T> {
  /** In the order of their turns. */
  readonly #queues = new Map<string, T[]>();

  get empty(): boolean {
    return this.#queues.size === 0;
  }

  push(key: string, item: T): void {
    const queue = this.#queues.get(key);
    if (queue) queue.push(item);
    else this.#queues.set(key, [item]);
  }

  /** How many items wait. */
  get size(): number {
    let size = 0;
    for (const queue of this.#queues.values()) size += queue.length;
    return size;
  }

  /** The next item; its key is then the last to have its turn. */
  shift(): T | undefined {
    const next = this.#queues.entries().next();
    if (next.done) return undefined;
    const [key, queue] = next.value;
    const item = queue.shift();
    this.#queues.delete(key);
    if (queue.length > 0) this.#queues.set(key, queue);
    return item;
  }

  /** Takes all out. */
  clear(): T[] {
    const all = [...this.#queues.values()].flat();
    this.#queues.clear();
    return all;
  }
}
