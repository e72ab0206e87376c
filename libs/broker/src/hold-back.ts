import type { Client } from 'aedes';

/**
 * Keeps back what is written to a connection until the journal has what was put before. An acknowledgement tells
 * that a message is kept for sessions that are away, or as retained; aedes sends it first and relays afterwards, and
 * a process that ended in between would have promised what it does not have.
 */
export class HoldBack {
  /** Whether what a connection is still to be told joins what is held. */
  readonly #held = new Map<Client, boolean>();
  #released: (client: Client) => void = () => undefined;

  /** @param flush resolves when everything put in the journal so far is written */
  constructor(private readonly flush: () => Promise<void>) {}

  /** Called when a connection's bytes are on their way. */
  set onReleased(listener: (client: Client) => void) {
    this.#released = listener;
  }

  get size(): number {
    return this.#held.size;
  }

  /** Whether what a connection is told now would leave before its own is written. */
  holds(client: Client): boolean {
    return this.#held.get(client) === false;
  }

  /**
   * From now until what this turn of the event loop begins is written: all that the turn has for the connection waits
   * together. Held already: that time stays.
   */
  hold(client: Client): void {
    if (this.#held.has(client)) return;
    this.#held.set(client, true);
    client.conn.cork();
    // aedes relays in the check phase of this turn; in that of the next, everything is in the journal's hands.
    setImmediate(() => {
      this.#held.set(client, false);
      setImmediate(() => void this.flush().then(() => this.#release(client)));
    });
  }

  #release(client: Client): void {
    this.#held.delete(client);
    client.conn.uncork();
    this.#released(client);
  }
}
