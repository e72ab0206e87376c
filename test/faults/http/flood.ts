import { execFileSync } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { ADMIN_TOKEN } from '../../flow/support/admin-token.js';
import { ServiceProcess } from '../../flow/support/child.js';
import { eventually } from '../../flow/support/eventually.js';
import { MEASURED, memoryOf, MIB } from '../memory.js';

const KIB = 1024;
/** What the service itself and the test need of open files. */
const SPARE_FILES = 1500;
/** Sockets that connect at once. */
const BATCH = 100;
/** A device that measures, and does not keep the machine from the sockets. */
const PUBLISH_EVERY_MS = 10;
/** What a busy machine may add to a time limit. */
const SLACK_MS = 30_000;

const UPGRADE = [
  'GET /mqtt HTTP/1.1',
  'Host: x',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Protocol: mqtt',
];
const KEY = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';
const lines = (...parts: string[]) => Buffer.from([...parts, '', ''].join('\r\n'));
/** The header of a masked frame whose mask is zero. */
const frame = (opcode: number, length: number) => {
  const header = Buffer.alloc(14);
  header[0] = 0x80 | opcode;
  header[1] = 0x80 | 127;
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
};

interface Kind {
  readonly name: string;
  /** So many of a hundred sockets. */
  readonly share: number;
  /** What is sent at once. */
  readonly first: Buffer;
  /** What is sent every second, until the connection ends. */
  readonly drop?: Buffer;
  /** Answers are not read for so long. */
  readonly deaf?: number;
  /** When the service ends it, at the latest. */
  readonly limit: number;
}

