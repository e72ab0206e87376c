import { once } from 'node:events';
import type { ServiceProcess } from '../flow/support/child.js';
import { eventually } from '../flow/support/eventually.js';
import { closedLedger } from '../flow/support/observations.js';
import { publishPacket, Wire } from '../flow/support/wire.js';
import { generate } from 'mqtt-packet';
import { MEASURED, memoryOf, MIB } from './memory.js';
import { Fleet, FLEET_SCHEMA, FLEET_VALUES } from './support/fleet.js';
import { Saboteur } from './support/saboteur.js';
import { faultsOf } from './support/stored.js';

const PROBE = {
  id: 'probe',
  topic: 'probe/{device}',
  observations: { v: { property: 'AirTemperature', unit: '°C' } },
};

/** How long one message after the other takes from its publisher to a subscriber, in milliseconds, ascending. */
async function latencies(service: ServiceProcess, until: (found: number) => boolean): Promise<number[]> {
  const [sender, reader] = await Promise.all([service.mqtt(), service.mqtt()]);
  await reader.subscribe('semantic/+/+/neighbour/#', 1);
  const found: number[] = [];
  for (let v = 0; !until(v); v++) {
    const before = performance.now();
    await sender.publish('probe/neighbour', { v });
    await reader.next(({ text, retain }) => !retain && text.includes(`"numericValue":${v},`));
    found.push(performance.now() - before);
    reader.received.length = 0;
  }
  await Promise.all([sender.end(), reader.end()]);
  return found.sort((a, b) => a - b);
}

const quantile = (ascending: readonly number[], q: number) =>
  ascending[Math.floor((ascending.length - 1) * q)]!;
const inUse = async (service: ServiceProcess) => {
  const { heapUsed, external } = await memoryOf(service);
  return heapUsed + external;
};

async function start(): Promise<Saboteur> {
  const saboteur = await Saboteur.start({ ...MEASURED });
  for (const schema of [FLEET_SCHEMA, PROBE])
    expect((await saboteur.service.rest().post('/api/schemas', schema)).status).toBe(201);
  return saboteur;
}

/** More than this is behind in the end, for each that does not read. */
const BEHIND = 100_000;

it('subscribers that stop reading, 100,000 messages behind: dropped with a reason, and others are not delayed', async () => {
  const { service } = await start();
  const fleet = await Fleet.start(
    Array.from({ length: 4 }, (_, i) => ({ id: `p${i}`, topic: `load/d${i}`, window: 64 })),
  );
  const subscribed = async (clientId: string, qos: 0 | 1, clean: boolean) => {
    const wire = await Wire.signIn(service.ports.mqtt, { clientId, clean });
    wire.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'semantic/+/+/+/+/#', qos }] });
    await wire.next('suback');
    return wire;
  };
  fleet.connect(service.ports.mqtt);
  await fleet.untilAcknowledged(2000);
  const memory = await inUse(service);
  // The same load and the same session, which is away.
  await (await subscribed('stopped-session', 1, false)).cut();
  const before = await latencies(service, (found) => found > 20 && fleet.acknowledged >= 6000);

  const stopped: Wire[] = [];
  for (const [clientId, qos, clean] of [
    ['stopped-0', 0, true],
    ['stopped-1', 1, true],
    ['stopped-session', 1, false],
  ] as const) {
    const wire = await subscribed(clientId, qos, clean);
    wire.socket.pause();
    stopped.push(wire);
  }
  const since = fleet.acknowledged;
  let peak = 0;
  const watch = setInterval(
    () => void memoryOf(service).then(({ rss }) => (peak = Math.max(peak, rss))),
    1000,
  );
  const during = await latencies(service, () => (fleet.acknowledged - since) * FLEET_VALUES.length >= BEHIND);
  clearInterval(watch);

  for (const client of ['stopped-0', 'stopped-1']) {
    const line = await service.log(({ msg, client: id }) => msg === 'subscriber dropped' && id === client);
    expect(line).toMatchObject({ level: 40, reason: expect.stringMatching(/\w+ \w+/) });
  }
  // A session is waited for; what is kept for it is bounded, the oldest go.
  await service.log(({ msg, client }) => msg.startsWith('a session is full') && client === 'stopped-session');
  for (const wire of stopped.slice(0, 2)) {
    wire.socket.resume();
    if (!wire.closed) await once(wire.socket, 'close');
  }
  expect(stopped[2]!.closed).toBe(false);
  await stopped[2]!.cut();

  expect(quantile(during, 0.5)).toBeLessThan(Math.max(5 * quantile(before, 0.5), 100));
  expect(quantile(during, 0.99)).toBeLessThan(Math.max(5 * quantile(before, 0.99), 1000));
  await fleet.drain();
  // Its session ends, and with it what is kept for it.
  await (await Wire.signIn(service.ports.mqtt, { clientId: 'stopped-session', clean: true })).cut();
  await eventually(
    async () => (await inUse(service)) < memory + 40 * MIB,
    () => 'the memory to come back',
  );
  expect(peak).toBeLessThan(700 * MIB);
  await fleet.kill();
  await service.stop();
}, 300_000);

