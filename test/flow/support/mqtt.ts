import mqtt, {
  type IClientOptions,
  type IClientPublishOptions,
  type IPublishPacket,
  type MqttClient,
} from 'mqtt';

export type MqttOptions = Partial<IClientOptions>;

/** A message as a subscriber got it. */
export interface Received {
  readonly topic: string;
  readonly text: string;
  readonly retain: boolean;
  readonly qos: number;
  readonly dup: boolean;
}

const PATIENCE_MS = 10_000;

/** An mqtt.js client that remembers what it received. */
export class MqttTester {
  readonly received: Received[] = [];
  readonly #waiting = new Set<() => void>();

  private constructor(readonly client: MqttClient) {
    client.on('message', (topic, payload, { retain, qos, dup }: IPublishPacket) => {
      this.received.push({ topic, text: payload.toString(), retain, qos, dup });
      for (const look of [...this.#waiting]) look();
    });
    client.on('error', () => undefined);
  }

  static async connect(url: string, options: MqttOptions): Promise<MqttTester> {
    const client = mqtt.connect(url, { reconnectPeriod: 0, connectTimeout: PATIENCE_MS, ...options });
    const tester = new MqttTester(client);
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve());
      client.once('error', reject);
      client.once('close', () => reject(new Error('closed before CONNACK')));
    });
    return tester;
  }

  /** Resolves with its acknowledgement, for QoS 1 and 2. An object is sent as JSON. */
  async publish(topic: string, payload: unknown, options: IClientPublishOptions = { qos: 1 }): Promise<void> {
    const bytes = typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload);
    await this.client.publishAsync(topic, bytes, options);
  }

  /** Resolves with the granted QoS, 128 for a refusal. */
  async subscribe(filter: string | string[], qos: 0 | 1 | 2 = 1): Promise<number[]> {
    return new Promise((resolve, reject) => {
      this.client.subscribe(filter, { qos }, (error, granted, packet) => {
        // A refusal is an error to mqtt.js, and `granted` then what was asked for.
        if (packet) resolve(packet.granted as number[]);
        else if (granted !== undefined && granted.length > 0) resolve(granted.map((one) => one.qos));
        else if (error) reject(error);
        else resolve([]);
      });
    });
  }

  /** The first message that fits, received already or to come. */
  async next(fits: (message: Received) => boolean): Promise<Received> {
    await this.until((received) => received.some(fits));
    return this.received.find(fits)!;
  }

  /** Waits until what was received holds. */
  async until(holds: (received: readonly Received[]) => boolean): Promise<void> {
    if (holds(this.received)) return;
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!holds(this.received)) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        const topics = this.received.map(({ topic }) => topic).slice(-20);
        reject(
          new Error(
            `not received in time; the last ${topics.length} of ${this.received.length}: ${topics.join(', ')}`,
          ),
        );
      }, PATIENCE_MS);
      this.#waiting.add(look);
    });
  }

  async end(): Promise<void> {
    await this.client.endAsync(true);
  }
}
