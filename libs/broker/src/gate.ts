import type { Client, PublishPacket } from 'aedes';
import type { AccountPolicy } from '#access';
import type { Ingest, Outcome, OutcomeSink } from '#ingest';
import { nowMicros, type RawMessage } from '#model';
import { policyOf, type ClientInternals } from './client-internals.js';
import type { HoldBack } from './hold-back.js';
import type { StoredWill } from './sessions/session-store.js';

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

/** Unmapped, undeliverable: where a refused publish goes after its acknowledgement [MQTT-3.3.5-2]. */
const NOWHERE = '$refused';
// eslint's no-control-regex aside, these are the characters that topics must not or should not hold [MQTT-1.5.3-2].
const CONTROL = new RegExp('[\\u0000-\\u001f\\u007f-\\u009f]');
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
/** How long a connection that we end may take to end. */
const END_MS = 1000;

type Callback = (error?: Error | null) => void;

interface Slot {
  /** When it was taken, in milliseconds of this process. */
  readonly taken: number;
  readonly callback: Callback;
  readonly bytes: number;
  readonly close: boolean;
  /** `lost` when the store closed before the commit, or failed. */
  outcome: Outcome | 'lost' | undefined;
}

interface Held {
  /** In order of arrival; each leaves when it and all before it are committed. */
  readonly slots: Slot[];
  bytes: number;
}

export interface GateOptions {
  readonly ingest: Ingest;
  readonly sink: OutcomeSink;
  readonly budget?: GateBudget;
  /** The policy of an account by name, for wills of clients that are gone. */
  readonly policyOf: (username: string) => AccountPolicy | undefined;
  /** Whether a QoS 2 message was received whole before [MQTT-4.3.3-2]. */
  readonly hasReceipt: (client: string, packetId: number) => boolean;
  /** Keeps acknowledgements back until what they promise is on its way to the disk. */
  readonly holdBack: HoldBack;
  /** Whether a message may be kept beyond the store: for a session that is away, as retained, or as a receipt. */
  readonly isKept: (raw: RawMessage) => boolean;
  /** Relays a raw message to its subscribers. */
  readonly relay: (packet: PublishPacket) => void;
  readonly onRefused: (client: Client | null, raw: RawMessage, rule: string) => void;
  readonly onFailure: (error: Error) => void;
}

/**
 * The way in. A PUBLISH is stored before it is acknowledged: aedes calls `authorize` (its `authorizePublish`)
 * before PUBACK and PUBREC, and goes on when the batch that holds the message has committed. Every outcome of a
 * client, refusals too, leaves through one queue in the order of arrival [MQTT-4.6.0-2]. What is held has a
 * budget: over it a connection is not read, and the sender feels the store's speed on its socket.
 */
export class Gate {
  readonly #held = new Map<Client | null, Held>();
  readonly #waiting = new Set<ClientInternals>();
  /** Connections that end at a message; what follows it is not taken. */
  readonly #ending = new WeakSet<Client>();
  readonly #budget: GateBudget;
  readonly #keepalive: NodeJS.Timeout;
  #messages = 0;
  #bytes = 0;
  #waking = false;
  #stopped = false;

  constructor(private readonly options: GateOptions) {
    this.#budget = options.budget ?? BUDGET;
    options.holdBack.onReleased = (client) => {
      const held = this.#held.get(client);
      if (held) this.#release(client, held);
    };
    // A client whose pings we do not read must not be told dead for it.
    this.#keepalive = setInterval(() => this.#refreshKeepalive(), KEEPALIVE_MS).unref();
  }

  /** Messages between a socket and the store now. */
  get depth(): number {
    return this.#messages;
  }

