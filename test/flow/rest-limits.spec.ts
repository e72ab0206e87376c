import { TestGateway } from './support/gateway.js';
import type { MqttTester } from './support/mqtt.js';
import { pluck } from './support/pluck.js';
import type { Rest } from './support/rest.js';

const observations = { temperature: { property: 'AirTemperature', unit: '°C' } };

describe('limits of what devices may send', () => {
  let gateway: TestGateway;
  let rest: Rest;
  let mqtt: MqttTester;

  beforeAll(async () => {
    gateway = await TestGateway.start({
      GLOSSA_MAX_DEVICES: '3',
      GLOSSA_IGNORE_TOPICS: 'cmnd/#,+/set',
    });
    rest = gateway.rest();
    mqtt = await gateway.mqtt();
    await rest.post('/api/schemas', { id: 'open', topic: 'open/{device}', observations });
    await rest.post('/api/schemas', {
      id: 'strict',
      topic: 'strict/{device}',
      autoCreate: false,
      observations,
    });
  });

  afterAll(() => gateway.stop());

  const ledger = async () => (await rest.get('/api/messages/summary')).body;

  it('rejects a device that is not registered where the schema does not create devices', async () => {
    await mqtt.publish('strict/s1', { temperature: 1 });
    const { body } = await rest.get('/api/messages?state=rejected');
    expect(body.items).toMatchObject([
      {
        code: 'device-unknown',
        stage: 'check',
        device: 's1',
        schema: 'strict/versions/1',
        topic: 'strict/s1',
      },
    ]);
    expect((await rest.get('/api/devices/s1')).status).toBe(404);
    await rest.put('/api/devices/s1', {});
    await mqtt.publish('strict/s1', { temperature: 1 });
    expect((await ledger()).messages).toMatchObject({ stored: 1, rejected: 1 });
  });

  it('rejects the device that is one too many, until another goes', async () => {
    for (const device of ['o1', 'o2', 'o3', 'o1']) await mqtt.publish(`open/${device}`, { temperature: 1 });
    const { body } = await rest.get('/api/messages?code=device-limit');
    expect(pluck(body.items, 'device')).toEqual(['o3']);
    expect(pluck((await rest.get('/api/devices')).body.items, 'id')).toEqual(['o1', 'o2', 's1']);
    expect(await rest.put('/api/devices/o4', {})).toMatchObject({
      status: 409,
      body: { code: 'device-limit' },
    });
    expect((await rest.put('/api/devices/o2', { title: 'known' })).status).toBe(200);
    await rest.delete('/api/devices/s1');
    await mqtt.publish('open/o3', { temperature: 1 });
    expect((await rest.get('/api/devices/o3')).status).toBe(200);
    expect((await rest.post('/api/messages/replay', {})).body.items).toMatchObject([
      { before: 'rejected', state: 'rejected' },
      { before: 'rejected', state: 'stored' },
    ]);
  });

  it('counts what is to be ignored as filtered, and relays it all the same', async () => {
    const before = (await ledger()).messages;
    const listener = await gateway.mqtt();
    await listener.subscribe(['cmnd/#', 'lamp/set', 'stray']);
    for (const topic of ['cmnd/lamp/power', 'cmnd', 'lamp/set', 'stray']) await mqtt.publish(topic, 'ON');
    await listener.until((received) => received.length === 4);
    const { messages } = await ledger();
    expect(messages.filtered - before.filtered).toBe(3);
    expect(messages.unmatched - before.unmatched).toBe(1);
    expect(pluck((await rest.get('/api/messages?state=unmatched')).body.items, 'topic')).toEqual(['stray']);
  });

  it('cuts a payload at 64 KiB in its dead letter, which then cannot run again', async () => {
    const payload = JSON.stringify({ temperature: 'warm', padding: 'é'.repeat(40_000) });
    await mqtt.publish('open/o1', payload);
    const { body } = await rest.get('/api/messages?state=rejected&limit=1');
    const [letter] = body.items;
    expect(letter).toMatchObject({ truncated: true, payloadSize: Buffer.byteLength(payload) });
    const kept = letter.payload ?? Buffer.from(letter.payloadBase64, 'base64').toString();
    expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(65_536 + 2);
    const before = await ledger();
    const answer = await rest.post('/api/messages/replay', { ids: [letter.id] });
    expect(answer.body).toMatchObject({
      replayed: 0,
      items: [{ id: letter.id, state: 'rejected', reason: expect.stringContaining('cut') }],
    });
    expect(await ledger()).toEqual(before);
    expect((await rest.get('/api/messages?state=rejected&limit=1')).body.items).toEqual([letter]);
  });
});
