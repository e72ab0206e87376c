import { connect, type Socket } from 'node:net';
import { generate, parser, type IConnectPacket, type Packet } from 'mqtt-packet';
import { connectPacket } from '../../flow/support/wire.js';

/** A client of a crowd: as little as it takes, waits for events and never looks at the clock. */
export class Guest {
  /** Payloads that it received, in order; QoS 1 is acknowledged. */
  readonly received: string[] = [];
  readonly closed: Promise<void>;
  open = true;
  sessionPresent = false;
  readonly #waiting = new Map<Packet['cmd'], (packet: Packet | undefined) => void>();

  private constructor(readonly socket: Socket) {
    const packets = parser();
    packets.on('packet', (packet) => this.#take(packet));
    socket.on('data', (bytes) => packets.parse(bytes));
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) =>
      socket.once('close', () => {
        this.open = false;
        for (const settle of this.#waiting.values()) settle(undefined);
        resolve();
      }),
    );
  }

  /** Connects and signs in. Answers undefined when the connection ends before CONNACK. @throws when it is refused */
  static async come(port: number, options: Partial<IConnectPacket>): Promise<Guest | undefined> {
    const guest = new Guest(connect({ port, host: '127.0.0.1', noDelay: true }));
    const answer = await guest.ask(connectPacket(options), 'connack');
    if (answer?.cmd !== 'connack') return undefined;
    if (answer.returnCode !== 0) throw new Error(`CONNACK ${answer.returnCode}`);
    guest.sessionPresent = answer.sessionPresent;
    return guest;
  }

  /** Sends a packet and waits for its answer; undefined when the connection ends. */
  async ask(packet: Packet, answer: Packet['cmd']): Promise<Packet | undefined> {
    if (!this.open) return undefined;
    this.socket.write(generate(packet));
    return new Promise((resolve) => this.#waiting.set(answer, resolve));
  }

  /** Is gone: as a closed process, as one whose machine reset the connection, or without a word. */
  async vanish(how: 'fin' | 'reset' | 'silence'): Promise<void> {
    if (how === 'fin') this.socket.destroy();
    if (how === 'reset') this.socket.resetAndDestroy();
    // Its keep alive ends it.
    await this.closed;
  }

  /** Ends with DISCONNECT. */
  async leave(): Promise<void> {
    this.socket.write(generate({ cmd: 'disconnect' }));
    await this.closed;
  }

  #take(packet: Packet): void {
    if (packet.cmd === 'publish') {
      this.received.push(packet.payload.toString());
      if (packet.qos === 1) this.socket.write(generate({ cmd: 'puback', messageId: packet.messageId! }));
    }
    const settle = this.#waiting.get(packet.cmd);
    this.#waiting.delete(packet.cmd);
    settle?.(packet);
  }
}