  /** Milliseconds that the longest held message has waited. */
  get oldest(): number {
    let first = Infinity;
    for (const { slots } of this.#held.values()) first = Math.min(first, slots[0]?.taken ?? Infinity);
    return Math.max(0, performance.now() - first);
  }

  /** Puts the gate between a connection and aedes. */
  attach(client: Client): void {
    const internals = client as ClientInternals;
    const { conn } = client;
    const read = conn.read.bind(conn);
    conn.read = (size?: number) => {
      // A stream reads nothing to have more fetched, and would lose what it is given then.
      if (size === 0) return read(0) as Buffer | null;
      if (!this.#open(client)) {
        this.#waiting.add(internals);
        return null;
      }
      const { length } = internals._parser.packet;
      // aedes would collect up to 256 MiB of a packet.
      if (length > (client.connected ? this.#budget.clientBytes : MAX_CONNECT)) {
        internals.emit('error', new Error(`a packet of ${length} bytes is too large`));
        return null;
      }
      if (!this.#spent || conn.readableLength <= SHARE_READ) return read(size) as Buffer | null;
      // A part of a packet wakes nobody: the rest has its turn with those that wait.
      this.#waiting.add(internals);
      return read(SHARE_READ) as Buffer | null;
    };
    conn.once('close', () => this.#waiting.delete(internals));
  }

  /**
   * aedes' `authorizePublish`. It must not throw (that would end the process), runs before the detection of
   * QoS 2 duplicates, and comes for wills with a closed client or none.
   */
  authorize = (client: Client | null, packet: PublishPacket, callback: Callback): void => {
    try {
      this.#take(client, packet, callback);
    } catch (error) {
      this.options.onFailure(error as Error);
      callback(error as Error);
    }
  };

  #take(client: Client | null, packet: PublishPacket, callback: Callback): void {
    const will = (packet as Partial<PublishPacket>).cmd === undefined;
    // A will is published whoever ended the connection [MQTT-3.1.2-8].
    if (client && !will && this.#ending.has(client)) return;
    // While we stop, a will is left for the next start to publish: its store is about to close.
    if (this.#stopped && will) return;
    const { topic } = packet;
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    const username = (client && policyOf(client)?.username) ?? (packet as StoredWill).username ?? '';
    const raw: RawMessage = {
      topic,
      payload,
      qos: packet.qos,
      retain: packet.retain,
      dup: packet.dup,
      received: nowMicros(),
      client: client?.id ?? (packet as StoredWill).clientId ?? '',
      username,
      ...(packet.messageId !== undefined && { packetId: packet.messageId }),
    };
    const policy = (client && policyOf(client)) ?? this.options.policyOf(username);
    const decision = policy?.publish(topic);
    const malformed = CONTROL.test(topic);
    let close = false;
    let done: Promise<Outcome>;
    if (malformed) {
      // [MQTT-1.5.3-2] and, for the other control characters, 1.5.3's "should not".
      close = true;
      done = this.options.ingest.refuse(raw, 'topic', `the topic has control characters`, 'topic-malformed');
    } else if (!decision?.allowed) {
      const rule = decision?.rule ?? 'no-account';
      close = policy?.onDeny === 'disconnect';
      done = this.options.ingest.refuse(
        raw,
        rule,
        `${username || 'nobody'} may not publish to ${topic}: ${rule}`,
      );
    } else {
      done = this.options.ingest.ingest(raw);
    }
    if (malformed || !decision?.allowed) {
      this.options.onRefused(
        client,
        raw,
        malformed ? 'control characters' : (decision?.rule ?? 'no-account'),
      );
      packet.topic = NOWHERE;
      packet.payload = Buffer.alloc(0);
      packet.retain = false;
    }
    if (close && client) this.#ending.add(client);
    const bytes = payload.length + topic.length;
    this.#hold(client, { callback, bytes, close, taken: performance.now(), outcome: undefined }, done);
  }

  #hold(client: Client | null, slot: Slot, done: Promise<Outcome>): void {
    let held = this.#held.get(client);
    if (!held) this.#held.set(client, (held = { slots: [], bytes: 0 }));
    held.slots.push(slot);
    held.bytes += slot.bytes;
    this.#messages++;
    this.#bytes += slot.bytes;
    done.then(
      (outcome) => {
        slot.outcome = outcome;
        this.#release(client, held);
      },
      (error: unknown) => {
        slot.outcome = 'lost';
        this.options.onFailure(error as Error);
        this.#release(client, held);
      },
    );
  }

  /** Acknowledges what is committed, in order, and republishes it. */
  #release(client: Client | null, held: Held): void {
    // What is acknowledged now would leave with what is held back, before its own is written.
    if (client && this.options.holdBack.holds(client)) return;
    while (held.slots[0]?.outcome) {
      const { callback, bytes, close, outcome } = held.slots.shift()!;
      held.bytes -= bytes;
      this.#messages--;
      this.#bytes -= bytes;
      // What is not committed is not acknowledged: the sender connects again and sends it again.
      if (client && (close || outcome === 'lost')) this.#end(client);
      else if (outcome !== 'lost') this.#finish(client, outcome!, callback);
    }
    if (held.slots.length === 0) this.#held.delete(client);
    if (this.#waiting.size > 0 && !this.#waking) {
      this.#waking = true;
      setImmediate(() => this.#wake());
    }
  }

  /** Lets aedes acknowledge and relay; then tells what it meant. */
  #finish(client: Client | null, outcome: Outcome, callback: Callback): void {
    const { raw, state } = outcome;
    // A QoS 2 message that is here already is acknowledged, and told once [MQTT-4.3.3-2].
    const known =
      state === 'duplicate' && raw.qos === 2 && this.options.hasReceipt(raw.client, raw.packetId ?? 0);
    // aedes does not relay what it cannot acknowledge: QoS 1 of a client that left without waiting.
    if (client?.closed && raw.packetId !== undefined && raw.qos === 1) {
      const { topic, payload, qos, retain } = raw;
      if (state !== 'refused')
        this.options.relay({ cmd: 'publish', topic, payload: payload as Buffer, qos, retain, dup: false });
    } else {
      if (client && raw.qos > 0 && this.options.isKept(raw)) this.options.holdBack.hold(client);
      callback(null);
    }
    try {
      if (!known) this.options.sink.publish(outcome);
    } catch (error) {
      this.options.onFailure(error as Error);
    }
  }

  /** Ends a connection when what was acknowledged before is on its way: PUBREC takes a turn of its own. */
  #end(client: Client): void {
    this.#ending.add(client);
    setImmediate(() => client.conn.end());
    setTimeout(() => client.conn.destroy(), END_MS).unref();
  }

  #open(client: Client): boolean {
    if (this.#stopped) return false;
    const held = this.#held.get(client);
    if (!held || (held.slots.length < SHARE_MESSAGES && held.bytes < SHARE_BYTES)) return true;
    if (this.#spent) return false;
    return held.slots.length < this.#budget.clientMessages && held.bytes < this.#budget.clientBytes;
  }

  /** Whether the budget of all is used up. */
  get #spent(): boolean {
    return this.#messages >= this.#budget.messages || this.#bytes >= this.#budget.bytes;
  }

  /** Waiting connections get their turn, the one that waited longest first. */
  #wake(): void {
    this.#waking = false;
    for (const client of [...this.#waiting]) {
      if (!this.#open(client)) continue;
      this.#waiting.delete(client);
      if (!client.closed) client._nextBatch();
    }
  }

  #refreshKeepalive(): void {
    for (const client of this.#waiting) client._keepaliveTimer?.refresh();
    for (const client of this.#held.keys()) (client as ClientInternals | null)?._keepaliveTimer?.refresh();
  }

  /** Nothing more is read. */
  stop(): void {
    this.#stopped = true;
  }

  close(): void {
    clearInterval(this.#keepalive);
  }
}
