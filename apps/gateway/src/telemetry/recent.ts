const STEP_MS = 10_000;

/** How much a count grew lately. */
export class Recent {
  /** The count at earlier looks, ten seconds apart, the oldest first. */
  readonly #looks: number[] = [];
  #last = -Infinity;

  constructor(
    private readonly spanMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** To be called now and then. @returns by how much the count grew in the span that ends now */
  look(count: number): number {
    const now = this.now();
    if (now - this.#last >= STEP_MS) {
      this.#last = now;
      this.#looks.push(count);
      if (this.#looks.length > this.spanMs / STEP_MS + 1) this.#looks.shift();
    }
    return count - this.#looks[0]!;
  }
}
