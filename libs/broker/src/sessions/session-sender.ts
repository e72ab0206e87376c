import type { Client } from 'aedes';
import { nextPacketId, policyOf } from '../client-internals.js';
import { encodePublish } from '../fanout/arena.js';
import type { SessionStore } from './session-store.js';

/** Bytes that may wait in a socket before its session waits too. */
const SOCKET_BYTES = 1024 * 1024;

/**
 * Sends what waits in the persistent sessions of connected clients: in order, as far as the window of what is
 * not acknowledged reaches. aedes has no window: it sends what comes, and what comes while it replays a queue
 * would overtake it or stay behind.
 */
export class SessionSender {
  #woken = new Set<string>();
  /** Clients whose socket is full. */
  readonly #full = new WeakSet<Client>();

  constructor(
    private readonly sessions: SessionStore,
    private readonly clientById: (id: string) => Client | undefined,
  ) {}

  /** A session has something to send, or may send again. It is sent at the end of the event loop's turn. */
  wake(clientId: string): void {
    if (this.#woken.size === 0) setImmediate(() => this.#run());
    this.#woken.add(clientId);
  }

  #run(): void {
    const woken = this.#woken;
    this.#woken = new Set();
    for (const id of woken) {
      const client = this.clientById(id);
      if (client?.connected && !client.closed) this.#send(client);
    }
  }

  #send(client: Client): void {
    const { conn } = client;
    const packets: Buffer[] = [];
    let bytes = conn.writableLength;
    while (bytes < SOCKET_BYTES) {
      const packet = this.sessions.nextOutgoing(
        client.id,
        (topic) => policyOf(client)?.receive(topic) ?? false,
        () => nextPacketId(client),
      );
      if (!packet) break;
      const { topic, payload, qos, messageId } = packet;
      const encoded = encodePublish(topic, payload as Buffer, qos, false, messageId);
      packets.push(encoded);
      bytes += encoded.length;
    }
    if (packets.length > 0) conn.write(packets.length === 1 ? packets[0]! : Buffer.concat(packets));
    // An acknowledgement wakes the session; a full socket does when it has room.
    if (bytes < SOCKET_BYTES || this.#full.has(client)) return;
    this.#full.add(client);
    conn.once('drain', () => {
      this.#full.delete(client);
      this.wake(client.id);
    });
  }
}
