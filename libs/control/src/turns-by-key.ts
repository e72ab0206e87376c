import { Turns } from './turns.js';

/** {@link Turns} for each key: tasks of different keys do not wait for each other. */
export class TurnsByKey {
  readonly #turns = new Map<string, { readonly turns: Turns; tasks: number }>();

  async take<T>(key: string, task: () => Promise<T>): Promise<T> {
    let of = this.#turns.get(key);
    if (!of) this.#turns.set(key, (of = { turns: new Turns(), tasks: 0 }));
    of.tasks++;
    try {
      return await of.turns.take(task);
    } finally {
      if (--of.tasks === 0) this.#turns.delete(key);
    }
  }
}
