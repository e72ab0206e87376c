import type { MessageAppend } from '#model';
import { RESENDS_PER_CLIENT } from '../limits.js';

/** The newest messages of each client. */
export class MemoryResends {
  private readonly clients = new Map<string, Set<string>>();

  knows({ client, packetId, hash }: NonNullable<MessageAppend['resend']>): boolean {
    return this.clients.get(client)?.has(`${packetId} ${hash}`) ?? false;
  }

  remember({ client, packetId, hash }: NonNullable<MessageAppend['resend']>): void {
    const ring = this.clients.get(client) ?? new Set();
    this.clients.set(client, ring);
    const key = `${packetId} ${hash}`;
    ring.delete(key);
    ring.add(key);
    for (const oldest of ring) {
      if (ring.size <= RESENDS_PER_CLIENT) break;
      ring.delete(oldest);
    }
  }
}
