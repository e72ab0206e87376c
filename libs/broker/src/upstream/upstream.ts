import type { IPublishPacket, MqttClient, connect } from 'mqtt';
import type { Ingest, Outcome, OutcomeSink, SeriesTable } from '#ingest';
import { nowMicros, type Series } from '#model';
import type { ObservationRenderer } from '#semantics';
import type { BrokerLogger } from '../logger.js';
import { HeldAcknowledgements } from './acknowledgements.js';
import { UpstreamMemory } from './memory.js';
import { UpstreamPublisher } from './publisher.js';

export interface UpstreamOptions {
  /** `mqtt://user:password@host:port` or any URL that mqtt.js takes. */
  readonly url: string;
  /** Where our name there and our subscriptions are kept. */
  readonly file: string;
  readonly ingest: Ingest;
  readonly series: SeriesTable;
  /** The local fan-out. */
  readonly sink: OutcomeSink;
  readonly renderer: ObservationRenderer;
  /** Publish semantic messages back to that broker. */
  readonly publishBack: boolean;
  readonly logger: BrokerLogger;
}

/** Messages between that broker and the store at most; beyond, the connection is not read. */
const WINDOW = 1000;
/** Filters in one SUBSCRIBE: some brokers take no more. */
const FILTERS = 8;
/** With QoS 2, mqtt.js would own a message before it is committed. */
const QOS = 1;
const CLOSE_MS = 1500;
/** What we publish ourselves is no raw message, however wide a mapped pattern is. */
const OWN = /^(semantic|glossa)(\/|$)/;

/**
 * A client of an existing broker: subscribes there to the mapped topics and acknowledges a message after its
 * commit. The session is persistent, so what comes while we are away waits there.
 */
export class Upstream {
  readonly #client: MqttClient;
  readonly #broker: string;
  readonly #memory: UpstreamMemory;
  readonly #acknowledgements: HeldAcknowledgements;
  readonly #publisher: UpstreamPublisher | undefined;
  readonly #refused = new Set<string>();
  #aligning: Promise<void> = Promise.resolve();
  #reason = 'it has not answered yet';
  #told = false;
  #held = 0;
  #waiting: (() => void)[] = [];
  #closing = false;

  /** Begins to connect, and goes on until it is closed. The client is loaded here: most gateways have no upstream. */
  static async start(options: UpstreamOptions): Promise<Upstream> {
    const { default: mqtt } = await import('mqtt');
    return new Upstream(options, mqtt.connect);
  }

