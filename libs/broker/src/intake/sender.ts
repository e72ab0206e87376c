import type { Client } from 'aedes';
import type { AccountPolicy } from '#access';
import { nowMicros } from '#model';
import { policyOf, type ClientInternals } from '../client-internals.js';
import { Fifo } from '../fifo.js';
import { Framer, type TakePacket } from './framer.js';
import type { Message, Origin } from './message.js';

const ACK_BYTES = 4;
const NO_BYTES = Buffer.alloc(0);

/**
 * One connection at the gate: what it sent and has no acknowledgement for, in the order of arrival, and the
 * acknowledgements that leave together.
 */
export class Sender implements Origin {
  readonly framer: Framer;
  /** Bytes of the messages that are held. */
  bytes = 0;
  // Whose the bytes are that are being read, and when they came: looked up once for all that come together.
  client = '';
  username = '';
  received = 0;
  taken = 0;
  policy: AccountPolicy | undefined;
  /** CONNECT is with aedes; what follows waits for its answer. */
  connecting = false;
  /** The connection ends: nothing more of it is taken, nor answered. */
  ended = false;
  readonly #messages = new Fifo<Message>();
  #acks = NO_BYTES;
  #ackLength = 0;

  constructor(
    /** Undefined for wills. */
    readonly connection: Client | undefined,
    /** Reads what is there of the socket, at most `size` bytes. */
    readonly read: (size?: number) => Buffer | null,
    take: TakePacket,
    limit: () => number,
  ) {
    this.framer = new Framer(take, limit, (reason) => this.fail(reason));
  }

  /** How many messages are held. */
  get held(): number {
    return this.#messages.length;
  }

  /** The message that came first of those that are held. */
  get first(): Message | undefined {
    return this.#messages.first;
  }

  /** Bytes are about to be read. */
  stamp(client: Client): void {
    this.policy = policyOf(client);
    this.client = client.id;
    this.username = this.policy?.username ?? '';
    this.received = nowMicros();
    this.taken = performance.now();
  }

  hold(message: Message): void {
    this.#messages.push(message);
    this.bytes += message.bytes;
  }

  /** The first message leaves. */
  shift(): void {
    this.bytes -= this.#messages.shift()?.bytes ?? 0;
  }

  /** Answers a packet: a first byte, and the packet id that it is for. What one commit brings leaves in one write. */
  acknowledge(first: number, packetId: number): void {
    if (this.ended) return;
    if (this.#ackLength === 0) queueMicrotask(this.#flushLater);
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

  readonly #flushLater = () => this.flush();

  /** Writes the acknowledgements so far. */
  flush(): void {
    if (this.#ackLength === 0) return;
    const acks = this.#acks.subarray(0, this.#ackLength);
    // The socket keeps what it is given.
    this.#acks = NO_BYTES;
    this.#ackLength = 0;
    const { connection } = this;
    if (connection && !connection.closed && !connection.conn.destroyed) connection.conn.write(acks);
  }

  /** Ends what is said to the connection, with what was acknowledged so far. */
  end(): void {
    this.flush();
    this.ended = true;
  }

  /** Ends the connection of a client that breaks the protocol [MQTT-4.8.0-1]. */
  fail(reason: string): void {
    (this.connection as ClientInternals | undefined)?.emit('error', new Error(reason));
  }
}
