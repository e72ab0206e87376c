import type { AedesPublishPacket, PubrelPacket } from 'aedes';

/** A message on its way to a persistent session, or the PUBREL that replaced it. */
export type OutgoingPacket = (AedesPublishPacket | PubrelPacket) & {
  brokerId?: string;
  brokerCounter?: number;
  messageId?: number;
};

/** What a bound pushed out. */
export type Dropped = { readonly key: string; readonly packet: OutgoingPacket };

const keyOf = (brokerId: string, counter: number) => `${brokerId}:${String(counter).padStart(16, '0')}`;

/**
 * The QoS 1 and 2 messages of one persistent session: in order, found by packet id in constant time, and
 * bounded in count and bytes. Beyond the bound the oldest message that was never sent goes.
 */
export class OutgoingQueue {
  readonly #entries = new Map<string, OutgoingPacket>();
  readonly #byMessageId = new Map<number, string>();
  #bytes = 0;

  constructor(
    private readonly maxMessages: number,
    private readonly maxBytes: number,
  ) {}

  get size(): number {
    return this.#entries.size;
  }

  /** Answers the entry's key and what had to go to make room. */
  add(packet: OutgoingPacket): { key: string; dropped: Dropped[] } {
    const key = keyOf(packet.brokerId ?? '', packet.brokerCounter ?? 0);
    this.#entries.set(key, packet);
    this.#bytes += sizeOf(packet);
    if (packet.messageId) this.#byMessageId.set(packet.messageId, key);
    const dropped: Dropped[] = [];
    if (this.#entries.size <= this.maxMessages && this.#bytes <= this.maxBytes) return { key, dropped };
    for (const [candidate, old] of this.#entries) {
      if (old.messageId || candidate === key) continue;
      this.#entries.delete(candidate);
      this.#bytes -= sizeOf(old);
      dropped.push({ key: candidate, packet: old });
      if (this.#entries.size <= this.maxMessages && this.#bytes <= this.maxBytes) break;
    }
    return { key, dropped };
  }

  /**
   * Notes the packet id under which a message is sent, or puts a PUBREL in the place of its message.
   * Answers key and entry; undefined when there is none.
   */
  update(packet: OutgoingPacket): { key: string; packet: OutgoingPacket } | undefined {
    const key =
      packet.brokerId === undefined
        ? this.#byMessageId.get(packet.messageId ?? 0)
        : keyOf(packet.brokerId, packet.brokerCounter ?? 0);
    const entry = key === undefined ? undefined : this.#entries.get(key);
    if (key === undefined || !entry) return undefined;
    if (packet.cmd === 'pubrel') {
      this.#bytes -= sizeOf(entry);
      const { brokerId, brokerCounter } = entry;
      const pubrel = {
        cmd: 'pubrel',
        messageId: packet.messageId,
        brokerId,
        brokerCounter,
      } as OutgoingPacket;
      this.#entries.set(key, pubrel);
      return { key, packet: pubrel };
    }
    if (entry.messageId) this.#byMessageId.delete(entry.messageId);
    entry.messageId = packet.messageId!;
    this.#byMessageId.set(entry.messageId, key);
    return { key, packet: entry };
  }

  /** Removes what was acknowledged. */
  clear(messageId: number): { key: string; packet: OutgoingPacket } | undefined {
    const key = this.#byMessageId.get(messageId);
    if (key === undefined) return undefined;
    const packet = this.#entries.get(key)!;
    this.#byMessageId.delete(messageId);
    this.#entries.delete(key);
    this.#bytes -= sizeOf(packet);
    return { key, packet };
  }

  /** Everything that waits, oldest first; what was sent before is marked as such [MQTT-3.3.1-1]. */
  replay(): OutgoingPacket[] {
    return [...this.#entries.values()].map((packet) =>
      packet.cmd === 'publish' ? { ...packet, dup: packet.messageId !== undefined } : { ...packet },
    );
  }

  keys(): Iterable<string> {
    return this.#entries.keys();
  }
}

function sizeOf(packet: OutgoingPacket): number {
  return packet.cmd === 'publish' ? packet.payload.length + packet.topic.length + 64 : 64;
}
