import type { Journal } from './journal.js';

const HOUR = 3_600_000;

/**
 * How long sessions have been without their client, in milliseconds that the service ran: a clock that is set ends no
 * session. What is counted survives a restart by the hour.
 */
export class Absences {
  readonly #away = new Map<string, number>();

  constructor(private readonly journal: Journal) {}

  /** Reads what an earlier run counted. */
  async load(): Promise<void> {
    for await (const [key, value] of this.journal.entries('away:'))
      this.#away.set(decodeURIComponent(key.slice('away:'.length)), Number(value));
  }

  /** The client is back, or its session is no more. */
  end(clientId: string): void {
    const counted = this.#away.get(clientId);
    if (counted === undefined) return;
    this.#away.delete(clientId);
    if (counted >= HOUR) this.journal.del(keyOf(clientId));
  }

  /** So much more time has passed without it. Answers how long it has been away. */
  add(clientId: string, milliseconds: number): number {
    const before = this.#away.get(clientId) ?? 0;
    const now = before + milliseconds;
    this.#away.set(clientId, now);
    if (Math.floor(now / HOUR) > Math.floor(before / HOUR)) this.journal.put(keyOf(clientId), now);
    return now;
  }

  /** How long it has been away, 0 while its client is there. */
  of(clientId: string): number {
    return this.#away.get(clientId) ?? 0;
  }
}

const keyOf = (clientId: string) => `away:${encodeURIComponent(clientId)}`;
