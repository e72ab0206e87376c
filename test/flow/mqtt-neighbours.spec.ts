import { TestGateway } from './support/gateway.js';

/** What one client does does not cost the others. */
describe('neighbours', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    const rest = gateway.rest();
    const rule = { property: 'AirTemperature', unit: '°C' };
    const slow = { ...rule, value: '$sum($map([1..300], function($i) { t + $i - $i })) / 300' };
    await rest.post('/api/schemas', { id: 'slow', topic: 'slow/{device}', observations: { t: slow } });
    await rest.post('/api/schemas', { id: 'fast', topic: 'fast/{device}', observations: { t: rule } });
    const publish = { effect: 'allow', action: 'publish', topic: '#' };
    await rest.post('/api/accounts', {
      username: 'closed',
      password: 'closed-password',
      roles: ['device'],
      rules: [{ ...publish, topic: 'will/#' }],
      onDeny: 'disconnect',
    });
  });

  afterAll(() => gateway.stop());

  it('are not held up by a SUBSCRIBE with a thousand filters of a persistent session', async () => {
    const client = await gateway.mqtt({ clientId: 'many-filters', clean: false });
    const filters = Array.from({ length: 1000 }, (_, i) => `fast/device-${i}/+`);
    const began = Date.now();
    expect(await client.subscribe(filters)).toHaveLength(1000);
    expect(Date.now() - began).toBeLessThan(3000);
  });

  it('are read while the messages of others wait for an expression', async () => {
    const busy = await Promise.all(Array.from({ length: 4 }, () => gateway.mqtt()));
    for (const client of busy) {
      for (let i = 0; i < 600; i++) client.client.publish('slow/d', JSON.stringify({ t: i }), { qos: 0 });
    }
    // Signing in, and an acknowledgement, while thousands wait.
    const neighbour = await gateway.mqtt({ connectTimeout: 5000 });
    const began = Date.now();
    await neighbour.publish('fast/d', { t: 1 });
    expect(Date.now() - began).toBeLessThan(2000);
    await Promise.all(busy.map(({ client }) => client.endAsync(true)));
  });

  it('hear the will of a client that a denied publish disconnects', async () => {
    const listener = await gateway.mqtt();
    await listener.subscribe('will/#');
    const will = { topic: 'will/closed', payload: Buffer.from('gone'), qos: 1 as const, retain: false };
    const closed = await gateway.mqtt({ username: 'closed', password: 'closed-password', will });
    closed.client.publish('secret', 'x', { qos: 0 });
    await listener.next(({ topic, text }) => topic === 'will/closed' && text === 'gone');
  });

  it('get each retained message once, however many filters match it', async () => {
    const device = await gateway.mqtt();
    await device.publish('fast/retained', { t: 7 }, { qos: 1, retain: true });
    const client = await gateway.mqtt();
    await client.subscribe([
      'fast/#',
      'fast/retained',
      '+/retained',
      'semantic/+/+/retained/#',
      'semantic/#',
    ]);
    await client.until((received) => received.some(({ topic }) => topic.includes('AirTemperature/retained')));
    await client.until((received) => received.some(({ topic }) => topic === 'fast/retained'));
    expect(client.received.filter(({ topic, retain }) => retain && topic.includes('retained'))).toHaveLength(
      2,
    );
  });
});
