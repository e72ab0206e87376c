const payloads = new WeakMap<object, Canonical>();

/**
 * Numbers JSON values so that equal ones have one number: 1 and 1.0 are equal, the order of members is irrelevant
 * (JSON Schema 2020-12 core, 4.2.2). Each part of a value is read once, however often it is asked for.
 */
export class Canonical {
  readonly #numbers = new Map<string, number>();
  readonly #seen = new Map<object, number>();

  /** The numbers of a payload, which are kept as long as it is. */
  static of(payload: object): Canonical {
    let canonical = payloads.get(payload);
    if (!canonical) payloads.set(payload, (canonical = new Canonical()));
    return canonical;
  }

  numberOf(value: unknown): number {
    if (typeof value !== 'object' || value === null) return this.#numberOf(textOf(value));
    let number = this.#seen.get(value);
    if (number === undefined) this.#seen.set(value, (number = this.#numberOf(this.#composed(value))));
    return number;
  }

  /** Parts by their numbers: a text is as long as a value has parts, not as they are large. */
  #composed(value: object): string {
    if (Array.isArray(value)) return `[${value.map((item) => this.numberOf(item)).join()}`;
    const members = Object.keys(value).sort();
    return `{${members.map((key) => `${JSON.stringify(key)}${this.numberOf((value as Record<string, unknown>)[key])}`).join()}`;
  }

  #numberOf(text: string): number {
    let number = this.#numbers.get(text);
    if (number === undefined) this.#numbers.set(text, (number = this.#numbers.size));
    return number;
  }
}

/** Never digits alone: such texts V8 hashes without a seed, so that a sender could make all collide. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? `"${value}` : `=${String(value === 0 ? 0 : value)}`;
}
