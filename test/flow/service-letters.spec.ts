import { SqliteObservationStore } from '#storage';
import { ServiceProcess, temporaryFolder } from './support/child.js';
import { closedLedger } from './support/observations.js';
import { Publisher } from './support/publisher.js';

const LIMIT = 10_000;
const MORE = 150;
const DAY_MICROS = 86_400_000_000;

describe('dead letters', () => {
  it('are the newest 10,000 of 7 days, cut at 64 KiB, and the ledger counts all of them', async () => {
    const folder = await temporaryFolder();
    await keepLetters(folder, [8 * DAY_MICROS, 6 * DAY_MICROS]);
    const service = await ServiceProcess.start({}, folder);
    const topics = async () =>
      (await service.rest().get('/api/messages')).body.items.map(({ topic }: { topic: string }) => topic);
    expect(await topics()).toEqual([`aged/${6 * DAY_MICROS}`]);

    const large = await service.mqtt();
    await large.publish('unmapped/large', Buffer.alloc(100 * 1024, 'é'));
    const { body } = await service.rest().get('/api/messages?limit=1');
    expect(body.items[0]).toMatchObject({
      topic: 'unmapped/large',
      code: 'topic-unmatched',
      payloadSize: 100 * 1024,
      truncated: true,
    });
    expect(Buffer.byteLength(body.items[0].payload)).toBe(64 * 1024);
    await large.end();

    const publisher = new Publisher({
      clientId: 'p',
      window: 900,
      message: (n) => ({ topic: `unmapped/${n}`, payload: 'x' }),
    });
    await publisher.connect(service.ports.mqtt);
    publisher.start(LIMIT + MORE);
    await publisher.until(LIMIT + MORE);
    publisher.end();
    const kept = await service.rest().get(`/api/messages?limit=${LIMIT}`);
    const { items, next } = kept.body;
    expect([items.length, items[0].topic, next]).toEqual([LIMIT, `unmapped/${LIMIT + MORE - 1}`, undefined]);
    expect(items.at(-1).topic).toBe(`unmapped/${MORE}`);
    expect((await closedLedger(service.rest())).unmatched).toBe(2 + 1 + LIMIT + MORE);
    await service.stop();
  });
});

/** Letters as an earlier run would have left them. */
async function keepLetters(directory: string, ages: readonly number[]): Promise<void> {
  const store = new SqliteObservationStore({ directory, durability: 'os' });
  await store.open();
  for (const age of ages) {
    const letter = {
      received: Date.now() * 1000 - age,
      topic: `aged/${age}`,
      payload: Buffer.from('x'),
      qos: 1 as const,
      client: 'c',
      username: 'u',
      rejections: [{ stage: 'match' as const, code: 'topic-unmatched', message: 'none' }],
    };
    await store.append({ values: [], rejectedValues: 0, fallback: 'unmatched', deadLetter: letter });
  }
  await store.close();
}
