import { connect as connectTo, type Socket } from 'node:net';
import { parser } from 'mqtt-packet';
import { ServiceProcess } from '../../flow/support/child.js';
import { eventually } from '../../flow/support/eventually.js';
import { Publisher } from '../../flow/support/publisher.js';
import { memoryOf, MEASURED, MIB } from '../memory.js';
import { connect, mutated, valid, type Fuzzer } from './grammar.js';
import { Random } from './random.js';

const CONNECTIONS = 48;
const PINGREQ = 0xc0;
const SCHEMA = {
  id: 'climate',
  topic: 'plant/{device}/climate',
  time: 'at',
  observations: { temperature: { property: 'AirTemperature', unit: '°C' } },
};

/** A connection that hears what is answered. */
class Talk {
  readonly #socket: Socket;
  readonly #closed: Promise<void>;
  readonly #counts = new Map<string, number>();
  #open = true;
  #look: () => void = () => undefined;

  constructor(port: number) {
    const socket = connectTo({ port, host: '127.0.0.1', noDelay: true });
    const packets = parser();
    packets.on('packet', ({ cmd }) => {
      this.#counts.set(cmd, (this.#counts.get(cmd) ?? 0) + 1);
      this.#look();
    });
    socket.on('data', (bytes) => packets.parse(bytes));
    socket.on('error', () => undefined);
    this.#closed = new Promise((resolve) =>
      socket.once('close', () => {
        this.#open = false;
        this.#look();
        resolve();
      }),
    );
    this.#socket = socket;
  }

  /** Writes packets: at once, one by one, or bit by bit as slow links do. Answers how many went out. */
  async say(packets: readonly Buffer[], random: Random): Promise<number> {
    const socket = this.#socket;
    if (!this.#open) return 0;
    const manner = random.below(10);
    if (manner > 3) socket.write(Buffer.concat(packets));
    else if (manner > 0) for (const packet of packets) socket.write(packet);
    else {
      const bytes = Buffer.concat(packets);
      for (let at = 0; at < bytes.length && socket.writable;) {
        const size = 1 + random.below(7) + (bytes.length > 2000 ? 500 : 0);
        await new Promise((resolve) => socket.write(bytes.subarray(at, (at += size)), resolve));
      }
    }
    return packets.length;
  }

  /** Waits for so many packets of a kind, or the end. */
  async until(cmd: string, count: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#look = () => {
        if (!this.#open || (this.#counts.get(cmd) ?? 0) >= count) resolve();
      };
      this.#look();
    });
  }

  /** Ends, when everything was read or at once. */
  async leave(atOnce: boolean): Promise<void> {
    if (atOnce) setImmediate(() => this.#socket.resetAndDestroy());
    else this.#socket.end();
    await this.#closed;
  }
}

/** Connections that send what a client may, and then what it may not, until so many packets are sent. */
class Run {
  sent = 0;
  /** What open connections have sent, for the report of a crash. */
  readonly #open = new Set<readonly Buffer[]>();

  constructor(
    private readonly random: Random,
    private readonly fuzzer: Fuzzer,
    private readonly service: ServiceProcess,
  ) {}

  /** Sends packets over many connections at once. */
  async send(packets: number): Promise<void> {
    const goal = this.sent + packets;
    const work = async () => {
      while (
        this.sent < goal &&
        this.service.child.exitCode === null &&
        this.service.child.signalCode === null
      )
        await this.#connection();
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, work));
  }

  /** What was on its way when the service ended, in hexadecimal. */
  get evidence(): string {
    return [...this.#open].map((packets) => Buffer.concat(packets).toString('hex').slice(-4000)).join('\n');
  }

  /** One connection: what it may send is answered before the broken part goes out. */
  async #connection(): Promise<void> {
    const { random, fuzzer } = this;
    const packets = this.#conversation();
    this.#open.add(packets);
    const talk = new Talk(this.service.ports.mqtt);
    // Some break it with CONNECT.
    if (!random.chance(3)) {
      this.sent += await talk.say(packets.slice(0, 1), random);
      await talk.until('connack', 1);
      this.sent += await talk.say(packets.slice(1), random);
      await talk.until('pingresp', packets.filter((packet) => packet[0] === PINGREQ).length);
    }
    this.sent += await talk.say(
      Array.from({ length: random.below(6) }, () => mutated(random, fuzzer)),
      random,
    );
    await talk.leave(random.chance(10));
    this.#open.delete(packets);
  }

  /** CONNECT, what a client may send, and PINGREQ, whose answer tells that the rest was read. */
  #conversation(): Buffer[] {
    const { random, fuzzer } = this;
    const packets = Array.from({ length: random.below(40) }, () => valid(random));
    return [connect(random, fuzzer), ...packets, Buffer.from([PINGREQ, 0])];
  }
}

