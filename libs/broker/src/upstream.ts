import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { semanticTopic, type ObservationRenderer } from '#semantics';
import type { Ingest, Outcome, OutcomeSink } from '#ingest';
import { nowMicros } from '#model';
import type { BrokerLogger } from './broker.js';

export interface UpstreamOptions {
  /** `mqtt://user:password@host:port` or any URL that mqtt.js takes. */
  readonly url: string;
  readonly ingest: Ingest;
  /** The local fan-out. */
  readonly sink: OutcomeSink;
  readonly renderer: ObservationRenderer;
  /** Publish semantic messages back to that broker. */
  readonly publishBack: boolean;
  /** Stable, so that the upstream broker keeps what we miss. */
  readonly clientId: string;
  readonly logger: BrokerLogger;
}

/**
 * A client of an existing broker: subscribes there to the mapped topics and acknowledges a message after its
 * commit. The session is persistent, so what comes while we are away waits there.
 */
export class Upstream {
  readonly #client: MqttClient;
  #filters = new Set<string>();
  #closing = false;

  constructor(private readonly options: UpstreamOptions) {
    const settings: IClientOptions = {
      clientId: options.clientId,
      clean: false,
      reconnectPeriod: 1000,
      resubscribe: false,
      // Called before PUBACK and PUBREC: they leave when `done` is called, after the commit.
      customHandleAcks: (topic, message, packet, done) => {
        this.#take(topic, message, packet, done as (code: number) => void);
      },
    };
    this.#client = mqtt.connect(options.url, settings);
    const { logger } = options;
    const broker = new URL(options.url).host;
    this.#client.on('connect', () => {
      logger.info({ broker }, 'upstream connected');
      this.#filters.clear();
      this.subscribe();
    });
    this.#client.on('close', () => {
      if (!this.#closing) logger.warn({ broker }, 'upstream disconnected');
    });
    this.#client.on('error', (error) => logger.warn({ broker, reason: error.message }, 'upstream error'));
    // QoS 0 needs no acknowledgement and comes only here.
    this.#client.on('message', (topic, message, packet) => {
      if (packet.qos === 0) this.#take(topic, message, packet, () => undefined);
    });
  }

  get connected(): boolean {
    return this.#client.connected;
  }

  /** Brings the subscriptions in line with the registered schemas. */
  subscribe(): void {
    if (!this.#client.connected) return;
    const wanted = new Set(this.options.ingest.snapshot.filters);
    const gone = [...this.#filters].filter((filter) => !wanted.has(filter));
    const added = [...wanted].filter((filter) => !this.#filters.has(filter));
    if (gone.length > 0) this.#client.unsubscribe(gone);
    if (added.length > 0) {
      this.#client.subscribe(added, { qos: 1 }, (error, granted) => {
        for (const { topic, qos } of granted ?? []) {
          if (qos > 2)
            this.options.logger.warn({ filter: topic }, 'the upstream broker refuses a subscription');
        }
        if (error) this.options.logger.warn({ reason: error.message }, 'upstream subscription failed');
      });
    }
    this.#filters = wanted;
  }

  /** Publishes an outcome's observations there, when that is wanted. */
  publish(outcome: Outcome): void {
    if (!this.options.publishBack || !this.#client.connected) return;
    const { qos } = outcome.raw;
    for (const series of outcome.moved)
      this.#client.publish(semanticTopic(series), '', { qos, retain: true });
    for (const { record, retained } of outcome.observations) {
      this.#client.publish(semanticTopic(record.series), this.options.renderer.json(record), {
        qos,
        retain: retained,
      });
    }
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#client.endAsync();
  }

  #take(
    topic: string,
    payload: Buffer,
    packet: { qos: 0 | 1 | 2; retain: boolean; dup: boolean; messageId?: number },
    done: (code: number) => void,
  ): void {
    // What we published ourselves is not a raw message.
    if (/^(semantic|glossa)(\/|$)/.test(topic)) {
      done(0);
      return;
    }
    const { qos, retain, dup, messageId } = packet;
    this.options.ingest
      .ingest({
        topic,
        payload,
        qos,
        retain,
        dup,
        received: nowMicros(),
        client: `upstream:${this.options.clientId}`,
        username: 'upstream',
        ...(messageId !== undefined && qos > 0 && { packetId: messageId }),
      })
      .then(
        (outcome) => {
          done(0);
          this.options.sink.publish(outcome);
        },
        // Not committed: not acknowledged; the upstream broker sends it again.
        () => undefined,
      );
  }
}
