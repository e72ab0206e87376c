import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { generate, parser, type Packet } from 'mqtt-packet';
import { ADMIN_TOKEN } from './admin-token.js';

export interface PublisherOptions {
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  /** Messages that may be without acknowledgement. */
  readonly window?: number;
  /** The nth message. */
  readonly message: (n: number) => { topic: string; payload: string };
}

/**
 * A sender as MQTT wants it, without a library's own ideas: QoS 1, a window of messages without acknowledgement,
 * and after a reconnect it sends those again, in order, with their packet ids and DUP [MQTT-4.4.0-1].
 */
export class Publisher {
  /** Messages that were acknowledged, by number. */
  readonly acknowledged: number[] = [];
  readonly #unacknowledged = new Map<number, number>();
  readonly #window: number;
  #socket: Socket | undefined;
  #next = 0;
  #packetId = 0;
  #sending = false;
  #limit = Infinity;
  #look: () => void = () => undefined;

  constructor(private readonly options: PublisherOptions) {
    this.#window = options.window ?? 64;
  }

  /** How many messages were sent. */
  get sent(): number {
    return this.#next;
  }

  /** Connects with its session and sends again what was not acknowledged. */
  async connect(port: number): Promise<void> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const packets = parser();
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => packets.parse(chunk));
    packets.on('packet', (packet: Packet) => this.#take(packet));
    socket.on('drain', () => this.#send());
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined;
      this.#look();
    });
    await once(socket, 'connect');
    const { clientId, username = 'admin', password = ADMIN_TOKEN } = this.options;
    socket.write(
      generate({ cmd: 'connect', clientId, clean: false, username, password: Buffer.from(password) }),
    );
    const [first] = (await once(packets, 'packet')) as [Packet];
    if (first.cmd !== 'connack' || first.returnCode !== 0)
      throw new Error(`refused: ${JSON.stringify(first)}`);
    this.#socket = socket;
    for (const [packetId, n] of this.#unacknowledged) this.#write(packetId, n, true);
  }

  /** Keeps the window full until `stop`, `limit` messages are sent, or the connection ends. */
  start(limit = Infinity): void {
    this.#sending = true;
    this.#limit = limit;
    this.#send();
  }

  stop(): void {
    this.#sending = false;
  }

  /** Waits until so many are acknowledged. */
  async until(acknowledged: number): Promise<void> {
    await this.#wait(() => this.acknowledged.length >= acknowledged);
  }

  /** Sends nothing new and waits until everything is acknowledged. */
  async drain(): Promise<void> {
    this.stop();
    await this.#wait(() => this.#unacknowledged.size === 0);
  }

  /** Waits for the end of the connection. */
  async closed(): Promise<void> {
    await this.#wait(() => this.#socket === undefined, false);
  }

  end(): void {
    this.stop();
    this.#socket?.destroy();
  }

  async #wait(holds: () => boolean, connected = true): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        this.#look = () => undefined;
        act();
      };
      const state = () => `${this.acknowledged.length} of ${this.#next} acknowledged`;
      const timer = setTimeout(() => settle(() => reject(new Error(`not in time: ${state()}`))), 15_000);
      this.#look = () => {
        if (holds()) settle(resolve);
        else if (connected && !this.#socket) settle(() => reject(new Error(`connection lost: ${state()}`)));
      };
    });
  }

  #send(): void {
    while (
      this.#sending &&
      this.#socket?.writableNeedDrain === false &&
      this.#next < this.#limit &&
      this.#unacknowledged.size < this.#window
    ) {
      this.#packetId = this.#packetId >= 65_535 ? 1 : this.#packetId + 1;
      const n = this.#next++;
      this.#unacknowledged.set(this.#packetId, n);
      this.#write(this.#packetId, n, false);
    }
  }

  #write(messageId: number, n: number, dup: boolean): void {
    const { topic, payload } = this.options.message(n);
    this.#socket?.write(generate({ cmd: 'publish', topic, payload, qos: 1, messageId, dup, retain: false }));
  }

  #take(packet: Packet): void {
    if (packet.cmd !== 'puback') return;
    const n = this.#unacknowledged.get(packet.messageId!);
    if (n === undefined) return;
    this.#unacknowledged.delete(packet.messageId!);
    this.acknowledged.push(n);
    this.#look();
    this.#send();
  }
}
