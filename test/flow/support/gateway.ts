import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { readConfig } from '../../../apps/gateway/src/config.js';
import { start, type Service } from '../../../apps/gateway/src/service.js';
import { ADMIN_TOKEN } from './admin-token.js';
import { Rest } from './rest.js';
import { MqttTester, type MqttOptions } from './mqtt.js';

export { ADMIN_TOKEN };

/** A gateway of its own on a throw-away folder and free ports, in this process. */
export class TestGateway {
  readonly #clients: MqttTester[] = [];

  private constructor(
    readonly service: Service,
    readonly directory: string,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  /** @param env settings beside folder, ports and token */
  static async start(env: Readonly<Record<string, string>> = {}, directory?: string): Promise<TestGateway> {
    const folder = directory ?? (await mkdtemp(join(tmpdir(), 'glossa-test-')));
    const config = readConfig({
      GLOSSA_DATA_DIR: folder,
      GLOSSA_HTTP_PORT: '0',
      GLOSSA_MQTT_PORT: '0',
      GLOSSA_MQTTS_PORT: '0',
      GLOSSA_ADMIN_TOKEN: ADMIN_TOKEN,
      // A restarted gateway has another port: IRIs stay.
      GLOSSA_BASE_URL: 'http://glossa.test',
      ...env,
    });
    const logger = pino({ level: 'silent' });
    return new TestGateway(await start(config, logger), folder, env);
  }

  get mqttPort(): number {
    return this.service.ports.mqtt;
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.service.ports.http}`;
  }

  /** REST with the admin token, or another one. */
  rest(token = ADMIN_TOKEN): Rest {
    return new Rest(this.httpUrl, token);
  }

  /** An MQTT client; without username it is the admin. */
  async mqtt(options: MqttOptions = {}): Promise<MqttTester> {
    const client = await MqttTester.connect(`mqtt://127.0.0.1:${this.mqttPort}`, {
      username: 'admin',
      password: ADMIN_TOKEN,
      ...options,
    });
    this.#clients.push(client);
    return client;
  }

  /** Closes the service and starts it again on the same folder. */
  async restart(): Promise<TestGateway> {
    await this.#closeClients();
    await this.service.close();
    return TestGateway.start(this.env, this.directory);
  }

  async stop(): Promise<void> {
    await this.#closeClients();
    await this.service.close();
    await rm(this.directory, { recursive: true, force: true });
  }

  async #closeClients(): Promise<void> {
    for (const client of this.#clients.splice(0)) await client.end();
  }
}
