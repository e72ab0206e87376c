import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { ADMIN_TOKEN } from './admin-token.js';
import { MqttTester, type MqttOptions } from './mqtt.js';
import { TestProcess, type Exit } from './process.js';
import { Rest } from './rest.js';

const MAIN = 'dist/apps/gateway/src/main.js';

/** A line of the service's log. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** Where the service listens, as its log says. */
interface Ports {
  readonly http: number;
  readonly mqtt: number;
  readonly mqtts?: number;
}

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** A throw-away folder; it goes with the spec file. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'glossa-service-'));
  folders.push(folder);
  return folder;
}

/** The service as users run it: a process of its own, on free ports and a throw-away data folder. */
export class ServiceProcess extends TestProcess {
  ports!: Ports;

  private constructor(
    child: ChildProcess,
    readonly directory: string,
    readonly env: Readonly<Record<string, string>>,
  ) {
    super(child);
  }

  /** Starts it and waits until it listens. @param env settings beside folder, ports and token */
  static async start(
    env: Readonly<Record<string, string>> = {},
    directory?: string,
  ): Promise<ServiceProcess> {
    const service = await ServiceProcess.launch(env, directory);
    await service.listening();
    return service;
  }

  /** Starts it and does not wait. An empty setting is left out. */
  static async launch(
    env: Readonly<Record<string, string>> = {},
    directory?: string,
  ): Promise<ServiceProcess> {
    const folder = directory ?? (await temporaryFolder());
    const all = {
      GLOSSA_DATA_DIR: folder,
      GLOSSA_HTTP_PORT: '0',
      GLOSSA_MQTT_PORT: '0',
      GLOSSA_MQTTS_PORT: '0',
      GLOSSA_ADMIN_TOKEN: ADMIN_TOKEN,
      // A restarted service has another port: IRIs stay.
      GLOSSA_BASE_URL: 'http://glossa.test',
      ...env,
    };
    const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
    return new ServiceProcess(TestProcess.nodeChild(MAIN, [], given), folder, env);
  }

  /** Waits for the log line that tells the ports. */
  async listening(): Promise<Ports> {
    this.ports = await this.log(({ msg }) => msg.startsWith('Glossa listens')).then(
      (line) => line as unknown as Ports,
    );
    return this.ports;
  }

  /** The log so far. A line that is not JSON fails the test. */
  get lines(): LogLine[] {
    return this.stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as LogLine);
  }

  /** The first line of the log that fits, written already or to come. */
  log(fits: (line: LogLine) => boolean): Promise<LogLine> {
    return this.until(() => this.lines.find(fits));
  }

  get url(): string {
    return `http://127.0.0.1:${this.ports.http}`;
  }

  get mqttUrl(): string {
    return `mqtt://127.0.0.1:${this.ports.mqtt}`;
  }

  rest(token = this.env['GLOSSA_ADMIN_TOKEN'] ?? ADMIN_TOKEN): Rest {
    return new Rest(this.url, token);
  }

  /** An MQTT client; without username it is the admin. */
  mqtt(options: MqttOptions = {}): Promise<MqttTester> {
    return MqttTester.connect(this.mqttUrl, {
      username: 'admin',
      password: this.env['GLOSSA_ADMIN_TOKEN'] ?? ADMIN_TOKEN,
      ...options,
    });
  }

  /** Ends it as an operator does; a stop that is not clean fails the test. */
  async stop(): Promise<this> {
    const exit: Exit = await this.kill('SIGTERM');
    if (exit.code !== 0)
      throw new Error(`stopped with ${JSON.stringify(exit)}:\n${this.output.slice(-4000)}`);
    return this;
  }

  /** Starts it again on the same folder, after its end. */
  again(env = this.env): Promise<ServiceProcess> {
    return ServiceProcess.start(env, this.directory);
  }
}
