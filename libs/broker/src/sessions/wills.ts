import type { PublishPacket } from 'aedes';
import type { Journal } from './journal.js';
import { fromJson, toJson } from './packet-json.js';

/** A will with the account that may be told for it after a restart. */
export type StoredWill = PublishPacket & { clientId?: string; brokerId?: string; username?: string };

/** Wills of connected clients, and of those that were when an earlier run ended, by client id. */
export class Wills {
  readonly #byClient = new Map<string, StoredWill>();

  constructor(private readonly journal: Journal) {}

  /** Reads what an earlier run left. */
  async load(): Promise<void> {
    for await (const [, value] of this.journal.entries('will:')) {
      const will = fromJson(value) as StoredWill;
      this.#byClient.set(will.clientId ?? '', will);
    }
  }

  get(clientId: string): StoredWill | undefined {
    return this.#byClient.get(clientId);
  }

  put(clientId: string, will: StoredWill): void {
    this.#byClient.set(clientId, will);
    this.journal.put(keyOf(clientId), will, toJson);
  }

  delete(clientId: string): void {
    if (this.#byClient.delete(clientId)) this.journal.del(keyOf(clientId));
  }

  /** Those of clients that were connected to a run that is no more. */
  orphaned(brokerId: string): StoredWill[] {
    return [...this.#byClient.values()].filter((will) => will.brokerId !== brokerId);
  }
}

const keyOf = (clientId: string) => `will:${encodeURIComponent(clientId)}`;
