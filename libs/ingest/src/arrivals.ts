import { nowMicros, type Micros, type RawMessage, type Series } from '#model';

/** A clock that was set back by more is followed. A message that waited so long is not taken for one. */
const SET_BACK = 1_000_000;

/**
 * Gives messages times of arrival that no other message has, with room for their items: each item has its own by its
 * place, so that a dead letter that runs again has the times that it had.
 */
export class Arrivals {
  #free: Micros = 0;

  /** Moves a message's time behind those before it. One that runs again keeps its own. */
  settle(raw: RawMessage, items = 1): void {
    if (raw.replayed) return;
    const { received } = raw;
    if (received < this.#free && this.#isNear(received)) raw.received = this.#free;
    this.#free = raw.received + Math.max(1, items);
  }

  #isNear(received: Micros): boolean {
    return this.#free - received < SET_BACK || this.#free - nowMicros() < SET_BACK;
  }
}

/**
 * The arrival times of a message that runs again: they follow from the message alone, so that what is stored of it
 * already is known.
 */
export class ReplayedArrivals {
  readonly #last = new Map<Series, Micros>();

  uniqueArrival(series: Series, received: Micros): Micros {
    const time = Math.max(received, (this.#last.get(series) ?? -Infinity) + 1);
    this.#last.set(series, time);
    return time;
  }
}