it('a publisher much faster than the store: its writes stop, memory stays flat, nobody else starves', async () => {
  const saboteur = await start();
  const { service } = saboteur;
  const rest = service.rest();
  const fleet = await Fleet.start([
    { id: 'modest-1', topic: 'load/modest-1', window: 1 },
    { id: 'modest-2', topic: 'load/modest-2', window: 1, qos: 2 },
  ]);
  fleet.connect(service.ports.mqtt);
  await fleet.untilAcknowledged(100);
  const memory = await inUse(service);
  await saboteur.fate('writer\\.worker', 'slows');

  const flood = await Wire.signIn(service.ports.mqtt, { clientId: 'flood' });
  const body = { b: 1, c: 1, d: 1, e: 1, pad: 'x'.repeat(4096) };
  let sent = 0;
  const flooding = new AbortController();
  const writing = (async () => {
    for (; !flooding.signal.aborted; sent++) {
      const packet = publishPacket({ topic: 'load/flood', payload: { a: sent, ...body }, qos: 0 });
      if (!flood.socket.write(generate(packet))) await once(flood.socket, 'drain');
      // Others have their turn in this process, too.
      if (sent % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  })();

  const received = async () => (await closedLedger(rest))['received']!;
  // Its writes stop: the same number is sent at two looks, while the store still works on what came before.
  let highest = 0;
  let stalls = 0;
  let modest = fleet.acknowledged;
  for (let look = 0; look < 8; look++) {
    const [were, had] = [sent, fleet.acknowledged];
    await fleet.untilAcknowledged(had + 6);
    modest = fleet.acknowledged;
    const behind = sent - (await received());
    // 1,000 messages or 8 MiB at the gate, and what the sockets of both sides hold.
    expect(behind).toBeLessThan(6000);
    if (sent - were < 2000) stalls++;
    highest = Math.max(highest, await inUse(service));
    expect((await rest.get('/health')).body.mqtt.held).toBeLessThanOrEqual(1100);
  }
  expect(stalls).toBeGreaterThanOrEqual(6);
  expect(modest).toBeGreaterThanOrEqual(140);
  expect(highest).toBeLessThan(memory + 48 * MIB);
  expect(flood.closed).toBe(false);

  await saboteur.fate('writer\\.worker', 'recovers');
  flooding.abort();
  await writing;
  await flood.ping();
  await fleet.drain();
  await eventually(async () => (await received()) === sent + fleet.sent);
  await flood.cut();
  const faults = await faultsOf(fleet, rest);
  // Beside the flood's, all of which are stored as well.
  expect(faults.filter((fault) => !/ledger|flood/.test(fault))).toEqual([]);
  expect((await closedLedger(rest))['stored']).toBe(sent + fleet.sent);
  await fleet.kill();
  await service.stop();
}, 300_000);
