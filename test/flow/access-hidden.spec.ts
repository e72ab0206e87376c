import { TestGateway } from './support/gateway.js';
import { pages } from './support/pages.js';
import { account, letters, register } from './support/plant.js';
import { pluck } from './support/pluck.js';
import type { Rest } from './support/rest.js';

/** What a deny hides over REST beside observations. */
describe('what is hidden', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    await register(gateway, {
      id: 'rooms',
      topic: 'rooms/{room}/{device}',
      feature: 'home/{room}',
      observations: { t: { property: 'AirTemperature', unit: '°C' }, o: { property: 'Opened' } },
    });
    const mqtt = await gateway.mqtt();
    for (const [topic, payload] of [
      ['rooms/kitchen/k1', { t: 1 }],
      ['rooms/bedroom/b1', { t: 1 }],
      ['rooms/bedroom/b2', { t: 1, o: true }],
      ['rooms/bedroom/both', { t: 1 }],
      ['rooms/kitchen/both', { t: 1 }],
    ] as const)
      await mqtt.publish(topic, payload);
    for (const topic of ['secret/plan', 'open/1', 'secret/other', 'open/2', 'open/3'])
      await mqtt.publish(topic, `of ${topic}`);
    const rest = gateway.rest();
    await rest.put('/api/devices/bare', { account: 'someone' });
    await rest.put('/api/devices/k1', { account: 'k1' });
    for (const path of ['home/bedroom', 'home/bedroom/bed', 'home/garden', 'attic'])
      await rest.put(`/api/features/${path}`, { title: path });
  });

  afterAll(() => gateway.stop());

  let names = 0;
  async function restOf(roles: string[], ...denies: string[]): Promise<Rest> {
    const username = `reader-${++names}`;
    await account(gateway, username, {
      roles,
      rules: denies.map((topic): [string, string, string] => ['deny', 'subscribe', topic]),
    });
    const { body } = await gateway.rest().post(`/api/accounts/${username}/tokens`);
    return gateway.rest(body.token);
  }
  const BEDROOM = 'semantic/+/+/+/+/home/bedroom/#';
  const paged = async (rest: Rest, path: string) => (await pages(rest, path)).flat() as { id: string }[];

  it('are devices of which every datastream is', async () => {
    const rest = await restOf(['consumer'], BEDROOM);
    expect(pluck(await paged(rest, '/api/devices'), 'id')).toEqual(['bare', 'both', 'k1']);
    expect(pluck(await paged(rest, '/api/devices?limit=1'), 'id')).toEqual(['bare', 'both', 'k1']);
    expect((await rest.get('/api/devices/b1')).status).toBe(404);
    expect((await rest.get('/api/devices/both')).status).toBe(200);
    const states = await restOf(['consumer'], 'semantic/Temperature/#');
    expect(pluck(await paged(states, '/api/devices'), 'id')).toEqual(['b2', 'bare']);
    expect(await paged(await restOf(['consumer']), '/api/devices')).toHaveLength(5);
    expect(await paged(gateway.rest(), '/api/devices?limit=2')).toHaveLength(5);
  });

  it('is the account of a device, from who may not change it', async () => {
    const [consumer, operator] = [await restOf(['consumer']), await restOf(['operator'])];
    expect((await consumer.get('/api/devices/k1')).body).not.toHaveProperty('account');
    expect((await consumer.get('/api/devices')).text).not.toContain('someone');
    expect((await operator.get('/api/devices/k1')).body.account).toBe('k1');
    expect((await operator.get('/api/devices')).text).toContain('someone');
  });

  it('are devices even from who may change them', async () => {
    const rest = await restOf(['operator'], BEDROOM);
    const before = (await gateway.rest().get('/api/devices/b1')).body;
    const missing = { status: 404, body: { code: 'not-found', detail: 'there is no device b1' } };
    expect(await rest.get('/api/devices/b1')).toMatchObject(missing);
    expect(await rest.put('/api/devices/b1', { title: 'mine' })).toMatchObject(missing);
    expect(await rest.delete('/api/devices/b1')).toMatchObject(missing);
    expect((await gateway.rest().get('/api/devices/b1')).body).toEqual(before);
    const shut = await restOf(['admin'], BEDROOM);
    expect(await shut.delete('/api/devices/b1?purge=true')).toMatchObject(missing);
    expect((await gateway.rest().get('/api/datastreams/b1/t')).body.count).toBe(1);
    // What is seen in part, or new, is theirs to change.
    expect((await rest.put('/api/devices/both', { title: 'both' })).status).toBe(200);
    expect((await rest.put('/api/devices/fresh', {})).status).toBe(201);
    expect((await rest.delete('/api/devices/fresh')).status).toBe(200);
  });

  it('are features of which every series is, with what is below them', async () => {
    const rest = await restOf(['consumer'], BEDROOM);
    const shown = ['attic', 'home', 'home/garden', 'home/kitchen'];
    expect(pluck(await paged(rest, '/api/features'), 'path')).toEqual(shown);
    expect((await rest.get('/api/features/home')).body.children).toEqual(['home/garden', 'home/kitchen']);
    expect((await rest.get('/api/features/home/bedroom')).status).toBe(404);
    expect((await rest.get('/api/features/home/bedroom/bed')).status).toBe(404);
    const all = ['attic', 'home', 'home/bedroom', 'home/bedroom/bed', 'home/garden', 'home/kitchen'];
    expect(pluck(await paged(await restOf(['consumer']), '/api/features'), 'path')).toEqual(all);
    const states = await restOf(['consumer'], 'semantic/Temperature/#');
    expect((await states.get('/api/features/home/bedroom')).body).toMatchObject({ series: 1 });
  });

  it('is a feature even from who describes it', async () => {
    const rest = await restOf(['operator'], BEDROOM);
    const { status, body } = await rest.put('/api/features/home/bedroom', { title: 'Bedroom' });
    expect([status, body.title, body.series]).toEqual([200, 'Bedroom', 0]);
    expect((await rest.get('/api/features/home/bedroom')).status).toBe(404);
  });

  it('are dead letters of topics that the account may not read, in lists and replays', async () => {
    const rest = await restOf(['operator'], 'secret/#');
    const open = ['open/3', 'open/2', 'open/1'];
    expect(pluck(await paged(rest, '/api/messages?state=unmatched'), 'topic')).toEqual(open);
    expect(pluck(await paged(rest, '/api/messages?state=unmatched&limit=1'), 'topic')).toEqual(open);
    expect((await rest.get('/api/messages')).text).not.toContain('secret');
    const secret = (await letters(gateway)).filter(({ topic }) => topic === 'secret/plan');
    const { body } = await rest.post('/api/messages/replay', { ids: pluck(secret, 'id') });
    expect(body).toEqual({
      replayed: 0,
      items: [{ id: secret[0]!['id'], reason: expect.stringContaining('no such dead letter') }],
    });
    expect((await rest.post('/api/messages/replay', { state: 'unmatched' })).body.items).toHaveLength(3);
    const all = pluck(await paged(gateway.rest(), '/api/messages?state=unmatched&limit=2'), 'topic');
    expect(all.sort()).toEqual(['open/1', 'open/2', 'open/3', 'secret/other', 'secret/plan']);
    expect(await paged(await restOf(['operator']), '/api/messages?state=unmatched')).toHaveLength(5);
  });
});
