/** Places that items left are cut off when they are so many. */
const MAX_GONE = 512;

/** A queue: items come at its end and go from its front, each in constant time on average. */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #front = 0;

  get length(): number {
    return this.#items.length - this.#front;
  }

  /** The item that came first. */
  get first(): T | undefined {
    return this.#items[this.#front];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Takes out the item that came first. */
  shift(): T | undefined {
    const { first } = this;
    if (this.#front === this.#items.length) return undefined;
    // What is done with is not to be kept by its place.
    this.#items[this.#front++] = undefined;
    if (this.#front === this.#items.length) {
      this.#items.length = 0;
      this.#front = 0;
    } else if (this.#front >= MAX_GONE && this.#front * 2 >= this.#items.length) {
      this.#items.splice(0, this.#front);
      this.#front = 0;
    }
    return first;
  }

  /** Takes out all. */
  clear(): T[] {
    const items = [...this];
    this.#items = [];
    this.#front = 0;
    return items;
  }

  *[Symbol.iterator](): Generator<T> {
    for (let i = this.#front; i < this.#items.length; i++) yield this.#items[i] as T;
  }
}
