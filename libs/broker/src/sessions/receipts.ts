import type { Journal } from './journal.js';

/**
 * QoS 2 messages that were received whole and wait for their PUBREL [MQTT-4.3.3-2], by client and packet id. The
 * receipt alone: the message itself is stored and republished already.
 */
export class Receipts {
  readonly #byClient = new Map<string, Set<number>>();

  /** @param onFirst is called before a client has its first one */
  constructor(
    private readonly journal: Journal,
    private readonly onFirst: () => void,
  ) {}

  /** Reads what an earlier run left. */
  async load(): Promise<void> {
    for await (const [key] of this.journal.entries('incoming:')) {
      const [, client = '', packetId] = key.split(':');
      this.#of(decodeURIComponent(client)).add(Number(packetId));
    }
  }

  has(client: string, packetId: number): boolean {
    return this.#byClient.get(client)?.has(packetId) ?? false;
  }

  /** Clients that have one. */
  get size(): number {
    return this.#byClient.size;
  }

  /** Ids of the clients that have one. */
  clients(): IterableIterator<string> {
    return this.#byClient.keys();
  }

  count(client: string): number {
    return this.#byClient.get(client)?.size ?? 0;
  }

  add(client: string, packetId: number): void {
    if (!this.#byClient.has(client)) this.onFirst();
    this.#of(client).add(packetId);
    this.journal.add(keyOf(client, packetId), {});
  }

  /** A receipt that there is not is released all the same. */
  release(client: string, packetId: number): void {
    const ids = this.#byClient.get(client);
    if (!ids?.delete(packetId)) return;
    if (ids.size === 0) this.#byClient.delete(client);
    this.journal.del(keyOf(client, packetId));
  }

  /** The client's session ends. */
  clear(client: string): void {
    for (const packetId of this.#byClient.get(client) ?? []) this.journal.del(keyOf(client, packetId));
    this.#byClient.delete(client);
  }

  #of(client: string): Set<number> {
    let ids = this.#byClient.get(client);
    if (!ids) this.#byClient.set(client, (ids = new Set()));
    return ids;
  }
}

// Client ids are percent-encoded in keys: `:` ends the client's part.
const keyOf = (client: string, packetId: number) => `incoming:${encodeURIComponent(client)}:${packetId}`;
