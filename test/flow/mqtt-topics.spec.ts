import { eventually } from './support/eventually.js';
import { TestGateway } from './support/gateway.js';
import { ledger, letters } from './support/plant.js';
import { Timers } from './support/timers.js';
import { connectPacket, Wire } from './support/wire.js';

describe('topics and client ids', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await TestGateway.start();
  });

  afterAll(() => gateway.stop());

  it.each([
    ['NUL', 'a/\u0000b'],
    ['a control character', 'a/\u0007b'],
    ['a C1 control character', 'a/\u0085b'],
    ['a line end', 'a\nb'],
  ])('a topic with %s ends the connection and is recorded, after what came before it', async (_, topic) => {
    const wire = await Wire.signIn(gateway.mqttPort, { clientId: 'malformed' });
    const before = await ledger(gateway);
    wire.publish(
      { topic: 'good/1', id: 1 },
      { topic: 'good/2', id: 2, qos: 2 },
      { topic, id: 3 },
      { topic: 'good/3', id: 4 },
    );
    await wire.ended();
    expect(wire.ids('puback')).toEqual([1]);
    expect(wire.ids('pubrec')).toEqual([2]);
    const after = await ledger(gateway);
    expect(after['refused']! - before['refused']!).toBe(1);
    expect(after['received']! - before['received']!).toBe(3);
    const [letter] = await letters(gateway, 'state=refused');
    expect(letter).toMatchObject({ topic, client: 'malformed', code: 'topic-malformed', stage: 'access' });
    await (await gateway.mqtt()).end();
  });

  it.each([
    ['a wildcard', 'a/+/b'],
    ['the other wildcard', 'a/#'],
    ['too many levels', 'a/'.repeat(2000)],
    ['nothing', ''],
  ])('a topic with %s ends the connection, and nobody else notices', async (_, topic) => {
    const wire = await Wire.signIn(gateway.mqttPort);
    // mqtt-packet would not write some of them.
    const bytes = Buffer.from(topic);
    const length = bytes.length + 4;
    const size = length < 128 ? [length] : [(length & 127) | 128, length >> 7];
    wire.socket.write(Buffer.from([0x32, ...size, bytes.length >> 8, bytes.length & 255, ...bytes, 0, 1]));
    await wire.ended();
    expect(wire.ids('puback')).toEqual([]);
    await (await gateway.mqtt()).end();
  });

  it.each([
    ['a control character in the id', { clientId: 'a\u0007b' }, 2],
    ['NUL in the id', { clientId: 'a\u0000b' }, 2],
    ['an empty id with a clean session', { clientId: '', clean: true }, 0],
    ['an id of a kilobyte', { clientId: 'x'.repeat(1000) }, 0],
  ])('%s is answered with return code', async (_, options, returnCode) => {
    const wire = await Wire.open(gateway.mqttPort);
    wire.send(connectPacket(options));
    expect(await wire.next('connack')).toMatchObject({ returnCode });
    if (returnCode !== 0) await wire.ended();
    else await wire.cut();
  });

  it('an empty id without a clean session is answered with return code 2', async () => {
    const wire = await Wire.open(gateway.mqttPort);
    // No library writes it: MQTT 3.1.1, no flags, keepalive 60, an id of no bytes [MQTT-3.1.3-8].
    wire.socket.write(Buffer.from([0x10, 12, 0, 4, ...Buffer.from('MQTT'), 4, 0, 0, 60, 0, 0]));
    expect(await wire.next('connack')).toMatchObject({ returnCode: 2 });
    await wire.ended();
  });

  it('a client of MQTT 5 is told that the version is not spoken', async () => {
    const wire = await Wire.open(gateway.mqttPort);
    wire.send(connectPacket({ protocolVersion: 5 }));
    expect(await wire.next('connack')).toMatchObject({ returnCode: 1 });
    await wire.ended();
  });

  it('what comes before CONNECT, and a second CONNECT, end the connection', async () => {
    const early = await Wire.open(gateway.mqttPort);
    early.publish({ topic: 'early', id: 1 });
    await early.ended();
    const twice = await Wire.signIn(gateway.mqttPort);
    twice.send(connectPacket());
    await twice.ended();
  });

  it('the beginning of a packet that is no CONNECT ends the connection with the time for one', async () => {
    const timers = new Timers();
    const noise = await Wire.open(gateway.mqttPort);
    // To MQTT it begins a PUBACK of 69 bytes.
    noise.socket.write('GET / HTTP/1.1\r\n\r\n');
    // Who signs in after it is answered after it.
    await (await gateway.mqtt()).end();
    await eventually(() => timers.pending(30_000).length === 1);
    expect(noise.closed).toBe(false);
    const [end] = timers.pending(30_000);
    timers.stop();
    end!();
    await noise.ended();
  });

  it('$ topics belong to the broker: nobody publishes there, wildcards do not match them', async () => {
    const subscriber = await gateway.mqtt();
    expect(await subscriber.subscribe(['#', '+/#', '+/+/new/clients'], 2)).toEqual([2, 2, 2]);
    const system = await gateway.mqtt();
    expect(await system.subscribe('$SYS/#', 1)).toEqual([1]);
    const before = await ledger(gateway);
    for (const [i, topic] of ['$SYS/x', '$SYS', '$share/a/b', '$refused', '$x/y'].entries())
      await subscriber.publish(topic, 'x', { qos: ((i % 2) + 1) as 1 | 2 });
    await subscriber.publish('end', 'x', { qos: 2 });
    await subscriber.next(({ topic }) => topic === 'end');
    expect(subscriber.received.filter(({ topic }) => topic.startsWith('$'))).toEqual([]);
    // The broker's own are there for who asks.
    await (await gateway.mqtt()).end();
    await system.next(({ topic }) => /^\$SYS\/[^/]+\/new\/clients$/.test(topic));
    expect(system.received.map(({ topic }) => topic)).not.toContain('$SYS/x');
    expect((await ledger(gateway))['refused']).toBe(before['refused']! + 5);
    expect(await letters(gateway, 'state=refused&limit=1')).toMatchObject([
      { rule: expect.stringContaining('begin with $') },
    ]);
  });

  it('topics differ by every character, empty levels and case', async () => {
    const subscriber = await gateway.mqtt();
    const filters = ['/x', 'x/', '+/X', 'Ä/€/𝄞', 'sp ace/#'];
    await subscriber.subscribe(filters, 1);
    const topics = ['/x', 'x', 'x/', '/X', 'X/', 'Ä/€/𝄞', 'ä/€/𝄞', 'sp ace', 'sp ace/a', 'space/a'];
    for (const topic of topics) await subscriber.publish(topic, '1');
    await subscriber.publish('/x', 'end');
    await subscriber.next(({ text }) => text === 'end');
    expect(subscriber.received.map(({ topic }) => topic)).toEqual([
      '/x',
      'x/',
      '/X',
      'Ä/€/𝄞',
      'sp ace',
      'sp ace/a',
      '/x',
    ]);
  });

  it('an unreadable client does not stay', async () => {
    const { broker } = gateway.service.gateway;
    for (let i = 0; i < 20; i++) {
      const wire = await Wire.signIn(gateway.mqttPort);
      wire.socket.write(Buffer.from([0xf0, 0xff, 0xff, 0xff, 0xff, 0xff]));
      await wire.ended();
    }
    await eventually(() => broker.depth === 0 && broker.connections < 10);
  });
});
