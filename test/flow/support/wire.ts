import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import mqttPacket, { type Packet } from 'mqtt-packet';
import { eventually } from './eventually.js';
import { ADMIN_TOKEN } from './gateway.js';

type Command = Packet['cmd'];
type PacketOf<C extends Command> = Extract<Packet, { cmd: C }>;

/** A PUBLISH to send, with what matters. */
export interface Publish {
  readonly topic: string;
  readonly payload?: unknown;
  readonly qos?: 0 | 1 | 2;
  readonly id?: number;
  readonly dup?: boolean;
  readonly retain?: boolean;
}

/** A bare MQTT connection: it sends what it is told, when it is told, and remembers every packet that comes. */
export class Wire {
  readonly packets: Packet[] = [];
  readonly #counts = new Map<Command, number>();
  closed = false;
  readonly #parser = mqttPacket.parser();

  private constructor(readonly socket: Socket) {
    this.#parser.on('packet', (packet) => {
      this.packets.push(packet);
      this.#counts.set(packet.cmd, this.count(packet.cmd) + 1);
    });
    socket.on('data', (bytes) => this.#parser.parse(bytes));
    socket.on('close', () => (this.closed = true));
    socket.on('error', () => undefined);
  }

  static async open(port: number): Promise<Wire> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new Wire(socket);
  }

  /** Opens and signs in, as the admin unless told otherwise. */
  static async signIn(port: number, options: Partial<PacketOf<'connect'>> = {}): Promise<Wire> {
    const wire = await Wire.open(port);
    wire.send(connectPacket(options));
    const { returnCode } = await wire.next('connack');
    if (returnCode !== 0) throw new Error(`CONNACK ${returnCode}`);
    return wire;
  }

  /** Sends the packets in one write. Answers false when they wait in the socket. */
  send(...packets: Packet[]): boolean {
    return this.socket.write(Buffer.concat(packets.map((packet) => mqttPacket.generate(packet))));
  }

  publish(...messages: Publish[]): boolean {
    return this.send(...messages.map(publishPacket));
  }

  /** How many packets of a kind came so far. */
  count(cmd: Command): number {
    return this.#counts.get(cmd) ?? 0;
  }

  /** The packets of a kind so far. */
  all<C extends Command>(cmd: C): PacketOf<C>[] {
    return this.packets.filter((packet): packet is PacketOf<C> => packet.cmd === cmd);
  }

  /** Packet ids of a kind of packet, in the order of arrival. */
  ids(cmd: 'puback' | 'pubrec' | 'pubcomp'): (number | undefined)[] {
    return this.all(cmd).map(({ messageId }) => messageId);
  }

  /** The nth packet of a kind, once it is there. */
  async next<C extends Command>(cmd: C, nth = 1): Promise<PacketOf<C>> {
    await eventually(
      () => this.count(cmd) >= nth || this.closed,
      () => `${nth} ${cmd}, of ${JSON.stringify([...this.#counts])}`,
    );
    const packet = this.all(cmd)[nth - 1];
    if (!packet) throw new Error(`closed before ${nth} ${cmd}`);
    return packet;
  }

  /** Waits until what came holds, or the connection ends. */
  until(holds: () => boolean): Promise<void> {
    return eventually(() => holds() || this.closed);
  }

  /** Resolves when the gateway has closed the connection. */
  ended(): Promise<void> {
    return eventually(
      () => this.closed,
      () => 'the end of the connection',
    );
  }

  /** One exchange, after which everything sent before it was read. */
  async ping(): Promise<void> {
    const before = this.count('pingresp');
    this.send({ cmd: 'pingreq' });
    await this.next('pingresp', before + 1);
  }

  /** Ends without DISCONNECT, as a lost network does. */
  async cut(): Promise<void> {
    this.socket.destroy();
    if (!this.closed) await once(this.socket, 'close');
  }
}

/** CONNECT of the admin with a clean session, unless told otherwise. */
export function connectPacket(options: Partial<PacketOf<'connect'>> = {}): PacketOf<'connect'> {
  return {
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    clientId: `wire-${Math.random().toString(36).slice(2)}`,
    keepalive: 0,
    username: 'admin',
    password: Buffer.from(ADMIN_TOKEN),
    ...options,
  };
}

export function publishPacket(message: Publish): PacketOf<'publish'> {
  const { topic, payload = '', qos = 1, id, dup = false, retain = false } = message;
  const bytes = typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload);
  return {
    cmd: 'publish',
    topic,
    payload: bytes,
    qos,
    dup,
    retain,
    ...(id !== undefined && { messageId: id }),
  };
}
