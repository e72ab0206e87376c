/** Subscriptions of one client, and the bytes of their filters, at most. */
export const MAX_FILTERS = 10_000;
const MAX_FILTER_BYTES = 2 * 1024 * 1024;

/** What a client has by topic filter, bounded by who asks for a place first. */
export class Filters<Value> extends Map<string, Value> {
  #bytes = 0;

  /** Whether a filter has a place, or would have one. */
  hasPlace(filter: string): boolean {
    if (this.has(filter)) return true;
    return this.size < MAX_FILTERS && this.#bytes + filter.length <= MAX_FILTER_BYTES;
  }

  override set(filter: string, value: Value): this {
    if (!this.has(filter)) this.#bytes += filter.length;
    return super.set(filter, value);
  }

  override delete(filter: string): boolean {
    const held = super.delete(filter);
    if (held) this.#bytes -= filter.length;
    return held;
  }
}
