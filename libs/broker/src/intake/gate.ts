import type { Client, PublishPacket } from 'aedes';
import { CONTROL_CHARACTERS, type AccountPolicy, type Decision } from '#access';
import type { Heard, Ingest, Outcome, OutcomeSink } from '#ingest';
import { nowMicros, type RawMessage } from '#model';
import { Histogram, TIMES_MS } from '#telemetry';
import { policyOf, type ClientInternals } from '../client-internals.js';
import type { HoldBack } from '../hold-back.js';
import { packetFault, UNSUPPORTED_LEVEL } from '../packet-guard.js';
import type { SessionStore } from '../sessions/session-store.js';
import type { StoredWill } from '../sessions/wills.js';
import { readPublish } from './publish-packet.js';
import { Message } from './message.js';
import { Sender } from './sender.js';

/** How much may be between a socket and the store. */
export interface GateBudget {
  readonly clientMessages: number;
  readonly clientBytes: number;
  readonly messages: number;
  readonly bytes: number;
}

const BUDGET: GateBudget = {
  clientMessages: 500,
  clientBytes: 8 * 1024 * 1024,
  messages: 1000,
  bytes: 16 * 1024 * 1024,
};

/** Unmapped, undeliverable: where a refused will goes. */
const NOWHERE = '$refused';
/**
 * What a client may have held whatever the others do: one whose messages wait for an expression must not keep the
 * rest from being read.
 */
const SHARE_MESSAGES = 16;
const SHARE_BYTES = 64 * 1024;
/** Bytes of its socket that are read at a time while the budget is spent. */
const SHARE_READ = 1024;
const KEEPALIVE_MS = 1000;
/** A CONNECT has at most five strings of 64 KiB. */
const MAX_CONNECT = 512 * 1024;
/** QoS 2 messages of one client that wait for their PUBREL at most. */
const MAX_RECEIPTS = 20_000;
/** How long a connection that we end may take to end. */
const END_MS = 1000;

/** MQTT 3.1.1, table 2.1, and the first bytes of what we answer with. */
const TYPE = {
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  unsubscribe: 10,
  disconnect: 14,
} as const;
const PUBACK = 0x40;
const PUBREC = 0x50;
const PUBREL = 0x62;
const PUBCOMP = 0x70;
/** CONNACK with return code 1, unacceptable protocol version (MQTT 3.1.1, 3.2.2.3). */
const UNACCEPTABLE_VERSION = Buffer.from([0x20, 2, 0, 1]);

type Callback = (error?: Error | null) => void;

/** What the log calls a message by. */
type MessageName = Pick<RawMessage, 'client' | 'topic' | 'qos'> & Partial<RawMessage>;

export interface GateOptions {
  readonly ingest: Pick<Ingest, 'submit' | 'refuse'>;
  readonly sink: OutcomeSink;
  readonly budget?: GateBudget;
  /** The policy of an account by name, for wills of clients that are gone. */
  readonly policyOf: (username: string) => AccountPolicy | undefined;
  readonly sessions: Pick<SessionStore, 'receipts' | 'outgoingClearMessageId' | 'outgoingUpdate'>;
  /** Whether what a client asked for is still to be sent, and is enough. */
  readonly isBehind: (client: Client) => boolean;
  /** Keeps acknowledgements back until what they promise is on its way to the disk. */
  readonly holdBack: HoldBack;
  /** Whether a message may be kept beyond the store: for a session that is away, as retained, or as a receipt. */
  readonly isKept: (raw: RawMessage) => boolean;
  /** Relays a raw message to its subscribers. */
  readonly relay: (raw: RawMessage) => void;
  readonly onRefused: (client: Client | undefined, raw: RawMessage, rule: string) => void;
  /** A message was not stored, or what follows its commit went wrong. */
  readonly onFailure: (error: Error, message: MessageName) => void;
}

/**
 * The way in. It cuts each connection's bytes into packets, takes PUBLISH and PUBREL itself and leaves the others to
 * aedes. A PUBLISH is acknowledged when the batch that holds it has committed; every outcome of a client, refusals too,
 * leaves through one queue in the order of arrival [MQTT-4.6.0-2]. What is held has a budget: over it a connection is
 * not read, and the sender feels the store's speed on its socket.
 */
