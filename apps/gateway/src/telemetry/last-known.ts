/**
 * What is asked of a thread that may be busy with a long query: after a while the last answer is told, so that who
 * asks - a scrape with a deadline - is not kept waiting. Several who ask meanwhile share a question.
 */
export class LastKnown<T> {
  #asking: Promise<T> | undefined;
  #last: T | undefined;

  constructor(
    private readonly ask: () => Promise<T>,
    private readonly patienceMs: number,
  ) {}

  /** @returns undefined when there was no answer yet */
  async get(): Promise<T | undefined> {
    this.#asking ??= this.#ask();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.patienceMs);
    });
    try {
      await Promise.race([this.#asking, late]);
    } catch {
      // The thread ended; it is asked again next time.
    }
    clearTimeout(timer);
    return this.#last;
  }

  async #ask(): Promise<T> {
    try {
      return (this.#last = await this.ask());
    } finally {
      this.#asking = undefined;
    }
  }
}
