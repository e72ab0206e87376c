import type { AedesPublishPacket, PubrelPacket } from 'aedes';
import { Fifo } from '../fifo.js';

/** A message on its way to a persistent session, or the PUBREL that replaced it. */
export type OutgoingPacket = (AedesPublishPacket | PubrelPacket) & {
  brokerId?: string;
  brokerCounter?: number;
  messageId?: number;
};

type Message = Extract<OutgoingPacket, { cmd: 'publish' }>;

/** How much may be on its way to one client without acknowledgement; the rest waits for its turn. */
const WINDOW = { messages: 1000, bytes: 8 * 1024 * 1024 };

/** In the place of a run's id, which begins with a digit or a letter. */
const EARLIER = '-';

/** Whether a packet is one that was sent: it has the packet id of that, or is a PUBREL. */
export function isSent(packet: OutgoingPacket): boolean {
  return packet.cmd === 'pubrel' || packet.messageId !== undefined;
}

/** What a packet is called in the journal. It sorts as the queue was filled; a PUBREL has that of its message. */
export const keyOf = (packet: OutgoingPacket) =>
  `${packet.brokerId ?? ''}:${String(packet.brokerCounter ?? 0).padStart(16, '0')}`;

/**
 * The QoS 1 and 2 messages of one persistent session, in order: first those that were sent and not acknowledged
 * yet, by packet id, then those that wait. What waits is bounded in count and bytes, and beyond the bound the
 * oldest goes; what was sent is bounded by the window.
 */
export class OutgoingQueue {
  readonly #sent = new Map<number, OutgoingPacket>();
  readonly #waiting = new Fifo<Message>();
  #sentBytes = 0;
  #waitingBytes = 0;

  constructor(
    private readonly maxMessages: number,
    private readonly maxBytes: number,
    private readonly onBytes: (change: number) => void = () => undefined,
  ) {}

  /** What the entries take, sent and waiting. */
  get bytes(): number {
    return this.#sentBytes + this.#waitingBytes;
  }

  get size(): number {
    return this.#sent.size + this.#waiting.length;
  }

  /** Messages that were not sent yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Whether the client has acknowledged enough to be sent more. */
  get open(): boolean {
    return this.#sent.size < WINDOW.messages && this.#sentBytes < WINDOW.bytes;
  }

  /** Puts a message at the end. Answers what had to go to make room. */
  add(packet: OutgoingPacket): OutgoingPacket[] {
    const dropped: OutgoingPacket[] = [];
    if (packet.cmd === 'pubrel' || isSent(packet)) {
      this.#setSent(packet.messageId ?? 0, packet);
      return dropped;
    }
    this.#waiting.push(packet);
    this.#waits(sizeOf(packet));
    while (
      this.#waiting.length > 1 &&
      (this.#waiting.length > this.maxMessages || this.#waitingBytes > this.maxBytes)
    )
      dropped.push(this.#shiftWaiting()!);
    return dropped;
  }

  /** The message that waits longest. */
  peek(): Message | undefined {
    return this.#waiting.first;
  }

  /** Takes the message that waits longest out of the queue; with a packet id it stays, as sent. */
  take(messageId?: number): Message | undefined {
    const taken = this.#shiftWaiting();
    if (taken && messageId !== undefined) {
      taken.messageId = messageId;
      this.#setSent(messageId, taken);
    }
    return taken;
  }

  /** Puts a PUBREL in the place of its message; undefined when there is none. */
  release(messageId: number): OutgoingPacket | undefined {
    const message = this.#sent.get(messageId);
    if (!message) return undefined;
    const { brokerId, brokerCounter } = message;
    const released = { cmd: 'pubrel', messageId, brokerId, brokerCounter } as OutgoingPacket;
    this.#setSent(messageId, released);
    return released;
  }

  /** Removes what was acknowledged. */
  clear(messageId: number): OutgoingPacket | undefined {
    const packet = this.#sent.get(messageId);
    if (!packet) return undefined;
    this.#sent.delete(messageId);
    this.#sends(-sizeOf(packet));
    return packet;
  }

  /** Takes the oldest entry out to make room: one that waits, or where there is none, one that was sent. */
  drop(sentToo: boolean): OutgoingPacket | undefined {
    const waiting = this.#shiftWaiting();
    if (waiting) return waiting;
    const [oldest] = sentToo ? this.#sent.keys() : [];
    return oldest === undefined ? undefined : this.clear(oldest);
  }

  /** Whether a packet id waits for its acknowledgement. */
  has(messageId: number): boolean {
    return this.#sent.has(messageId);
  }

  /** What was sent and not acknowledged, oldest first, marked as sent before [MQTT-4.4.0-1, MQTT-3.3.1-1]. */
  resend(): OutgoingPacket[] {
    return [...this.#sent.values()].map((packet) =>
      packet.cmd === 'publish' ? { ...packet, dup: true } : { ...packet },
    );
  }

  /** The key of the newest packet. */
  get newest(): string | undefined {
    let newest: string | undefined;
    for (const packets of [this.#sent.values(), this.#waiting])
      for (const packet of packets) {
        const key = keyOf(packet);
        if (newest === undefined || key > newest) newest = key;
      }
    return newest;
  }

  /** Gives every packet a key that sorts before those of any run. Answers each as it was, and as it is now. */
  renumber(): { readonly old: OutgoingPacket; readonly now: OutgoingPacket }[] {
    const changed: { old: OutgoingPacket; now: OutgoingPacket }[] = [];
    const anew = <P extends OutgoingPacket>(old: P): P => {
      const now = { ...old, brokerId: EARLIER, brokerCounter: changed.length };
      changed.push({ old, now });
      return now;
    };
    for (const [messageId, packet] of this.#sent) this.#sent.set(messageId, anew(packet));
    for (const packet of this.#waiting.clear()) this.#waiting.push(anew(packet));
    return changed;
  }

  /** What was sent and is not acknowledged, by packet id. */
  get sent(): Iterable<OutgoingPacket> {
    return this.#sent.values();
  }

  #setSent(messageId: number, packet: OutgoingPacket): void {
    const replaced = this.#sent.get(messageId);
    this.#sent.set(messageId, packet);
    this.#sends(sizeOf(packet) - (replaced ? sizeOf(replaced) : 0));
  }

  #shiftWaiting(): Message | undefined {
    const waiting = this.#waiting.shift();
    if (waiting) this.#waits(-sizeOf(waiting));
    return waiting;
  }

  #sends(change: number): void {
    this.#sentBytes += change;
    this.onBytes(change);
  }

  #waits(change: number): void {
    this.#waitingBytes += change;
    this.onBytes(change);
  }
}

function sizeOf(packet: OutgoingPacket): number {
  return packet.cmd === 'publish' ? packet.payload.length + packet.topic.length + 64 : 64;
}
