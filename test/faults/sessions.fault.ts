import type { ServiceProcess } from '../flow/support/child.js';
import { ServiceProcess as Service } from '../flow/support/child.js';
import type { MqttTester, Received } from '../flow/support/mqtt.js';
import { Fleet } from './support/fleet.js';
import { Saboteur } from './support/saboteur.js';

/** Messages that a persistent session keeps at most. */
const KEPT = 10_000;
/** Messages that wait for their PUBACK at most where a session is filled. */
const WINDOW = 200;

/** One observation a message, so that a message of the fleet is one for its subscribers. */
const SCHEMA = {
  id: 'load',
  topic: 'load/{device}',
  time: '$exists(at) ? at : undefined',
  observations: { a: { property: 'AirTemperature', unit: '°C' } },
};
const FILTERS = ['semantic/+/+/steady/a/#', 'load/steady'];

/** What a subscriber got in all its connections: numbers of the fleet's messages, in the order of arrival. */
class Collected {
  readonly semantic = new Set<number>();
  readonly raw = new Set<number>();
  #read = 0;

  /** Takes what came since the last look. What came again is taken once: QoS 1 promises at least once. */
  take(received: readonly Received[]): void {
    for (; this.#read < received.length; this.#read++) {
      const { topic, text, retain } = received[this.#read]!;
      if (retain) continue;
      if (topic.startsWith('semantic/')) this.semantic.add(JSON.parse(text).hasResult.numericValue / 16);
      else this.raw.add(JSON.parse(text).a / 16);
    }
  }

  /** The connection ended; another list begins. */
  ended(received: readonly Received[]): void {
    this.take(received);
    this.#read = 0;
  }
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

async function start(): Promise<ServiceProcess> {
  const service = await Service.start();
  expect((await service.rest().post('/api/schemas', SCHEMA)).status).toBe(201);
  return service;
}

const session = (service: ServiceProcess, clientId: string): Promise<MqttTester> =>
  service.mqtt({ clientId, clean: false });

describe('a QoS 1 subscriber with a persistent session', () => {
  it.each([
    ['SIGKILL', false],
    ['SIGKILL', true],
    ['SIGTERM', false],
  ] as const)(
    'misses nothing over three times %s of the service (away meanwhile: %s)',
    async (signal, away) => {
      let service = await start();
      const fleet = await Fleet.start([{ id: 'steady', topic: 'load/steady' }]);
      let subscriber = await session(service, 'lasting');
      await subscriber.subscribe(FILTERS, 1);
      const collected = new Collected();
      const part = async () => {
        await subscriber.end();
        collected.ended(subscriber.received);
      };
      if (away) await part();
      for (let time = 0; time < 3; time++) {
        fleet.connect(service.ports.mqtt);
        await fleet.untilAcknowledged(fleet.acknowledged + 400);
        await service.kill(signal);
        fleet.away();
        if (!away) await part();
        service = await service.again();
        if (!away) subscriber = await session(service, 'lasting');
      }
      fleet.connect(service.ports.mqtt);
      await fleet.drain();
      if (away) subscriber = await session(service, 'lasting');
      const sent = fleet.sent;
      const { semantic, raw } = collected;
      await subscriber
        .until((received) => {
          collected.take(received);
          return semantic.size >= sent && raw.size >= sent;
        })
        .catch(() => undefined);
      expect([...semantic]).toEqual(upTo(sent));
      expect([...raw]).toEqual(upTo(sent));
      await subscriber.end();
      await fleet.kill();
      await service.stop();
    },
  );

  it('that stays away too long gets the newest 10,000, in order, and the log says what went', async () => {
    let service = await start();
    const limit = KEPT + 2000;
    const fleet = await Fleet.start([{ id: 'steady', topic: 'load/steady', window: WINDOW, limit }]);
    const before = await session(service, 'lasting');
    await before.subscribe(FILTERS[0]!, 1);
    await before.end();
    fleet.connect(service.ports.mqtt);
    await fleet.untilAcknowledged(KEPT + 500);
    const full = await service.log(({ msg }) => msg.includes('a session is full'));
    expect(full).toMatchObject({ level: 40, client: 'lasting' });
    await service.kill();
    fleet.away();
    service = await service.again();
    fleet.connect(service.ports.mqtt);
    await fleet.untilAcknowledged(limit);
    await fleet.drain();
    // A full session is told, not each message that goes.
    expect(service.lines.filter(({ level }) => level >= 40).length).toBeLessThan(10);
    const after = await session(service, 'lasting');
    await after.until(({ length }) => length >= KEPT);
    await after.publish('load/other', { a: 16 });
    const collected = new Collected();
    collected.take(after.received);
    const semantic = [...collected.semantic];
    expect(semantic).toEqual(upTo(limit).slice(-semantic.length));
    expect(after.received.filter(({ retain }) => !retain)).toHaveLength(KEPT);
    // What was not acknowledged when the process died came again, and has two of the places.
    expect(semantic.length).toBeGreaterThanOrEqual(KEPT - WINDOW);
    await after.end();
    await fleet.kill();
    await service.stop();
  }, 400_000);

  it('gets what came in order, when the clock was set back between two runs', async () => {
    let saboteur = await Saboteur.start({ SABOTEUR_CLOCK: '3600000' });
    expect((await saboteur.service.rest().post('/api/schemas', SCHEMA)).status).toBe(201);
    const fleet = await Fleet.start([{ id: 'steady', topic: 'load/steady' }]);
    const before = await session(saboteur.service, 'lasting');
    await before.subscribe(FILTERS, 1);
    await before.end();
    for (const clock of ['1800000', '0', '3600000', '-3600000']) {
      fleet.connect(saboteur.service.ports.mqtt);
      await fleet.untilAcknowledged(fleet.acknowledged + 100);
      await saboteur.service.kill();
      fleet.away();
      saboteur = await Saboteur.start({ SABOTEUR_CLOCK: clock }, saboteur.service.directory);
    }
    fleet.connect(saboteur.service.ports.mqtt);
    await fleet.drain();
    const after = await session(saboteur.service, 'lasting');
    const collected = new Collected();
    await after.until((received) => {
      collected.take(received);
      return collected.semantic.size >= fleet.sent && collected.raw.size >= fleet.sent;
    });
    expect([...collected.semantic]).toEqual(upTo(fleet.sent));
    expect([...collected.raw]).toEqual(upTo(fleet.sent));
    await after.end();
    await fleet.kill();
    await saboteur.service.stop();
  });
});
