const { jest } = import.meta;

/** Sees the timers that this process sets, so that a test need not wait for a long one: it lets it go off. */
export class Timers {
  readonly #set = jest.spyOn(globalThis, 'setTimeout');
  readonly #clear = jest.spyOn(globalThis, 'clearTimeout');

  /** What happens at the end of the timers of so many milliseconds that were set since and not cleared. */
  pending(ms: number): (() => void)[] {
    const cleared = new Set<unknown>(this.#clear.mock.calls.map(([timer]) => timer));
    const { calls, results } = this.#set.mock;
    return calls.filter(([, wait], i) => wait === ms && !cleared.has(results[i]!.value)).map(([end]) => end);
  }

  /** Sees no more. */
  stop(): void {
    this.#set.mockRestore();
    this.#clear.mockRestore();
  }
}