/** The specs of a fuzz with so many packets. `npm run test:faults -- --seed=<n>` runs one again. */
export function fuzz(packets: number): void {
  const seed = import.meta.jest.getSeed();

  describe(`${packets.toLocaleString('en')} packets, half of the connections end with broken ones (seed ${seed})`, () => {
    let service: ServiceProcess;
    let fuzzer: Fuzzer;

    beforeAll(async () => {
      service = await ServiceProcess.start({ ...MEASURED, GLOSSA_DURABILITY: 'os' });
      const rest = service.rest();
      expect((await rest.post('/api/schemas', SCHEMA)).status).toBe(201);
      const rule = (action: string) => ({ effect: 'allow', action, topic: 'fuzz/#' });
      await rest.post('/api/accounts', { username: 'fuzzer', rules: [rule('publish'), rule('subscribe')] });
      const { body } = await rest.post('/api/accounts/fuzzer/tokens', {});
      fuzzer = { username: 'fuzzer', token: body.token, sessions: ['stays-1', 'stays-2', 'stays-3'] };
    });

    it(
      'the process lives, its memory is back, the ledger closes, a neighbour lost nothing',
      async () => {
        const neighbour = new Publisher({
          clientId: 'neighbour',
          window: 4,
          message: (n) => ({
            topic: 'plant/neighbour/climate',
            payload: JSON.stringify({ temperature: 20, at: 1_700_000_000_000 + n }),
          }),
        });
        await neighbour.connect(service.ports.mqtt);
        neighbour.start();
        const run = new Run(new Random(seed), fuzzer, service);
        try {
          await run.send(packets / 10);
          await settled(service);
          const before = await memoryOf(service);
          await run.send(packets - packets / 10);
          await neighbour.drain();
          await settled(service);
          const after = await memoryOf(service);
          expect(run.sent).toBeGreaterThanOrEqual(packets);
          expect(after.heapUsed - before.heapUsed).toBeLessThan(16 * MIB);
          expect(after.external - before.external).toBeLessThan(32 * MIB);
        } catch (error) {
          throw new Error(`seed ${seed}, on its way:\n${run.evidence}`, { cause: error });
        }
        // Acknowledged in order, and every one is stored.
        expect(neighbour.acknowledged).toEqual(Array.from({ length: neighbour.sent }, (_, n) => n));
        expect(neighbour.sent).toBeGreaterThan(0);
        const rest = service.rest();
        const { body: stream } = await rest.get('/api/datastreams/neighbour/temperature');
        expect(stream.count).toBe(neighbour.sent);
        const { body: summary } = await rest.get('/api/messages/summary');
        const { received, ...states } = summary.messages as Record<string, number>;
        expect(Object.values(states).reduce((sum, count) => sum + count, 0)).toBe(received);
        expect((await rest.get('/health')).body).toMatchObject({ status: 'ok', mqtt: { connections: 1 } });
        expect(service.lines.filter(({ level }) => level >= 50)).toEqual([]);
        neighbour.end();
        await service.stop();
      },
      20 * 60_000,
    );
  });

  /** Waits until the fuzzer's connections are gone and nothing is held, and ends the sessions that it left. */
  async function settled(service: ServiceProcess): Promise<void> {
    for (const clientId of ['stays-1', 'stays-2', 'stays-3']) {
      const visit = await service.mqtt({ clientId, clean: true });
      await visit.end();
    }
    await eventually(async () => {
      const { mqtt } = (await service.rest().get('/health')).body;
      return mqtt.connections <= 1 && mqtt.held <= 4;
    });
  }
}
