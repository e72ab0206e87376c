import type { AedesPublishPacket } from 'aedes';
import type { Journal } from './journal.js';
import { fromJson, toJson } from './packet-json.js';

/** How much may be retained for clients. */
export interface RetainedLimits {
  readonly messages: number;
  /** Of topics and payloads. */
  readonly bytes: number;
}

/** The gateway's own are as many as there are devices; no client publishes there. */
const OWN = 'glossa/';

/** Raw retained messages, bounded, and what the gateway retains beside observations (device status). */
export class RetainedMessages {
  readonly #packets = new Map<string, AedesPublishPacket>();
  #count = 0;
  #bytes = 0;

  constructor(
    private readonly journal: Journal,
    private readonly limits: RetainedLimits,
    private readonly onFull: (topic: string) => void,
  ) {}

  get all(): ReadonlyMap<string, AedesPublishPacket> {
    return this.#packets;
  }

  /** Reads what an earlier run kept. */
  async load(): Promise<void> {
    for await (const [, value] of this.journal.entries('retained:'))
      this.#set(fromJson(value) as AedesPublishPacket);
  }

  /**
   * Keeps a message in the place of the one before; an empty one removes it [MQTT-3.3.1-10]. One for which there is no
   * room removes it as well: the topic's old value would be told as its newest.
   */
  store(packet: AedesPublishPacket): void {
    const { topic } = packet;
    const removed = this.#remove(topic);
    if (packet.payload.length > 0 && this.#hasRoom(packet)) {
      const kept = { ...packet };
      this.#set(kept);
      this.journal.put(keyOf(topic), kept, toJson);
      return;
    }
    if (removed) this.journal.del(keyOf(topic));
    if (packet.payload.length > 0) this.onFull(topic);
  }

  #hasRoom(packet: AedesPublishPacket): boolean {
    const { messages, bytes } = this.limits;
    return packet.topic.startsWith(OWN) || (this.#count < messages && this.#bytes + sizeOf(packet) <= bytes);
  }

  #set(packet: AedesPublishPacket): void {
    this.#packets.set(packet.topic, packet);
    this.#tally(packet, 1);
  }

  #remove(topic: string): boolean {
    const packet = this.#packets.get(topic);
    if (!packet) return false;
    this.#packets.delete(topic);
    this.#tally(packet, -1);
    return true;
  }

  #tally(packet: AedesPublishPacket, sign: 1 | -1): void {
    if (packet.topic.startsWith(OWN)) return;
    this.#count += sign;
    this.#bytes += sign * sizeOf(packet);
  }
}

const keyOf = (topic: string) => `retained:${topic}`;
const sizeOf = ({ topic, payload }: AedesPublishPacket) => Buffer.byteLength(topic) + payload.length;