const KINDS: readonly Kind[] = [
  { name: 'that says nothing', share: 30, first: Buffer.alloc(0), limit: 12_000 },
  {
    name: 'whose headers come drop by drop',
    share: 30,
    first: Buffer.from('GET /health HTTP/1.1\r\nX-A: '),
    drop: Buffer.from('a'),
    limit: 12_000,
  },
  {
    name: 'with a key that is none',
    share: 4,
    first: lines(...UPGRADE, 'Sec-WebSocket-Key: x'),
    limit: 12_000,
  },
  {
    name: 'with a text frame',
    share: 4,
    first: Buffer.concat([lines(...UPGRADE, KEY), frame(1, 1), Buffer.from('x')]),
    limit: 12_000,
  },
  {
    name: 'with a frame that is too large',
    share: 4,
    first: Buffer.concat([lines(...UPGRADE, KEY), frame(2, 3 * MIB)]),
    limit: 12_000,
  },
  {
    name: 'with a frame that is no frame',
    share: 4,
    first: Buffer.concat([lines(...UPGRADE, KEY), Buffer.alloc(100, 0xff)]),
    limit: 12_000,
  },
  {
    name: 'with a frame that does not end',
    share: 8,
    first: Buffer.concat([lines(...UPGRADE, KEY), frame(2, MIB)]),
    drop: Buffer.alloc(1),
    limit: 32_000,
  },
  {
    name: 'whose body comes drop by drop',
    share: 8,
    first: lines(
      'POST /api/preview HTTP/1.1',
      'Host: x',
      `Authorization: Bearer ${ADMIN_TOKEN}`,
      'Content-Type: application/json',
      'Content-Length: 1000',
    ),
    drop: Buffer.from(' '),
    limit: 62_000,
  },
  {
    name: 'that reads no answer',
    share: 8,
    first: Buffer.from('GET /docs/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(20)),
    deaf: 130_000,
    // Twice the time without a byte, where the kernel took more of the answer meanwhile.
    limit: 250_000,
  },
];

/** A hostile connection and how long it was open. */
class Intruder {
  readonly socket: Socket;
  readonly connected: Promise<void>;
  readonly closed: Promise<void>;
  #began = Infinity;
  lifetime: number | undefined;

  constructor(
    port: number,
    readonly kind: Kind,
  ) {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    socket.write(kind.first);
    // Who reads nothing does not hear of the end either: it listens when most have ended.
    if (kind.deaf === undefined) socket.resume();
    else setTimeout(() => socket.resume(), kind.deaf).unref();
    this.connected = new Promise((resolve) => {
      socket.once('connect', () => {
        this.#began = performance.now();
        resolve();
      });
      socket.once('close', () => resolve());
    });
    this.closed = new Promise((resolve) =>
      socket.once('close', () => {
        this.lifetime = performance.now() - this.#began;
        resolve();
      }),
    );
    this.socket = socket;
  }

  drop(): void {
    if (this.kind.drop && this.socket.writable) this.socket.write(this.kind.drop);
  }
}

/** The specs of so many hostile sockets at once. @param patient waits for the longest time limits, too */
export function flood(wanted: number, patient: boolean): void {
  const files = Number(execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim()) || Infinity;
  const count = Math.min(wanted, files - SPARE_FILES);

  describe(`${count.toLocaleString('en')} hostile sockets`, () => {
    let service: ServiceProcess;

    beforeAll(async () => {
      service = await ServiceProcess.start(MEASURED);
    });
    afterAll(() => service.stop());

    it(
      'end by time limits, in bounded memory, and MQTT does not notice',
      async () => {
        const device = await service.mqtt({ keepalive: 0 });
        await service.rest().get('/docs/openapi.json');
        const before = await memoryOf(service);
        const latencies: number[] = [];
        const stop = new AbortController();
        const publisher = (async () => {
          while (!stop.signal.aborted) {
            const began = performance.now();
            await device.publish('nobody/knows', 'x');
            latencies.push(performance.now() - began);
            await pause(PUBLISH_EVERY_MS);
          }
        })();
        const intruders: Intruder[] = [];
        for (const kind of KINDS)
          for (let i = 0; i < (count * kind.share) / 100; i++) {
            intruders.push(new Intruder(service.ports.http, kind));
            // Beyond what a listening socket keeps waiting, the system drops connections that nobody has seen.
            if (intruders.length % BATCH === 0)
              await Promise.all(intruders.slice(-BATCH).map(({ connected }) => connected));
          }
        const dripping = setInterval(() => {
          for (const intruder of intruders) intruder.drop();
        }, 1000);
        // New clients come in as ever.
        await (await service.mqtt()).end();
        const during = await memoryOf(service);
        const awaited = intruders.filter(({ kind }) => patient || kind.limit <= 12_000);
        const longest = Math.max(...awaited.map(({ kind }) => kind.limit)) + SLACK_MS;
        const timer = new Promise((resolve) => setTimeout(resolve, longest).unref());
        await Promise.race([Promise.all(awaited.map(({ closed }) => closed)), timer]);
        clearInterval(dripping);
        const late = awaited.filter(({ lifetime = Infinity, kind }) => lifetime > kind.limit + SLACK_MS);
        const lateKinds = [...new Set(late.map(({ kind }) => kind.name))];
        const times = late.map(({ lifetime }) => Math.round(lifetime ?? Infinity)).sort((a, b) => a - b);
        for (const { socket } of intruders) socket.destroy();
        await Promise.all(intruders.map(({ closed }) => closed));
        stop.abort();
        await publisher;
        expect({ late: late.length, lateKinds, times: times.slice(0, 20) }).toEqual({
          late: 0,
          lateKinds: [],
          times: [],
        });
        latencies.sort((a, b) => a - b);
        expect(latencies[Math.floor(latencies.length / 2)]).toBeLessThan(250);
        expect(latencies.at(-1)).toBeLessThan(5_000);
        expect(during.heapUsed + during.external - before.heapUsed - before.external).toBeLessThan(
          count * 40 * KIB + 32 * MIB,
        );
        await eventually(async () => (await memoryOf(service)).heapUsed - before.heapUsed < 12 * MIB);
        expect((await service.rest().get('/health')).body).toMatchObject({ status: 'ok' });
        const { body } = await service.rest().get('/api/messages/summary');
        expect(body.messages.received).toBe(latencies.length);
        expect(service.lines.filter(({ level }) => level >= 50)).toEqual([]);
        await device.end();
      },
      8 * 60_000,
    );
  });
}
