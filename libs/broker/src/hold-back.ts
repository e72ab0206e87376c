import type { Client } from 'aedes';

/** What is held of one connection. */
interface Held {
  /** What the connection is still to be told joins it. */
  joins: boolean;
  /** Something that does not wait came after that, and its own is to be written as well. */
  again: boolean;
  /** So it was: the connection is not to be read until it is released, or that would never be. */
  prolonged: boolean;
  readonly then: (() => void)[];
}

/**
 * Keeps back what is written to a connection until the journal has what was put before. An acknowledgement tells
 * that a message is kept for sessions that are away, or as retained; aedes sends it first and relays afterwards, and
 * a process that ended in between would have promised what it does not have.
 */
export class HoldBack {
  readonly #held = new Map<Client, Held>();
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
    return this.#held.get(client)?.joins === false;
  }

  /** Whether what a connection sends would keep it held for longer and longer. */
  isProlonged(client: Client): boolean {
    return this.#held.get(client)?.prolonged ?? false;
  }

  /**
   * From now until what this turn of the event loop begins is written: all that the turn has for the connection waits
   * together. What is held already waits for what begins now, too.
   */
  hold(client: Client): void {
    const held = this.#held.get(client);
    if (held) {
      held.again ||= !held.joins;
      held.prolonged ||= held.again;
      return;
    }
    const begun: Held = { joins: true, again: false, prolonged: false, then: [] };
    this.#held.set(client, begun);
    client.conn.cork();
    this.#releaseWhenWritten(client, begun);
  }

  /** Acts when nothing is held of a connection: to end it, since a stream that ends lets go what is corked. */
  whenReleased(client: Client, act: () => void): void {
    const held = this.#held.get(client);
    if (held) held.then.push(act);
    else act();
  }

  #releaseWhenWritten(client: Client, held: Held): void {
    // aedes relays in the check phase of this turn; in that of the next, everything is in the journal's hands.
    setImmediate(() => {
      held.joins = false;
      setImmediate(() => void this.flush().then(() => this.#written(client, held)));
    });
  }

  #written(client: Client, held: Held): void {
    if (held.again) {
      held.again = false;
      this.#releaseWhenWritten(client, held);
      return;
    }
    this.#held.delete(client);
    client.conn.uncork();
    for (const act of held.then) act();
    this.#released(client);
  }
}
