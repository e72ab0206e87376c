import mqtt, { type MqttClient } from 'mqtt';
import { FAMILIES, type FleetMessage } from './families/index.js';
import { ROOMS } from './world.js';

/** Publishes what every family's devices say, over a plain MQTT client. */
export class Fleet {
  readonly #client: MqttClient;
  #timer: NodeJS.Timeout | undefined;

  private constructor(client: MqttClient) {
    this.#client = client;
  }

  /** Connects. @throws when the broker refuses */
  static async connect(url: string, username: string, password: string): Promise<Fleet> {
    return new Fleet(await mqtt.connectAsync(url, { username, password, clientId: `fleet-${process.pid}` }));
  }

  /** One message of every device, for a time in milliseconds. */
  static messages(time: number): FleetMessage[] {
    return FAMILIES.flatMap((family) => ROOMS.flatMap((room) => family.messages(room, time)));
  }

  /** Publishes one round; resolves when every message was acknowledged. */
  async publishOnce(time = Date.now()): Promise<void> {
    await Promise.all(
      Fleet.messages(time).map(({ topic, payload }) => this.#client.publishAsync(topic, payload, { qos: 1 })),
    );
  }

  /** Publishes a round every `intervalMs`. */
  start(intervalMs: number): void {
    this.#timer = setInterval(() => void this.publishOnce().catch(() => undefined), intervalMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#client.endAsync();
  }
}
