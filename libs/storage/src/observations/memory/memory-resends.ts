import type { MessageAppend, Micros } from '#model';
import { RESENDS_PER_CLIENT } from '../limits.js';

/** The newest messages of each client. */
export class MemoryResends {
  private readonly clients = new Map<string, Map<string, Micros>>();

  /** When a message that is sent again arrived first; undefined when it is not known. */
  arrivalOf({ client, packetId, hash }: NonNullable<MessageAppend['resend']>): Micros | undefined {
    return this.clients.get(client)?.get(`${packetId} ${hash}`);
  }

  remember({ client, packetId, hash }: NonNullable<MessageAppend['resend']>, arrival: Micros): void {
    const ring = this.clients.get(client) ?? new Map<string, Micros>();
    this.clients.set(client, ring);
    const key = `${packetId} ${hash}`;
    ring.delete(key);
    ring.set(key, arrival);
    for (const oldest of ring.keys()) {
      if (ring.size <= RESENDS_PER_CLIENT) break;
      ring.delete(oldest);
    }
  }
}
