import { connectBytes, packetBytes } from '../../fixtures/packet-bytes.js';
import { eventually } from '../../flow/support/eventually.js';
import { ADMIN_TOKEN, TestGateway } from '../../flow/support/gateway.js';
import { connectPacket, Wire, type Publish } from '../../flow/support/wire.js';

const REST = Buffer.from([0]);

/** What MQTT 3.1.1 says that a server must do with packets that are well-formed. */
describe('MQTT 3.1.1', () => {
  let gateway: TestGateway;
  let count = 0;
  /** A topic of this test alone. */
  let topic = '';

  beforeAll(async () => {
    gateway = await TestGateway.start({ GLOSSA_IGNORE_TOPICS: 'clause/#' });
  });
  beforeEach(() => {
    topic = `clause/${++count}`;
  });
  afterAll(() => gateway.stop());

  const signIn = (options: Parameters<typeof Wire.signIn>[1] = {}) => Wire.signIn(gateway.mqttPort, options);
  const subscribe = async (wire: Wire, filter: string, qos: 0 | 1 | 2 = 1) => {
    const before = wire.count('suback');
    wire.send({ cmd: 'subscribe', messageId: 77, subscriptions: [{ topic: filter, qos }] });
    return wire.next('suback', before + 1);
  };
  /** Publishes and waits until it is stored and relayed. */
  const publish = async (...messages: Publish[]) => {
    const wire = await signIn();
    wire.publish(...messages.map((message, i) => ({ qos: 1 as const, id: i + 1, ...message })));
    // QoS 0 is not acknowledged; what comes after it is.
    wire.publish({ topic: 'clause/end', qos: 1, id: 999 });
    await wire.until(() => wire.ids('puback').includes(999));
    await wire.cut();
  };
  const texts = (wire: Wire) => wire.all('publish').map(({ payload }) => payload.toString());

  describe('texts and packet ids', () => {
    it('[MQTT-1.5.3-3] a byte order mark is a character like others', async () => {
      const wire = await signIn();
      wire.socket.write(packetBytes(0x82, 0, 1, '\xef\xbb\xbfclause/bom', 1));
      await wire.next('suback');
      wire.socket.write(packetBytes(0x32, 'clause/bom', 0, 1, REST));
      wire.socket.write(packetBytes(0x32, '\xef\xbb\xbfclause/bom', 0, 2, REST));
      await wire.next('puback', 2);
      await wire.next('publish');
      expect(wire.all('publish').map((message) => message.topic)).toEqual(['\ufeffclause/bom']);
      await wire.cut();
    });

    it('[MQTT-2.3.1-2] a packet id is free again after its acknowledgement, for other messages', async () => {
      const wire = await signIn();
      await subscribe(wire, topic);
      for (const payload of ['1', '2', '3']) {
        wire.publish({ topic, id: 5, payload });
        await wire.next('puback', Number(payload));
      }
      await wire.next('publish', 3);
      expect(texts(wire)).toEqual(['1', '2', '3']);
      await wire.cut();
    });

    it('[MQTT-2.3.1-6, MQTT-2.3.1-7] acknowledgements have the packet id of what they acknowledge', async () => {
      const wire = await signIn();
      wire.publish({ topic, id: 65_535 }, { topic, id: 1, qos: 2 });
      wire.send(
        { cmd: 'subscribe', messageId: 300, subscriptions: [{ topic: 'x', qos: 0 }] },
        { cmd: 'unsubscribe', messageId: 301, unsubscriptions: ['x'] },
      );
      expect(await wire.next('puback')).toMatchObject({ messageId: 65_535 });
      expect(await wire.next('pubrec')).toMatchObject({ messageId: 1 });
      expect(await wire.next('suback')).toMatchObject({ messageId: 300 });
      expect(await wire.next('unsuback')).toMatchObject({ messageId: 301 });
      wire.send({ cmd: 'pubrel', messageId: 1 });
      expect(await wire.next('pubcomp')).toMatchObject({ messageId: 1 });
      await wire.cut();
    });

    it('[MQTT-4.7.3-3] a topic may be 65,535 bytes long', async () => {
      const wire = await signIn();
      const long = `clause/${'é'.repeat(32_764)}`;
      expect(Buffer.byteLength(long)).toBe(65_535);
      await subscribe(wire, long);
      wire.publish({ topic: long, id: 1 });
      expect((await wire.next('publish')).topic === long).toBe(true);
      await wire.cut();
    });
  });

  describe('CONNECT', () => {
    it('[MQTT-3.2.0-1, MQTT-3.1.4-4] CONNACK comes first, whatever is sent with CONNECT', async () => {
      await publish({ topic, payload: 'kept', retain: true });
      const wire = await Wire.open(gateway.mqttPort);
      wire.send(
        connectPacket(),
        { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos: 1 }] },
        { cmd: 'pingreq' },
      );
      wire.publish({ topic: `${topic}/x`, id: 2 });
      await wire.next('puback');
      await wire.next('pingresp');
      await wire.next('publish');
      expect(wire.packets[0]).toMatchObject({ cmd: 'connack', returnCode: 0 });
      expect(wire.count('connack')).toBe(1);
      await wire.cut();
    });

    it.each(['a', '0123456789abcdefghijkmn', 'ABCDEFGHIJKLMNOPQRSTUVW'])(
      '[MQTT-3.1.3-5] accepts the client id %s',
      async (clientId) => {
        const wire = await signIn({ clientId });
        await wire.ping();
        await wire.cut();
      },
    );

    it('[MQTT-3.1.3-6] gives a client without an id one of its own', async () => {
      const both = await Promise.all([signIn({ clientId: '' }), signIn({ clientId: '' })]);
      for (const wire of both) await wire.ping();
      for (const wire of both) await wire.cut();
    });

    it('[MQTT-3.1.4-2] a second connection of a client id ends the first', async () => {
      const first = await signIn({ clientId: topic });
      const second = await signIn({ clientId: topic });
      await first.ended();
      await second.ping();
      await second.cut();
    });

    it('[MQTT-3.2.2-1, -2, -3, MQTT-3.1.2-4, -5, -6] tells whether there is a session, and drops it where asked', async () => {
      const present: (boolean | undefined)[] = [];
      const visit = async (clean: boolean, act?: (wire: Wire) => Promise<unknown>) => {
        const wire = await signIn({ clientId: topic, clean });
        present.push(wire.all('connack')[0]?.sessionPresent);
        await act?.(wire);
        wire.send({ cmd: 'disconnect' });
        await wire.ended();
      };
      const keep = (wire: Wire) => subscribe(wire, topic);
      await visit(false, keep);
      await publish({ topic, payload: 'away' });
      await visit(false, async (wire) => {
        expect((await wire.next('publish')).payload.toString()).toBe('away');
      });
      await visit(true);
      await visit(false, async (wire) => {
        await publish({ topic, payload: 'nobody' });
        await wire.ping();
        expect(wire.count('publish')).toBe(0);
      });
      expect(present).toEqual([false, true, false, false]);
    });

    it('[MQTT-3.1.2-7] retained messages are no part of a session that ends', async () => {
      const wire = await signIn({ clientId: topic, clean: false });
      wire.publish({ topic, payload: 'kept', retain: true, id: 1 });
      await wire.next('puback');
      await wire.cut();
      await (await signIn({ clientId: topic, clean: true })).cut();
      const late = await signIn();
      await subscribe(late, topic);
      expect((await late.next('publish')).payload.toString()).toBe('kept');
      await late.cut();
    });

    it('[MQTT-3.1.2-24] a client that is silent for one and a half times its keep alive is gone', async () => {
      const alive = await signIn({ keepalive: 1 });
      const silent = await signIn({ keepalive: 1 });
      const began = performance.now();
      const pings = setInterval(() => alive.send({ cmd: 'pingreq' }), 300);
      await silent.ended();
      expect(performance.now() - began).toBeGreaterThan(1400);
      expect(alive.closed).toBe(false);
      clearInterval(pings);
      await alive.ended();
    });

    it('[MQTT-3.1.2-10, MQTT-3.14.4-3] a will is dropped with DISCONNECT, [MQTT-3.1.2-8] published without', async () => {
      const watcher = await signIn();
      await subscribe(watcher, `${topic}/#`, 2);
      const will = (name: string, retain: boolean) => ({
        will: { topic: `${topic}/${name}`, payload: Buffer.from(name), qos: 2 as const, retain },
      });
      const polite = await signIn(will('polite', false));
      polite.send({ cmd: 'disconnect' });
      await polite.ended();
      await (await signIn(will('lost', false))).cut();
      await (await signIn(will('kept', true))).cut();
      await watcher.next('publish', 2);
      expect(texts(watcher).sort()).toEqual(['kept', 'lost']);
      // [MQTT-3.1.2-16, MQTT-3.1.2-17]
      const late = await signIn();
      await subscribe(late, `${topic}/#`, 2);
      await late.next('publish');
      await late.ping();
      expect(texts(late)).toEqual(['kept']);
      await watcher.cut();
      await late.cut();
    });

    it('[MQTT-3.14.4-1, -2] nothing after DISCONNECT is taken', async () => {
      const before = await gateway.rest().get('/api/messages/summary');
      const wire = await Wire.open(gateway.mqttPort);
      const bytes = [
        connectBytes(0xc2, 'leaver', 'admin', ADMIN_TOKEN),
        packetBytes(0xe0),
        packetBytes(0x32, 'clause/late', 0, 1, REST),
      ];
      wire.socket.write(Buffer.concat(bytes));
      await wire.ended();
      expect((await gateway.rest().get('/api/messages/summary')).body).toEqual(before.body);
    });
  });

  describe('PUBLISH', () => {
    it('[MQTT-3.3.1-3] DUP is not passed on', async () => {
      const wire = await signIn();
      await subscribe(wire, topic);
      await publish({ topic, dup: true });
      expect(await wire.next('publish')).toMatchObject({ dup: false });
      await wire.cut();
    });

    it('[MQTT-3.3.1-1, MQTT-4.4.0-1] what was not acknowledged comes again, with its id and DUP', async () => {
      const first = await signIn({ clientId: topic, clean: false });
      await subscribe(first, topic, 2);
      await publish({ topic, payload: '1' }, { topic, payload: '2', qos: 2 });
      await first.next('publish', 2);
      const ids = first.all('publish').map(({ messageId }) => messageId);
      await first.cut();
      const second = await signIn({ clientId: topic, clean: false });
      await second.next('publish', 2);
      const again = second.all('publish');
      expect(again.map(({ messageId }) => messageId)).toEqual(ids);
      expect(again.map(({ dup, qos }) => [dup, qos])).toEqual([
        [true, 1],
        [true, 2],
      ]);
      await second.cut();
    });

    it.each([0, 1, 2] as const)(
      '[MQTT-3.3.1-5, -7, -8, -9] a retained message of QoS %i replaces the one before, and is marked for late ones only',
      async (qos) => {
        const early = await signIn();
        await subscribe(early, topic, 2);
        await publish({ topic, payload: 'old', retain: true }, { topic, payload: 'new', retain: true, qos });
        await early.next('publish', 2);
        expect(early.all('publish').map(({ retain }) => retain)).toEqual([false, false]);
        const late = await signIn();
        await subscribe(late, topic, 2);
        expect(await late.next('publish')).toMatchObject({ retain: true, qos });
        await late.ping();
        expect(texts(late)).toEqual(['new']);
        await early.cut();
        await late.cut();
      },
    );

    it('[MQTT-3.3.1-10, -11] an empty retained message removes it and is not kept, [MQTT-3.3.1-12] one without retain changes nothing', async () => {
      const early = await signIn();
      await subscribe(early, topic);
      await publish(
        { topic, payload: 'kept', retain: true },
        { topic, payload: '' },
        { topic, payload: 'live' },
      );
      const between = await signIn();
      await subscribe(between, topic);
      expect((await between.next('publish')).payload.toString()).toBe('kept');
      await publish({ topic, payload: '', retain: true });
      await early.next('publish', 4);
      expect(early.all('publish').map(({ retain }) => retain)).toEqual([false, false, false, false]);
      const late = await signIn();
      await subscribe(late, topic);
      await late.ping();
      expect(late.count('publish')).toBe(0);
      for (const wire of [early, between, late]) await wire.cut();
    });

    it('[MQTT-3.3.5-1, MQTT-3.8.4-6] overlapping subscriptions get the highest QoS that was granted', async () => {
      const wire = await signIn();
      await subscribe(wire, `${topic}/#`, 0);
      await subscribe(wire, `${topic}/+`, 1);
      await publish({ topic: `${topic}/x`, qos: 2 });
      await wire.next('publish');
      await wire.ping();
      expect(wire.all('publish').reduce((most, { qos }) => Math.max(most, qos), 0)).toBe(1);
      await wire.cut();
    });

    it('[MQTT-4.3.3-2] QoS 2: until PUBREL a packet id is the same message, PUBCOMP answers even an unknown PUBREL', async () => {
      const watcher = await signIn();
      await subscribe(watcher, topic, 2);
      const wire = await signIn();
      const message = { topic, payload: 'once', qos: 2, id: 9 } as const;
      wire.publish(message);
      await wire.next('pubrec');
      wire.publish({ ...message, dup: true });
      await wire.next('pubrec', 2);
      wire.send(
        { cmd: 'pubrel', messageId: 9 },
        { cmd: 'pubrel', messageId: 9 },
        { cmd: 'pubrel', messageId: 10 },
      );
      await wire.next('pubcomp', 3);
      expect(wire.ids('pubcomp').sort()).toEqual([10, 9, 9]);
      wire.publish({ ...message, payload: 'another' });
      await wire.next('pubrec', 3);
      await watcher.next('publish', 2);
      expect(texts(watcher)).toEqual(['once', 'another']);
      await wire.cut();
      await watcher.cut();
    });

    it('[MQTT-4.6.0-2, -3, -5, -6] acknowledgements and messages keep the order', async () => {
      const watcher = await signIn();
      await subscribe(watcher, topic, 1);
      const wire = await signIn();
      const ids = Array.from({ length: 200 }, (_, i) => i + 1);
      wire.publish(...ids.map((id): Publish => ({ topic, id, payload: String(id) })));
      await wire.next('puback', 200);
      expect(wire.ids('puback')).toEqual(ids);
      await watcher.next('publish', 200);
      expect(texts(watcher)).toEqual(ids.map(String));
      await wire.cut();
      await watcher.cut();
    });
  });

  describe('SUBSCRIBE and UNSUBSCRIBE', () => {
    it('[MQTT-3.9.3-1, MQTT-3.8.4-4, -5] SUBACK has a return code for each filter, in their order', async () => {
      await gateway.rest().post('/api/accounts', {
        username: 'one-topic',
        password: 'password-of-one-topic',
        rules: [{ effect: 'allow', action: 'subscribe', topic: 'mine/#' }],
      });
      const wire = await signIn({
        username: 'one-topic',
        password: Buffer.from('password-of-one-topic'),
      });
      const filters = ['mine/a', 'yours/a', 'mine/b', 'yours/#', 'mine/#'];
      const qos = [2, 1, 0, 2, 1] as const;
      wire.send({
        cmd: 'subscribe',
        messageId: 4,
        subscriptions: filters.map((filter, i) => ({ topic: filter, qos: qos[i]! })),
      });
      expect((await wire.next('suback')).granted).toEqual([2, 128, 0, 128, 1]);
      await wire.cut();
    });

    it('[MQTT-3.8.4-3] the same filter again replaces the first, and retained messages come again', async () => {
      await publish({ topic, payload: 'kept', retain: true });
      const wire = await signIn();
      await subscribe(wire, topic, 2);
      await wire.next('publish');
      await subscribe(wire, topic, 0);
      await wire.next('publish', 2);
      await publish({ topic, payload: 'live' });
      await wire.next('publish', 3);
      await wire.ping();
      expect(wire.all('publish').map(({ qos, retain }) => [qos, retain])).toEqual([
        [1, true],
        [0, true],
        [0, false],
      ]);
      await wire.cut();
    });

    it('[MQTT-3.10.4-1, -2, -5] UNSUBACK answers a filter that nobody has, and what goes must be equal', async () => {
      const wire = await signIn();
      await subscribe(wire, `${topic}/a`);
      await subscribe(wire, `${topic}/b`);
      wire.send({
        cmd: 'unsubscribe',
        messageId: 8,
        unsubscriptions: [`${topic}/+`, `${topic}/A`, 'never/was', `${topic}/b`],
      });
      expect(await wire.next('unsuback')).toMatchObject({ messageId: 8 });
      await publish({ topic: `${topic}/b`, payload: 'b' }, { topic: `${topic}/a`, payload: 'a' });
      await wire.next('publish');
      await wire.ping();
      expect(texts(wire)).toEqual(['a']);
      await wire.cut();
    });

    it('[MQTT-4.7.2-1] a wildcard at the start does not match topics that begin with $', async () => {
      const wire = await signIn();
      await subscribe(wire, '#', 0);
      await subscribe(wire, '+/+/new/clients', 0);
      await (await signIn()).cut();
      await publish({ topic, payload: 'x' });
      await wire.next('publish');
      await wire.ping();
      expect(wire.all('publish').filter((message) => message.topic.startsWith('$'))).toEqual([]);
      await wire.cut();
    });

    it('[MQTT-3.12.4-1] PINGRESP answers PINGREQ', async () => {
      const wire = await signIn();
      for (let i = 0; i < 10; i++) await wire.ping();
      expect(wire.count('pingresp')).toBe(10);
      await wire.cut();
      const { broker } = gateway.service.gateway;
      await eventually(() => broker.depth === 0);
    });
  });
});
