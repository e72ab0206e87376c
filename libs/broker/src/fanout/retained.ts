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
/** Topics that are looked at in one turn of the event loop. */
const TURN = 1000;
const WILDCARD = /[+#]/;

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
  constructor(
    private readonly series: SeriesTable,
    private readonly sessions: SessionStore,
    private readonly renderer: ObservationRenderer,
  ) {}

  /**
   * Sends what the granted subscriptions of one SUBSCRIBE call for, each message once with the highest QoS, as fast
   * as the socket takes it. Every topic is looked at once, however many filters there are, a bounded number in a turn.
   */
  async send(client: Client, subscriptions: readonly { topic: string; qos: number }[]): Promise<void> {
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
    const settle = (open: boolean) => {
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
