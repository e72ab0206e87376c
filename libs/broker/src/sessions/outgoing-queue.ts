import type { AedesPublishPacket, PubrelPacket } from 'aedes';
import { Fifo } from '../fifo.js';

/** A message on its way to a persistent session, or the PUBREL that replaced it. */
export type OutgoingPacket = (AedesPublishPacket | PubrelPacket) & {
  brokerId?: string;
  brokerCounter?: number;
  messageId?: number;
};

/** An entry with its key, which sorts as the queue was filled. */
export interface Keyed<P extends OutgoingPacket = OutgoingPacket> {
  readonly key: string;
  readonly packet: P;
}

type Message = Extract<OutgoingPacket, { cmd: 'publish' }>;

/** How much may be on its way to one client without acknowledgement; the rest waits for its turn. */
const WINDOW = { messages: 1000, bytes: 8 * 1024 * 1024 };

/** In the place of a run's id, which begins with a digit or a letter. */
const EARLIER = '-';

/** Whether a packet is one that was sent: it has the packet id of that, or is a PUBREL. */
export function isSent(packet: OutgoingPacket): boolean {
  return packet.cmd === 'pubrel' || packet.messageId !== undefined;
}

const keyOf = (packet: OutgoingPacket) =>
  `${packet.brokerId ?? ''}:${String(packet.brokerCounter ?? 0).padStart(16, '0')}`;

/**
 * The QoS 1 and 2 messages of one persistent session, in order: first those that were sent and not acknowledged
 * yet, by packet id, then those that wait. What waits is bounded in count and bytes, and beyond the bound the
 * oldest goes; what was sent is bounded by the window.
 */
export class OutgoingQueue {
  readonly #sent = new Map<number, Keyed>();
  readonly #waiting = new Fifo<Keyed<Message>>();
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
  add(packet: OutgoingPacket): Keyed[] {
    const key = keyOf(packet);
    const dropped: Keyed[] = [];
    if (packet.cmd === 'pubrel' || isSent(packet)) {
      this.#setSent(packet.messageId ?? 0, { key, packet });
      return dropped;
    }
    this.#waiting.push({ key, packet });
    this.#waits(sizeOf(packet));
    while (
      this.#waiting.length > 1 &&
      (this.#waiting.length > this.maxMessages || this.#waitingBytes > this.maxBytes)
    )
      dropped.push(this.#shiftWaiting()!);
    return dropped;
  }

  /** The message that waits longest. */
  peek(): Keyed<Message> | undefined {
    return this.#waiting.first;
  }

  /** Takes the message that waits longest out of the queue; with a packet id it stays, as sent. */
  take(messageId?: number): Keyed<Message> | undefined {
    const taken = this.#shiftWaiting();
    if (taken && messageId !== undefined) {
      taken.packet.messageId = messageId;
      this.#setSent(messageId, taken);
    }
    return taken;
  }

  /** Puts a PUBREL in the place of its message; undefined when there is none. */
  release(messageId: number): Keyed | undefined {
    const entry = this.#sent.get(messageId);
    if (!entry) return undefined;
    const { brokerId, brokerCounter } = entry.packet;
    const pubrel = { cmd: 'pubrel', messageId, brokerId, brokerCounter } as OutgoingPacket;
    const released = { key: entry.key, packet: pubrel };
    this.#setSent(messageId, released);
    return released;
  }

  /** Removes what was acknowledged. */
  clear(messageId: number): Keyed | undefined {
    const entry = this.#sent.get(messageId);
    if (!entry) return undefined;
    this.#sent.delete(messageId);
    this.#sends(-sizeOf(entry.packet));
    return entry;
  }

  /** Takes the oldest entry out to make room: one that waits, or where there is none, one that was sent. */
  drop(sentToo: boolean): Keyed | undefined {
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
    return [...this.#sent.values()].map(({ packet }) =>
      packet.cmd === 'publish' ? { ...packet, dup: true } : { ...packet },
    );
  }

  /** The key of the newest entry. */
  get newest(): string | undefined {
    let newest: string | undefined;
    for (const entries of [this.#sent.values(), this.#waiting])
      for (const { key } of entries) if (newest === undefined || key > newest) newest = key;
    return newest;
  }

  /** Gives every entry a key that sorts before those of any run. Answers each with the key that it had. */
  renumber(): { readonly old: string; readonly entry: Keyed }[] {
    const changed: { old: string; entry: Keyed }[] = [];
    const anew = <P extends OutgoingPacket>(old: string, packet: P): Keyed<P> => {
      const numbered = { ...packet, brokerId: EARLIER, brokerCounter: changed.length };
      const entry = { key: keyOf(numbered), packet: numbered };
      changed.push({ old, entry });
      return entry;
    };
    for (const [messageId, { key, packet }] of this.#sent) this.#sent.set(messageId, anew(key, packet));
    for (const { key, packet } of this.#waiting.clear()) this.#waiting.push(anew(key, packet));
    return changed;
  }

  /** What was sent and is not acknowledged, by packet id. */
  get sent(): Iterable<Keyed> {
    return this.#sent.values();
  }

  #setSent(messageId: number, entry: Keyed): void {
    const replaced = this.#sent.get(messageId);
    this.#sent.set(messageId, entry);
    this.#sends(sizeOf(entry.packet) - (replaced ? sizeOf(replaced.packet) : 0));
  }

  #shiftWaiting(): Keyed<Message> | undefined {
    const waiting = this.#waiting.shift();
    if (waiting) this.#waits(-sizeOf(waiting.packet));
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
