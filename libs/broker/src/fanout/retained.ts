import type { Client } from 'aedes';
import { matches } from '#access';
import type { Datastream, SeriesTable } from '#ingest';
import { decodeSegment, type Qos } from '#model';
import { semanticTopic, type ObservationRenderer } from '#semantics';
import { nextPacketId, policyOf } from '../client-internals.js';
import { mqttTrie } from '../mqtt-trie.js';
import type { SessionStore } from '../sessions/session-store.js';
import { encodePublish } from './arena.js';

/** A retained message, rendered when its turn comes so that it is never older than what was sent live. */
interface Retained {
  readonly topic: string;
  readonly qos: Qos;
  readonly payload: () => Buffer | undefined;
}

const CHUNK = 64 * 1024;
/** How long a subscriber may take for what was written to it. */
const UNREAD_MS = 60_000;
/** SUBSCRIBEs of a client that wait for the messages of those before. */
const MAX_WAITING = 8;
/** Topics that are looked at in one turn of the event loop. */
const TURN = 1000;
const WILDCARD = /[+#]/;

/** One SUBSCRIBE of a client is answered after the other. */
interface Turn {
  waiting: number;
  last: Promise<void> | undefined;
}

interface Granted {
  readonly topic: string;
  readonly qos: Qos;
}

/**
 * Sends retained messages to a new subscriber: raw ones and device status from the session store, semantic ones
 * rendered from each datastream's newest value, which is not stored a second time. aedes would send a retained
 * message with its own QoS where a wildcard filter was granted less.
 */
export class RetainedSender {
  readonly #turns = new Map<Client, Turn>();

  constructor(
    private readonly series: SeriesTable,
    private readonly sessions: SessionStore,
    private readonly renderer: ObservationRenderer,
    /** Hears that a client was sent what it asked for. */
    private readonly onSent: () => void,
  ) {}

  /** Whether a client has asked for more than it was sent yet: nothing more of it is to be read. */
  isBehind(client: Client): boolean {
    return (this.#turns.get(client)?.waiting ?? 0) > MAX_WAITING;
  }

  /**
   * Sends what the granted subscriptions of one SUBSCRIBE call for, each message once with the highest QoS, as fast
   * as the socket takes it, and after what the client's SUBSCRIBEs before call for. Every topic is looked at once,
   * however many filters there are, a bounded number in a turn.
   */
  async send(client: Client, subscriptions: readonly { topic: string; qos: number }[]): Promise<void> {
    const turn: Turn = this.#turns.get(client) ?? { waiting: 0, last: undefined };
    this.#turns.set(client, turn);
    turn.waiting++;
    const sent = turn.last
      ? turn.last.then(() => this.#send(client, subscriptions))
      : this.#send(client, subscriptions);
    // A SUBSCRIBE that fails is not the next one's failure.
    turn.last = sent.catch(() => undefined);
    try {
      await sent;
    } finally {
      turn.waiting--;
      if (turn.waiting === 0) this.#turns.delete(client);
      this.onSent();
    }
  }

  async #send(client: Client, subscriptions: readonly { topic: string; qos: number }[]): Promise<void> {
    if (client.closed) return;
    const granted = subscriptions.filter((one): one is Granted => one.qos <= 2);
    if (granted.length === 0) return;
    const trie = mqttTrie<Granted>();
    for (const one of granted) trie.add(one.topic, one);
    let chunk: Buffer[] = [];
    let size = 0;
    let looked = 0;
    for (const { topic, qos: kept, payload: render } of this.#candidates(granted)) {
      if (++looked % TURN === 0) await new Promise((resolve) => setImmediate(resolve));
      const matching = topic.startsWith('$')
        ? granted.filter((one) => matches(one.topic, topic))
        : trie.match(topic);
      if (matching.length === 0 || !policyOf(client)?.receive(topic)) continue;
      const payload = render();
      if (!payload) continue;
      const qos = Math.min(kept, Math.max(...matching.map((one) => one.qos))) as Qos;
      const packet = encodePublish(topic, payload, qos, true, qos > 0 ? nextPacketId(client) : 0);
      chunk.push(packet);
      size += packet.length;
      if (size < CHUNK) continue;
      if (!(await write(client, Buffer.concat(chunk)))) return;
      chunk = [];
      size = 0;
    }
    if (size > 0) await write(client, Buffer.concat(chunk));
  }

  /** Every retained message that may match, and more. */
  *#candidates(granted: readonly Granted[]): Generator<Retained> {
    const stored = this.sessions.retained;
    const exact = granted.every(({ topic }) => !WILDCARD.test(topic));
    const packets = exact ? new Set(granted.map(({ topic }) => stored.get(topic))) : stored.values();
    for (const packet of packets) {
      if (packet) yield { topic: packet.topic, qos: packet.qos, payload: () => Buffer.from(packet.payload) };
    }
    for (const datastream of this.#datastreams(granted)) {
      const series = datastream.latestSeries;
      if (!series) continue;
      const topic = semanticTopic(series);
      yield {
        topic,
        qos: datastream.qos,
        payload: () => {
          const { latest } = datastream;
          return latest && semanticTopic(latest.series) === topic
            ? Buffer.from(this.renderer.json(latest))
            : undefined;
        },
      };
    }
  }

  /** The datastreams whose topics may match: of the devices that the filters name, of all where one names none. */
  *#datastreams(granted: readonly Granted[]): Generator<Datastream> {
    const devices = new Set<string>();
    for (const { topic } of granted) {
      const [first, , , device] = topic.split('/');
      if (first !== 'semantic' && first !== '+' && first !== '#') continue;
      if (device === undefined || WILDCARD.test(device)) {
        yield* this.series.all();
        return;
      }
      devices.add(decodeSegment(device) ?? device);
    }
    for (const device of devices) yield* this.series.ofDevice(device);
  }
}

/** Writes and waits until the socket wants more; false when the connection ended. */
async function write(client: Client, bytes: Buffer): Promise<boolean> {
  const { conn } = client;
  if (client.closed || conn.destroyed) return false;
  if (conn.write(bytes)) return true;
  return new Promise((resolve) => {
    const unread = new Error('retained messages wait for a subscriber that does not read');
    const timer = setTimeout(() => conn.destroy(unread), UNREAD_MS).unref();
    const settle = (open: boolean) => {
      clearTimeout(timer);
      conn.off('drain', drained);
      conn.off('close', closed);
      resolve(open);
    };
    const drained = () => settle(true);
    const closed = () => settle(false);
    conn.on('drain', drained);
    conn.on('close', closed);
  });
}
