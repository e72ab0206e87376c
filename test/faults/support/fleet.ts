import type { ChildProcess } from 'node:child_process';
import { ADMIN_TOKEN } from '../../flow/support/admin-token.js';
import { TestProcess } from '../../flow/support/process.js';

/** One publisher of the fleet. Its nth message holds the value `n * 16 + offset` five times, or always the same. */
export interface FleetPublisher {
  readonly id: string;
  readonly topic: string;
  readonly qos?: 1 | 2;
  /** Whether its messages have a time of the device. */
  readonly timed?: boolean;
  /** Tells publishers of one device apart; below 16. */
  readonly offset?: number;
  /** Whether every message has the value `offset`. */
  readonly constant?: boolean;
  readonly window?: number;
  /** How many messages it sends at most. */
  readonly limit?: number;
  /** Bytes that make a message longer. */
  readonly pad?: number;
  readonly keepalive?: number;
}

/** What a publisher did so far. Acknowledged is PUBACK, or PUBREC for QoS 2. */
export interface FleetState {
  readonly sent: number;
  readonly acknowledged: number;
  readonly idle: boolean;
  readonly connected: boolean;
}

/** Names of the datastreams of a device. */
export const FLEET_VALUES = ['a', 'b', 'c', 'd', 'e'];

/** A schema for the messages of the fleet on `load/{device}`. */
export const FLEET_SCHEMA = {
  id: 'load',
  topic: 'load/{device}',
  time: '$exists(at) ? at : undefined',
  observations: Object.fromEntries(
    FLEET_VALUES.map((name) => [name, { property: 'AirTemperature', unit: '°C' }]),
  ),
};

/** Publishers in a process of their own: see fleet-process.mjs. */
export class Fleet extends TestProcess {
  #states: FleetState[];
  #read = 0;

  private constructor(
    child: ChildProcess,
    readonly publishers: readonly FleetPublisher[],
  ) {
    super(child);
    this.#states = publishers.map(() => ({ sent: 0, acknowledged: 0, idle: true, connected: false }));
  }

  static async start(
    publishers: readonly FleetPublisher[],
    username = 'admin',
    password = ADMIN_TOKEN,
  ): Promise<Fleet> {
    const settings = JSON.stringify({ publishers, username, password });
    const child = TestProcess.nodeChild('test/faults/support/fleet-process.mjs', [settings], {});
    const fleet = new Fleet(child, publishers);
    // It takes commands from then on.
    await fleet.until(() => (fleet.stdout.includes('\n') ? true : undefined));
    return fleet;
  }

  /** Connects the publishers, now and whenever the connection is lost; they send when they may. */
  connect(port: number): void {
    this.#say({ port, sending: true });
  }

  /** The service went away: nobody connects until it is told where. */
  away(): void {
    this.#say({ port: null });
  }

  get states(): readonly FleetState[] {
    const end = this.stdout.lastIndexOf('\n') + 1;
    if (end > this.#read) {
      const lines = this.stdout.slice(this.#read, end).trimEnd().split('\n');
      this.#read = end;
      const last = JSON.parse(lines.at(-1)!) as {
        failed?: string;
        publishers: [number, number, number, number][];
      };
      if (last.failed !== undefined) throw new Error(`the fleet failed: ${last.failed}`);
      this.#states = last.publishers.map(([sent, acknowledged, idle, connected]) => ({
        sent,
        acknowledged,
        idle: idle === 1,
        connected: connected === 1,
      }));
    }
    return this.#states;
  }

  get acknowledged(): number {
    return this.states.reduce((sum, one) => sum + one.acknowledged, 0);
  }

  get sent(): number {
    return this.states.reduce((sum, one) => sum + one.sent, 0);
  }

  /** Waits until so many messages are acknowledged in all, as long as more of them are. @throws when none is in time */
  async untilAcknowledged(count: number): Promise<void> {
    while (this.acknowledged < count) {
      const before = this.acknowledged;
      await this.until(() => (this.acknowledged > before ? true : undefined));
    }
  }

  /** Sends nothing new and waits until everything is acknowledged. */
  async drain(): Promise<void> {
    this.#say({ sending: false });
    // A state that was told before the command is no answer to it.
    const after = this.stdout.length;
    await this.until(() =>
      this.stdout.length >= after && this.states.every(({ idle, connected }) => idle && connected)
        ? true
        : undefined,
    );
  }

  #say(command: object): void {
    this.child.stdin!.write(`${JSON.stringify(command)}\n`);
  }
}
