import { TestGateway } from './support/gateway.js';
import { BASE, pages } from './support/pages.js';
import { pluck } from './support/pluck.js';
import type { Rest } from './support/rest.js';

const MIB = 1024 * 1024;
const LETTERS = 50;
/** Each byte of it takes six in JSON: a letter is 384 KiB. */
const PAYLOAD = Buffer.alloc(64 * 1024);

describe('large dead letters over REST', () => {
  let gateway: TestGateway;
  let rest: Rest;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    rest = gateway.rest();
    const mqtt = await gateway.mqtt();
    for (let n = 0; n < LETTERS; n++) await mqtt.publish(`big/${n}`, PAYLOAD);
  });

  afterAll(() => gateway.stop());

  const newestFirst = Array.from({ length: LETTERS }, (_, n) => `big/${LETTERS - 1 - n}`);

  it('end a page by their bytes, and the next one goes on', async () => {
    const { text, body } = await rest.get('/api/messages?limit=10000');
    expect(Buffer.byteLength(text)).toBeLessThan(8 * MIB + 1024);
    expect(Buffer.byteLength(text)).toBeGreaterThan(7 * MIB);
    const all = await pages(rest, '/api/messages?limit=10000');
    expect(all.map(({ length }) => length)).toEqual([21, 21, 8]);
    expect(pluck(all.flat() as { topic: string }[], 'topic')).toEqual(newestFirst);
    expect(pluck(all[0] as { topic: string }[], 'topic')).toEqual(pluck(body.items, 'topic'));
    const last = await rest.get((body.next as string).slice(BASE.length));
    expect(last.body.items[0].topic).toBe(newestFirst[21]);
  });

  it('end a page by their number where that comes first', async () => {
    const all = await pages(rest, '/api/messages?limit=20');
    expect(all.map(({ length }) => length)).toEqual([20, 20, 10]);
    const whole = await pages(rest, '/api/messages?limit=10');
    expect(whole.map(({ length }) => length)).toEqual([10, 10, 10, 10, 10]);
  });

  it('run again, as many as are asked for, whatever their bytes', async () => {
    await rest.put('/api/schemas/big', {
      topic: 'big/{device}',
      observations: { t: { property: 'AirTemperature', unit: '°C' } },
    });
    const { status, body } = await rest.post('/api/messages/replay', { state: 'unmatched', limit: 45 });
    expect([status, body.replayed]).toEqual([200, 45]);
    const { messages } = (await rest.get('/api/messages/summary')).body;
    expect(messages).toMatchObject({ received: LETTERS, rejected: 45, unmatched: LETTERS - 45 });
    expect((await pages(rest, '/api/messages?state=unmatched')).flat()).toHaveLength(LETTERS - 45);
  });
});