  private constructor(
    private readonly options: UpstreamOptions,
    connectTo: typeof connect,
  ) {
    const { url, file, series, renderer, publishBack, logger } = options;
    // Its user and password stay out of the log.
    this.#broker = new URL(url).host;
    this.#memory = new UpstreamMemory(file, this.#broker, (error) =>
      logger.warn({ reason: error.message }, `${file} cannot be written`),
    );
    this.#client = connectTo(url, {
      clientId: this.#memory.clientId,
      clean: false,
      reconnectPeriod: 1000,
      // A password that is being changed, a broker that is starting: they pass.
      reconnectOnConnackError: true,
      resubscribe: false,
    });
    this.#acknowledgements = new HeldAcknowledgements(this.#client);
    if (publishBack) this.#publisher = new UpstreamPublisher(this.#client, series, renderer);
    // Called before PUBACK; mqtt.js reads on when this calls back.
    this.#client.handleMessage = (packet, done) => {
      this.#acknowledgements.hold(packet, this.#take(packet));
      if (this.#held < WINDOW && !this.#closing) done();
      else this.#waiting.push(done);
    };
    this.#client.on('connect', ({ sessionPresent }) => this.#connected(sessionPresent));
    this.#client.on('close', () => this.#lost());
    this.#client.on('error', (error) => (this.#reason = error.message));
  }

  /** What hinders it, a sentence. */
  get trouble(): string | undefined {
    if (!this.#client.connected)
      return `The upstream broker ${this.#broker} is not connected (${this.#reason}); it is tried again.`;
    if (this.#refused.size > 0)
      return `The upstream broker ${this.#broker} refuses subscriptions: ${[...this.#refused].join(', ')}.`;
    return undefined;
  }

  /** Brings the subscriptions in line with the registered schemas. */
  subscribe(): void {
    this.#aligning = this.#aligning.then(() => this.#align());
  }

  /** Publishes an outcome's observations there, when that is wanted. */
  publish(outcome: Outcome): void {
    this.#publisher?.publish(outcome);
  }

  /** A device moved or went: its retained values there go too. */
  clear(series: Series): void {
    this.#publisher?.clear(series);
  }

  /** The retained value of a series' topic changed: it is published there as it is now. */
  renew(series: Series): void {
    this.#publisher?.renew(series);
  }

  /** Reads no more, acknowledges what is committed in time, and leaves; the session stays. */
  async close(): Promise<void> {
    this.#closing = true;
    const late = new Promise((resolve) => setTimeout(resolve, CLOSE_MS).unref());
    await Promise.race([this.#acknowledgements.settled(), late]);
    await Promise.race([this.#client.endAsync(), late]);
    this.#client.end(true);
    await this.#memory.saved();
  }

  #connected(sessionPresent: boolean): void {
    this.options.logger.info({ broker: this.#broker }, 'upstream connected');
    this.#told = false;
    this.#reason = 'the connection was lost';
    if (!sessionPresent) this.#memory.filters.clear();
    this.subscribe();
    this.#publisher?.connected();
  }

  /** Said once, however often the connection is tried. */
  #lost(): void {
    // What comes on the next connection is told of anew.
    this.#waiting = [];
    this.#acknowledgements.forget();
    if (this.#closing || this.#told) return;
    this.#told = true;
    this.options.logger.warn(
      { broker: this.#broker, reason: this.#reason },
      'upstream not connected; it is tried again',
    );
  }

  async #align(): Promise<void> {
    if (!this.#client.connected || this.#closing) return;
    const { filters } = this.#memory;
    const wanted = new Set(this.options.ingest.snapshot.filters);
    const gone = [...filters].filter((filter) => !wanted.has(filter));
    const added = [...wanted].filter((filter) => !filters.has(filter));
    for (const filter of this.#refused) if (!wanted.has(filter)) this.#refused.delete(filter);
    for (let i = 0; i < added.length; i += FILTERS) await this.#subscribe(added.slice(i, i + FILTERS));
    for (let i = 0; i < gone.length; i += FILTERS) await this.#unsubscribe(gone.slice(i, i + FILTERS));
    if (added.length === 0 && gone.length === 0) return;
    this.#memory.save();
    await this.#memory.saved();
    this.options.logger.info({ filters: filters.size }, 'upstream subscriptions changed');
  }

  #subscribe(filters: string[]): Promise<void> {
    return new Promise((resolve) => {
      this.#client.subscribe(filters, { qos: QOS }, (_error, granted) => {
        // Without an answer, the next connection tries again.
        for (const { topic, qos } of granted ?? []) {
          if (qos <= 2) {
            this.#memory.filters.add(topic);
            this.#refused.delete(topic);
          } else if (!this.#refused.has(topic)) {
            this.#refused.add(topic);
            this.options.logger.warn({ filter: topic }, 'the upstream broker refuses a subscription');
          }
        }
        resolve();
      });
    });
  }

  #unsubscribe(filters: string[]): Promise<void> {
    return new Promise((resolve) => {
      this.#client.unsubscribe(filters, (error) => {
        if (!error) for (const filter of filters) this.#memory.filters.delete(filter);
        resolve();
      });
    });
  }

  /** Resolves after the commit. */
  async #take({ topic, payload, qos, retain, dup, messageId }: IPublishPacket): Promise<void> {
    if (OWN.test(topic)) return;
    this.#held++;
    try {
      const outcome = await this.options.ingest.ingest({
        topic,
        payload: Buffer.from(payload),
        qos,
        retain,
        dup,
        received: nowMicros(),
        client: `upstream:${this.#memory.clientId}`,
        username: 'upstream',
        ...(messageId !== undefined && qos > 0 && { packetId: messageId }),
      });
      this.options.sink.publish(outcome);
    } catch (error) {
      if (!this.#closing)
        this.options.logger.warn(
          { err: error, topic, qos, packetId: messageId },
          'upstream message not acknowledged',
        );
      throw error;
    } finally {
      this.#held--;
      this.#readOn();
    }
  }

  #readOn(): void {
    while (this.#waiting.length > 0 && this.#held < WINDOW && !this.#closing) this.#waiting.shift()!();
  }
}
