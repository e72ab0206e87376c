import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { temporaryFolder } from './child.js';
import { MqttTester, type MqttOptions } from './mqtt.js';
import { TestProcess } from './process.js';

export const USER = 'glossa';
export const PASSWORD = 'pa55word-of-the-upstream';
const MOSQUITTO = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto', '/opt/homebrew/sbin/mosquitto'];

export const mosquitto = MOSQUITTO.find((file) => existsSync(file));

/** What the aedes broker's process tells. */
export interface BrokerEvent {
  readonly event: 'listening' | 'connect' | 'subscribe' | 'unsubscribe' | 'ack';
  readonly client?: string;
  readonly filters?: readonly string[];
  readonly payload?: string;
  readonly port?: number;
}

/** The existing broker beside the gateway, a process of its own; it asks for user and password. */
export class UpstreamBroker {
  private constructor(
    readonly process: TestProcess,
    readonly port: number,
  ) {}

  /** @param port the same again after it was ended; nothing of an earlier one is kept */
  static async aedes(port = 0): Promise<UpstreamBroker> {
    const child = TestProcess.node('test/flow/support/aedes-broker.mjs', [String(port), USER, PASSWORD]);
    const listening = await child.until(() => eventsOf(child).find(({ event }) => event === 'listening'));
    return new UpstreamBroker(child, listening.port!);
  }

  static async mosquitto(): Promise<UpstreamBroker> {
    const folder = await temporaryFolder();
    const port = await freePort();
    const passwords = join(folder, 'passwords');
    execFileSync('mosquitto_passwd', ['-b', '-c', passwords, USER, PASSWORD], { stdio: 'ignore' });
    const settings = [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous false',
      `password_file ${passwords}`,
      'max_queued_messages 0',
      'log_type all',
      'log_dest stderr',
      // Started by root, it would give up the rights to read its own folder.
      'user root',
    ];
    await writeFile(join(folder, 'mosquitto.conf'), settings.join('\n'));
    const child = TestProcess.program(mosquitto!, ['-c', join(folder, 'mosquitto.conf')]);
    await child.until(() => (/mosquitto version \S+ running/.test(child.output) ? true : undefined));
    return new UpstreamBroker(child, port);
  }

  get url(): string {
    return `mqtt://${USER}:${PASSWORD}@127.0.0.1:${this.port}`;
  }

  /** What the gateway did here so far; aedes only. */
  get events(): BrokerEvent[] {
    return eventsOf(this.process).filter(({ client = '' }) => client.startsWith('glossa-'));
  }

  /** Waits for something that the gateway does here; aedes only. */
  until(holds: (events: readonly BrokerEvent[]) => boolean): Promise<true> {
    return this.process.until(() => (holds(this.events) ? true : undefined));
  }

  /** Filters that the gateway is subscribed to now; aedes only. */
  get filters(): string[] {
    const filters = new Set<string>();
    for (const { event, filters: told = [] } of this.events) {
      if (event === 'subscribe') for (const filter of told) filters.add(filter);
      if (event === 'unsubscribe') for (const filter of told) filters.delete(filter);
    }
    return [...filters].sort();
  }

  /** A client of this broker. */
  mqtt(options: MqttOptions = {}): Promise<MqttTester> {
    return MqttTester.connect(`mqtt://127.0.0.1:${this.port}`, {
      username: USER,
      password: PASSWORD,
      ...options,
    });
  }
}

function eventsOf(child: TestProcess): BrokerEvent[] {
  return child.stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as BrokerEvent);
}

/** A port that is free now: for servers that cannot say which one they took. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
