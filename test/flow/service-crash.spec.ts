import { ServiceProcess } from './support/child.js';
import { closedLedger, numbersByDatastream } from './support/observations.js';
import { Publisher } from './support/publisher.js';

/** How often the service is killed. */
const ROUNDS = 5;
/** Messages that are acknowledged before a kill, at least. */
const ROUND_MESSAGES = 400;

const SCHEMA = {
  id: 'load',
  topic: 'load/{device}',
  time: '$exists(at) ? at : undefined',
  observations: {
    a: { property: 'AirTemperature', unit: '°C' },
    b: { property: 'RelativeHumidity', unit: '%' },
  },
};

/** Unique values, so that what is stored twice or by half shows. */
const sender = (device: string, payload: (n: number) => object) =>
  new Publisher({
    clientId: device,
    message: (n) => ({ topic: `load/${device}`, payload: JSON.stringify({ a: n, b: n, ...payload(n) }) }),
  });

describe('kill -9 under load', () => {
  it('loses nothing that was acknowledged, stores nothing twice and nothing by half', async () => {
    let service = await ServiceProcess.start();
    expect((await service.rest().post('/api/schemas', SCHEMA)).status).toBe(201);
    const away = await service.mqtt({ clientId: 'away', clean: false });
    await away.subscribe(['semantic/+/+/arrival-2/a/#', 'load/arrival-2']);
    await away.end();
    const retainer = await service.mqtt();
    await retainer.publish('status/kept', 'still here', { qos: 1, retain: true });
    await retainer.end();

    const start = Date.UTC(2026, 0, 1);
    const publishers = [
      sender('arrival-1', () => ({})),
      sender('arrival-2', () => ({})),
      sender('timed-1', (n) => ({ at: new Date(start + n).toISOString() })),
    ];
    for (let round = 1; round <= ROUNDS; round++) {
      for (const publisher of publishers) {
        await publisher.connect(service.ports.mqtt);
        publisher.start();
      }
      await publishers[round % 3]!.until(publishers[round % 3]!.acknowledged.length + ROUND_MESSAGES);
      await service.kill('SIGKILL');
      await Promise.all(publishers.map((publisher) => publisher.closed()));
      service = await service.again();
      expect(service.lines.filter(({ level }) => level >= 40)).toEqual([]);
    }
    for (const publisher of publishers) {
      publisher.stop();
      await publisher.connect(service.ports.mqtt);
      await publisher.drain();
      publisher.end();
    }

    const stored = await numbersByDatastream(service.rest());
    for (const [i, device] of ['arrival-1', 'arrival-2', 'timed-1'].entries()) {
      const publisher = publishers[i]!;
      const sent = Array.from({ length: publisher.sent }, (_, n) => n);
      const ascending = (values: number[] = []) => [...values].sort((a, b) => a - b);
      expect(ascending(publisher.acknowledged)).toEqual(sent);
      expect(ascending(stored.get(`${device}/a`))).toEqual(sent);
      expect(ascending(stored.get(`${device}/b`))).toEqual(sent);
    }
    const ledger = await closedLedger(service.rest());
    expect(ledger.stored).toBe(publishers.reduce((sum, { sent }) => sum + sent, 0));
    // The raw retained message, and nothing else, fits no schema.
    expect(ledger).toMatchObject({ unmatched: 1, rejected: 0, filtered: 0, refused: 0 });

    const reader = await service.mqtt();
    await reader.subscribe(['semantic/#', 'status/#']);
    await reader.until((received) => received.length >= 7);
    expect(reader.received.find(({ topic }) => topic === 'status/kept')?.text).toBe('still here');
    for (const [i, device] of ['arrival-1', 'arrival-2', 'timed-1'].entries()) {
      const retained = reader.received.filter(({ topic }) => topic.includes(`/${device}/`));
      const values = retained.map(({ text }) => JSON.parse(text).hasResult.numericValue);
      expect(values).toEqual([publishers[i]!.sent - 1, publishers[i]!.sent - 1]);
    }
    await reader.end();

    // What was acknowledged while it was away is kept for it, raw messages and what they mean alike.
    const back = await service.mqtt({ clientId: 'away', clean: false });
    const wanted = publishers[1]!.sent;
    const seen = { semantic: new Set<number>(), raw: new Set<number>() };
    let read = 0;
    await back
      .until((received) => {
        for (; read < received.length; read++) {
          const { topic, text } = received[read]!;
          if (topic.startsWith('semantic/')) seen.semantic.add(JSON.parse(text).hasResult.numericValue);
          else seen.raw.add(JSON.parse(text).a);
        }
        return seen.semantic.size === wanted && seen.raw.size === wanted;
      })
      .catch(() => undefined);
    const missing = (of: Set<number>) =>
      Array.from({ length: wanted }, (_, n) => n).filter((n) => !of.has(n));
    expect([missing(seen.semantic), missing(seen.raw)]).toEqual([[], []]);
    await back.end();
    await service.stop();
  }, 120_000);
});
