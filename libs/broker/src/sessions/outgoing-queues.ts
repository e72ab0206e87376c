import { OutgoingQueue, type OutgoingPacket } from './outgoing-queue.js';

/** How much sessions may hold for clients that are away. */
export interface QueueLimits {
  /** Messages of one session. */
  readonly messages: number;
  /** Bytes of one session. */
  readonly bytes: number;
  /** Bytes of all sessions. */
  readonly allBytes: number;
}

/** Where the bytes of all are exceeded, so much of them is made free: looking for the largest costs a walk. */
const FREED = 1 / 16;

/** The queues of all persistent sessions, bounded each and all together. */
export class OutgoingQueues {
  readonly #queues = new Map<string, OutgoingQueue>();
  #bytes = 0;

  constructor(private readonly limits: QueueLimits) {}

  get(clientId: string): OutgoingQueue | undefined {
    return this.#queues.get(clientId);
  }

  /** The queue of a session; it is made when there is none. */
  of(clientId: string): OutgoingQueue {
    let queue = this.#queues.get(clientId);
    if (!queue) {
      queue = new OutgoingQueue(this.limits.messages, this.limits.bytes, (change) => (this.#bytes += change));
      this.#queues.set(clientId, queue);
    }
    return queue;
  }

  delete(clientId: string): void {
    this.#bytes -= this.#queues.get(clientId)?.bytes ?? 0;
    this.#queues.delete(clientId);
  }

  [Symbol.iterator](): IterableIterator<[string, OutgoingQueue]> {
    return this.#queues.entries();
  }

  /**
   * Where all queues together are over their bound, the largest lose their oldest messages: a session that holds little
   * does not pay for one that holds much. What a connected client has not acknowledged yet stays.
   */
  *makeRoom(
    isConnected: (clientId: string) => boolean,
  ): Generator<{ clientId: string; dropped: OutgoingPacket[] }> {
    if (this.#bytes <= this.limits.allBytes) return;
    const goal = this.limits.allBytes * (1 - FREED);
    const largest = [...this.#queues].sort(([, a], [, b]) => b.bytes - a.bytes);
    for (const [i, [clientId, queue]] of largest.entries()) {
      if (this.#bytes <= goal) return;
      const next = largest[i + 1]?.[1].bytes ?? 0;
      const dropped: OutgoingPacket[] = [];
      // Down to the one that is next, or to half of it where that is about as large.
      const floor = Math.min(next, queue.bytes / 2);
      while (this.#bytes > goal && queue.bytes > floor) {
        const packet = queue.drop(!isConnected(clientId));
        if (!packet) break;
        dropped.push(packet);
      }
      if (dropped.length > 0) yield { clientId, dropped };
    }
  }
}
