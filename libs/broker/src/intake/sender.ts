import type { Client } from 'aedes';
import type { AccountPolicy } from '#access';
import type { Outcome } from '#ingest';
import { nowMicros } from '#model';
import { policyOf, type ClientInternals } from '../client-internals.js';
import { Framer, type TakePacket } from './framer.js';

/** A message between its socket and the store. */
export interface Slot {
  readonly bytes: number;
  /** When it was taken, in milliseconds of this process. */
  readonly taken: number;
  /** The connection ends instead of an acknowledgement. */
  readonly close: boolean;
  /** For a will: lets aedes publish it. */
  readonly publishWill: (() => void) | undefined;
  /** `lost` when the store closed before the commit, or failed. */
  outcome: Outcome | 'lost' | undefined;
}

/** Slots that left are cut off when they are so many. */
const MAX_GONE = 512;
const ACK_BYTES = 4;
const NO_BYTES = Buffer.alloc(0);

/**
 * One connection at the gate: what it sent and has no acknowledgement for, in the order of arrival, and the
 * acknowledgements that leave together.
 */
export class Sender {
  readonly framer: Framer;
  /** Bytes of the messages that are held. */
  bytes = 0;
  /** Whose the bytes are that are being read, and when they came; looked up once for all that come together. */
  readonly origin = { client: '', username: '', received: 0 };
  policy: AccountPolicy | undefined;
  /** The same moment in milliseconds of this process. */
  taken = 0;
  /** CONNECT is with aedes; what follows waits for its answer. */
  connecting = false;
  #slots: Slot[] = [];
  #first = 0;
  #acks = NO_BYTES;
  #ackLength = 0;

  constructor(
    readonly client: Client | undefined,
    /** Reads what is there of the socket, at most `size` bytes. */
    readonly read: (size?: number) => Buffer | null,
    take: TakePacket,
    limit: () => number,
  ) {
    this.framer = new Framer(take, limit, (reason) => this.fail(reason));
  }

  /** How many messages are held. */
  get held(): number {
    return this.#slots.length - this.#first;
  }

  /** The message that came first of those that are held. */
  get first(): Slot | undefined {
    return this.#slots[this.#first];
  }

  /** Bytes are about to be read. */
  stamp(client: Client): void {
    const { origin } = this;
    this.policy = policyOf(client);
    origin.client = client.id;
    origin.username = this.policy?.username ?? '';
    origin.received = nowMicros();
    this.taken = performance.now();
  }

  hold(slot: Slot): void {
    this.#slots.push(slot);
    this.bytes += slot.bytes;
  }

  /** The first message leaves. */
  shift(): void {
    this.bytes -= this.#slots[this.#first]!.bytes;
    this.#first++;
    if (this.#first === this.#slots.length) {
      this.#slots.length = 0;
      this.#first = 0;
    } else if (this.#first >= MAX_GONE) {
      this.#slots.splice(0, this.#first);
      this.#first = 0;
    }
  }

  /** Adds an acknowledgement: a first byte, and the packet id that it is for. */
  acknowledge(first: number, packetId: number): void {
    if (this.#ackLength === this.#acks.length) {
      const grown = Buffer.allocUnsafe(Math.max(16 * ACK_BYTES, this.#acks.length * 2));
      this.#acks.copy(grown, 0, 0, this.#ackLength);
      this.#acks = grown;
    }
    const at = this.#ackLength;
    this.#acks[at] = first;
    this.#acks[at + 1] = 2;
    this.#acks[at + 2] = packetId >>> 8;
    this.#acks[at + 3] = packetId & 255;
    this.#ackLength += ACK_BYTES;
  }

  /** Writes the acknowledgements so far. */
  flush(): void {
    if (this.#ackLength === 0) return;
    const acks = this.#acks.subarray(0, this.#ackLength);
    // The socket keeps what it is given.
    this.#acks = NO_BYTES;
    this.#ackLength = 0;
    const { client } = this;
    if (client && !client.closed && !client.conn.destroyed) client.conn.write(acks);
  }

  /** Ends the connection of a client that breaks the protocol [MQTT-4.8.0-1]. */
  fail(reason: string): void {
    (this.client as ClientInternals | undefined)?.emit('error', new Error(reason));
  }
}