export class Gate {
  readonly #senders = new Set<Sender>();
  readonly #waiting = new Set<Sender>();
  /** Connections that end at a message; what follows it is not taken. */
  readonly #ending = new WeakSet<Client>();
  readonly #byClient = new WeakMap<Client, Sender>();
  readonly #budget: GateBudget;
  readonly #keepalive: NodeJS.Timeout;
  /** From arrival to acknowledgement. */
  readonly times = new Histogram(TIMES_MS);
  #messages = 0;
  #bytes = 0;
  #waking = false;
  #moment: number | undefined;
  #stopped = false;

  constructor(private readonly options: GateOptions) {
    this.#budget = options.budget ?? BUDGET;
    options.holdBack.onReleased = (client) => {
      const sender = this.#byClient.get(client);
      if (sender) this.#release(sender);
    };
    // A client whose pings we do not read must not be told dead for it.
    this.#keepalive = setInterval(() => this.#refreshKeepalive(), KEEPALIVE_MS).unref();
  }

  /** Messages between a socket and the store now. */
  get depth(): number {
    return this.#messages;
  }

  /** Their bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Milliseconds that the longest held message has waited. */
  get oldest(): number {
    let first = Infinity;
    for (const sender of this.#senders) first = Math.min(first, sender.first?.taken ?? Infinity);
    return Math.max(0, performance.now() - first);
  }

  /** Puts the gate between a connection and aedes. */
  attach(client: Client): void {
    const internals = client as ClientInternals;
    const { conn } = client;
    const sender: Sender = new Sender(
      client,
      conn.read.bind(conn) as (size?: number) => Buffer | null,
      (first, bytes, start, body, end) => this.#take(sender, internals, first, bytes, start, body, end),
      () => (client.connected ? this.#budget.clientBytes : MAX_CONNECT),
    );
    this.#byClient.set(client, sender);
    this.#senders.add(sender);
    // aedes reads when it is done with the packets that it was given; they are given to it here.
    conn.read = (size?: number) => {
      // A stream reads nothing to have more fetched, and would lose what it is given then.
      if (size === 0) return sender.read(0);
      this.#read(sender, internals);
      return null;
    };
    conn.once('close', () => {
      this.#waiting.delete(sender);
      if (sender.held === 0) this.#senders.delete(sender);
    });
  }

  #read(sender: Sender, client: ClientInternals): void {
    if (sender.connecting) {
      // What came behind a CONNECT waits for CONNACK.
      if (!client.connected || this.#stopped) return;
      sender.connecting = false;
      sender.stamp(client);
      sender.framer.resume();
    }
    if (client.closed || sender.ended) return;
    if (!this.#open(sender)) {
      this.#waiting.add(sender);
      return;
    }
    const inTurns = this.#spent && client.conn.readableLength > SHARE_READ;
    // A part of what is there wakes nobody: the rest has its turn with those that wait.
    if (inTurns) this.#waiting.add(sender);
    const chunk = sender.read(inTurns ? SHARE_READ : undefined);
    if (!chunk) return;
    client._keepaliveTimer?.refresh();
    sender.stamp(client);
    sender.framer.push(chunk);
  }

  /** Takes a packet, or gives it to aedes. Answers whether the next one is wanted. */
  #take(
    sender: Sender,
    client: ClientInternals,
    first: number,
    bytes: Buffer,
    start: number,
    body: number,
    end: number,
  ): boolean {
    if (client.closed || sender.ended) return false;
    const type = first >> 4;
    if (client.connected && type === TYPE.publish) {
      this.#publish(sender, client, first, bytes, body, end);
      return !client.closed;
    }
    const fault = packetFault(first, bytes, body, end);
    if (fault !== undefined) {
      if (fault === UNSUPPORTED_LEVEL) client.conn.write(UNACCEPTABLE_VERSION);
      sender.fail(fault);
      return false;
    }
    if (client.connected && type > TYPE.publish && type <= TYPE.pubcomp) {
      this.#acknowledged(sender, client, type, (bytes[body]! << 8) | bytes[body + 1]!);
      return true;
    }
    if (type === TYPE.unsubscribe && !client.clean) this.options.holdBack.hold(client);
    const connects = !client.connected;
    sender.connecting = connects;
    client._parser.parse(bytes.subarray(start, end));
    // Nothing is read after DISCONNECT [MQTT-3.14.4-2]; aedes closes the connection.
    return !connects && type !== TYPE.disconnect;
  }

  #publish(sender: Sender, client: Client, first: number, bytes: Buffer, body: number, end: number): void {
    if (this.#ending.has(client)) return;
    const raw = readPublish(first, bytes, body, end, sender);
    if (typeof raw === 'string') {
      sender.fail(raw);
      return;
    }
    try {
      this.#judge(raw);
    } catch (error) {
      // A mistake of the program: nothing is acknowledged, the client sends it again.
      this.options.onFailure(error as Error, raw);
      this.#end(sender);
    }
  }

  /**
   * aedes' `authorizePublish`, which is left with wills: it must not throw (that would end the process), and they come
   * with a closed client or none.
   */
  authorize = (client: Client | null, packet: PublishPacket | StoredWill, callback: Callback): void => {
    // While we stop, a will is left for the next start to publish: its store is about to close.
    if (this.#stopped) return;
    try {
      this.#will(client, packet, callback);
    } catch (error) {
      const { topic, qos } = packet;
      this.options.onFailure(error as Error, { client: client?.id ?? '', topic, qos });
      callback(error as Error);
    }
  };

  #will(client: Client | null, packet: PublishPacket | StoredWill, callback: Callback): void {
    const { topic, qos, retain } = packet;
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    const sender = new Sender(
      undefined,
      () => null,
      () => false,
      () => 0,
    );
    sender.username = (client && policyOf(client)?.username) ?? (packet as StoredWill).username ?? '';
    sender.client = client?.id ?? (packet as StoredWill).clientId ?? '';
    sender.received = nowMicros();
    sender.taken = performance.now();
    // A will is published whoever ended the connection [MQTT-3.1.2-8].
    sender.policy = (client && policyOf(client)) ?? this.options.policyOf(sender.username);
    this.#senders.add(sender);
    const will = new Message(
      sender,
      topic,
      payload,
      qos,
      retain,
      false,
      undefined,
      CONTROL_CHARACTERS.test(topic),
    );
    will.publishWill = () => callback(null);
    if (this.#judge(will)) return;
    packet.topic = NOWHERE;
    packet.payload = Buffer.alloc(0);
    packet.retain = false;
  }

  /** Hands a message to ingest, or has it recorded why it is refused. Answers whether it is allowed. */
  #judge(message: Message<Sender>): boolean {
    const { from: sender, topic, username, malformed } = message;
    const { policy, connection } = sender;
    const decision = policy?.publish(topic) ?? NO_ACCOUNT;
    const allowed = decision.allowed && !malformed;
    // [MQTT-1.5.3-2]
    message.close = malformed || (!allowed && policy?.onDeny === 'disconnect');
    sender.hold(message);
    this.#messages++;
    this.#bytes += message.bytes;
    const { ingest, onRefused } = this.options;
    if (allowed) ingest.submit(message, this.#heard);
    else if (malformed) {
      onRefused(connection, message, 'control characters');
      ingest.refuse(message, 'topic', 'the topic has control characters', this.#heard, 'topic-malformed');
    } else {
      const { rule } = decision;
      onRefused(connection, message, rule);
      const reason = `${username || 'nobody'} may not publish to ${topic}: ${rule}`;
      ingest.refuse(message, rule, reason, this.#heard);
    }
    if (message.close && connection) this.#ending.add(connection);
    return allowed;
  }

  /** What became of a message. */
  readonly #heard: Heard<Message<Sender>> = (message, outcome, error) => {
    message.outcome = outcome ?? 'lost';
    if (!outcome) this.options.onFailure(error ?? new Error('the message was not stored'), message);
    this.#release(message.from);
  };

  /** Acknowledges what is committed, in order, and republishes it. */
  #release(sender: Sender): void {
    const { connection } = sender;
    for (let message = sender.first; message?.outcome; message = sender.first) {
      // What is acknowledged now would leave with what is held back, before its own is written.
      if (connection && this.options.holdBack.holds(connection)) return;
      sender.shift();
      this.times.observe(this.#now() - message.taken);
      this.#messages--;
      this.#bytes -= message.bytes;
      // What is not committed is not acknowledged: the sender connects again and sends it again.
      if (message.outcome === 'lost' || message.close) {
        if (connection) this.#end(sender);
      } else this.#finish(sender, message.outcome, message.publishWill);
    }
    if (sender.held === 0 && (!connection || connection.conn.destroyed)) this.#senders.delete(sender);
    this.wake();
  }

  /** Has connections read that waited for what is over now. */
  wake(): void {
    if (this.#waiting.size === 0 || this.#waking) return;
    this.#waking = true;
    setImmediate(() => this.#wake());
  }

  /** Milliseconds of this process, looked up once for what one commit settles. */
  #now(): number {
    if (this.#moment === undefined) {
      this.#moment = performance.now();
      queueMicrotask(() => (this.#moment = undefined));
    }
    return this.#moment;
  }

  /** Acknowledges a message, relays it, and tells what it meant. */
  #finish(sender: Sender, outcome: Outcome, publishWill: (() => void) | undefined): void {
    const { raw, state } = outcome;
    const { connection: client } = sender;
    const { holdBack, isKept, relay, sink } = this.options;
    try {
      if (!client) publishWill?.();
      else {
        // A QoS 2 message that is here already is acknowledged, and told once [MQTT-4.3.3-2].
        const known = raw.qos === 2 && this.options.sessions.receipts.has(raw.client, raw.packetId!);
        if (raw.qos > 0) {
          if (isKept(raw)) holdBack.hold(client);
          this.#acknowledge(sender, raw, known);
        }
        if (state !== 'refused' && !known) relay(raw);
        if (known && state === 'duplicate') return;
      }
      sink.publish(outcome);
    } catch (error) {
      this.options.onFailure(error as Error, raw);
    }
  }

  #acknowledge(sender: Sender, raw: RawMessage, known: boolean): void {
    const client = sender.connection!;
    // Of a session that has ended the receipt would stay for ever [MQTT-3.1.2-6].
    if (raw.qos === 2 && !known && !(client.closed && client.clean)) {
      const { receipts } = this.options.sessions;
      if (receipts.count(raw.client) >= MAX_RECEIPTS) {
        sender.fail(`${MAX_RECEIPTS} messages of QoS 2 wait for their PUBREL`);
        return;
      }
      receipts.add(raw.client, raw.packetId!);
    }
    if (!client.closed) sender.acknowledge(raw.qos === 2 ? PUBREC : PUBACK, raw.packetId!);
  }

  /** What a client says of a message that it sent, or was sent (MQTT 3.1.1, 4.3). */
  #acknowledged(sender: Sender, client: Client, type: number, messageId: number): void {
    const { sessions, holdBack } = this.options;
    // What a session is told of its state is to be its state after a crash, too.
    if (!client.clean && type !== TYPE.puback && type !== TYPE.pubcomp) holdBack.hold(client);
    switch (type) {
      case TYPE.pubrel:
        sessions.receipts.release(client.id, messageId);
        sender.acknowledge(PUBCOMP, messageId);
        break;
      case TYPE.pubrec:
        if (!client.clean) void sessions.outgoingUpdate(client, { cmd: 'pubrel', messageId });
        sender.acknowledge(PUBREL, messageId);
        break;
      default:
        // What a clean session was sent is not kept.
        if (!client.clean) void sessions.outgoingClearMessageId(client, { messageId });
    }
  }

  /** Ends a connection when what was acknowledged before is on its way. */
  #end(sender: Sender): void {
    const client = sender.connection!;
    this.#ending.add(client);
    sender.end();
    this.options.holdBack.whenReleased(client, () => client.conn.end());
    setTimeout(() => client.conn.destroy(), END_MS).unref();
  }

  #open(sender: Sender): boolean {
    if (this.#stopped) return false;
    const { connection } = sender;
    const { holdBack, isBehind } = this.options;
    if (connection && (holdBack.isProlonged(connection) || isBehind(connection))) return false;
    if (sender.held < SHARE_MESSAGES && sender.bytes < SHARE_BYTES) return true;
    if (this.#spent) return false;
    return sender.held < this.#budget.clientMessages && sender.bytes < this.#budget.clientBytes;
  }

  /** Whether the budget of all is used up. */
  get #spent(): boolean {
    return this.#messages >= this.#budget.messages || this.#bytes >= this.#budget.bytes;
  }

  /** Waiting connections get their turn, the one that waited longest first. */
  #wake(): void {
    this.#waking = false;
    for (const sender of [...this.#waiting]) {
      if (!this.#open(sender)) continue;
      this.#waiting.delete(sender);
      (sender.connection as ClientInternals)._nextBatch();
    }
  }

  #refreshKeepalive(): void {
    for (const sender of this.#senders) {
      if (sender.held > 0 || this.#waiting.has(sender))
        (sender.connection as ClientInternals | undefined)?._keepaliveTimer?.refresh();
    }
  }

  /** Nothing more is read. */
  stop(): void {
    this.#stopped = true;
  }

  close(): void {
    clearInterval(this.#keepalive);
  }
}

const NO_ACCOUNT: Decision = { allowed: false, rule: 'no-account' };
