import type { Client } from 'aedes';
import { compileFilter } from '#access';
import type { SeriesTable } from '#ingest';
import type { Qos } from '#model';
import { semanticTopic, type ObservationRenderer } from '#semantics';
import { nextPacketId, policyOf } from '../client-internals.js';
import type { SessionStore } from '../sessions/session-store.js';
import { encodePublish } from './arena.js';

/** A retained message, rendered when its turn comes so that it is never older than what was sent live. */
interface Retained {
  readonly topic: string;
  readonly qos: Qos;
  readonly payload: () => Buffer | undefined;
}

const CHUNK = 64 * 1024;

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

  /** Sends what the granted subscriptions of one SUBSCRIBE call for, as fast as the socket takes it. */
  async send(client: Client, subscriptions: readonly { topic: string; qos: number }[]): Promise<void> {
    let chunk: Buffer[] = [];
    let size = 0;
    for (const { topic: filter, qos } of subscriptions) {
      if (qos > 2) continue;
      const policy = policyOf(client);
      for (const retained of this.#matching(filter)) {
        if (!policy?.receive(retained.topic)) continue;
        const payload = retained.payload();
        if (!payload) continue;
        const effective = Math.min(qos, retained.qos) as Qos;
        const packet = encodePublish(
          retained.topic,
          payload,
          effective,
          true,
          effective > 0 ? nextPacketId(client) : 0,
        );
        chunk.push(packet);
        size += packet.length;
        if (size < CHUNK) continue;
        if (!(await write(client, Buffer.concat(chunk)))) return;
        chunk = [];
        size = 0;
      }
    }
    if (size > 0) await write(client, Buffer.concat(chunk));
  }

  *#matching(filter: string): Generator<Retained> {
    const matches = compileFilter(filter);
    const exact = !/[+#]/.test(filter);
    const stored = this.sessions.retained;
    for (const packet of exact ? [stored.get(filter)] : stored.values()) {
      if (!packet || !matches(packet.topic)) continue;
      yield { topic: packet.topic, qos: packet.qos, payload: () => Buffer.from(packet.payload) };
    }
    if (!/^(semantic|\+|#)(\/|$)/.test(filter)) return;
    for (const datastream of this.series.all()) {
      if (!datastream.latest) continue;
      const topic = semanticTopic(datastream.latest.series);
      if (!matches(topic)) continue;
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
