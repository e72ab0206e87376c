/** A waiting line: who enters waits until those before have left. */
export class Line {
  #last: Promise<void> = Promise.resolve();

  /** @returns a function that leaves */
  async enter(): Promise<() => void> {
    const before = this.#last;
    let leave!: () => void;
    this.#last = new Promise((resolve) => (leave = resolve));
    await before;
    return leave;
  }

  /** Runs a step between entering and leaving. */
  async run<T>(step: () => T | Promise<T>): Promise<T> {
    const leave = await this.enter();
    try {
      return await step();
    } finally {
      leave();
    }
  }
}
