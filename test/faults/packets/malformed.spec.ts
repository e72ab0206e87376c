import { connectBytes, packetBytes } from '../../fixtures/packet-bytes.js';
import { eventually } from '../../flow/support/eventually.js';
import { ADMIN_TOKEN, TestGateway } from '../../flow/support/gateway.js';
import type { MqttTester } from '../../flow/support/mqtt.js';
import { Wire } from '../../flow/support/wire.js';

/** Bytes of a text that is no UTF-8, or must not be in one. */
const ILL_FORMED: readonly [what: string, text: string][] = [
  ['a byte that no UTF-8 has', 'a\xff'],
  ['a character that is cut off', 'a\xe2\x82'],
  ['an overlong form', 'a\xc0\xaf'],
  ['a surrogate', 'a\xed\xa0\x80'],
  ['a code point beyond U+10FFFF', 'a\xf4\x90\x80\x80'],
];
const CONNECT = connectBytes(0xc2, 'malformed', 'admin', ADMIN_TOKEN);
const PUBLISH = packetBytes(0x32, 'malformed/topic', 0, 1, 49);
const SUBSCRIBE = packetBytes(0x82, 0, 1, 'elsewhere/#', 1);
const UNSUBSCRIBE = packetBytes(0xa2, 0, 1, 'elsewhere/#');

/** A well-formed packet of each type that clients send. */
const VALID: Readonly<Record<string, Buffer>> = {
  CONNECT,
  PUBLISH,
  PUBACK: packetBytes(0x40, 0, 1),
  PUBREC: packetBytes(0x50, 0, 1),
  PUBREL: packetBytes(0x62, 0, 1),
  PUBCOMP: packetBytes(0x70, 0, 1),
  SUBSCRIBE,
  UNSUBSCRIBE,
  PINGREQ: packetBytes(0xc0),
  DISCONNECT: packetBytes(0xe0),
};

/** The first packet of a connection, for which it is closed without an answer. */
const FIRST: readonly [title: string, packet: Buffer][] = [
  ...ILL_FORMED.flatMap(([what, text]): [string, Buffer][] => [
    [`[MQTT-1.5.3-1, MQTT-3.1.3-4] CONNECT with ${what} in the client id`, connectBytes(2, text)],
    [`[MQTT-1.5.3-1, MQTT-3.1.3-11] CONNECT with ${what} in the username`, connectBytes(0x82, 'id', text)],
    [`[MQTT-1.5.3-1, MQTT-3.1.3-10] CONNECT with ${what} in the will topic`, connectBytes(6, 'id', text, '')],
  ]),
  ['[MQTT-1.5.3-2] CONNECT with NUL in the username', connectBytes(0x82, 'id', 'a\0b')],
  ['[MQTT-1.5.3-2] CONNECT with NUL in the will topic', connectBytes(6, 'id', 'a\0b', '')],
  ...Object.entries(VALID)
    .filter(([name]) => name !== 'CONNECT')
    .map(([name, packet]): [string, Buffer] => [`[MQTT-3.1.0-1] ${name} before CONNECT`, packet]),
  ['[MQTT-3.1.2-1] CONNECT of another protocol', packetBytes(0x10, 'MQTX', 4, 2, 0, 60, 'id')],
  ['[MQTT-3.1.2-1] CONNECT with "mqtt" in small letters', packetBytes(0x10, 'mqtt', 4, 2, 0, 60, 'id')],
  ['[MQTT-3.1.2-3] CONNECT with its reserved flag', connectBytes(3, 'id')],
  ['[MQTT-3.1.2-11] CONNECT with will QoS 1 and no will', connectBytes(0x0a, 'id')],
  ['[MQTT-3.1.2-13] CONNECT with will QoS 2 and no will', connectBytes(0x12, 'id')],
  ['[MQTT-3.1.2-14] CONNECT with will QoS 3', connectBytes(0x1e, 'id', 'will/topic', '')],
  ['[MQTT-3.1.2-15] CONNECT with will retain and no will', connectBytes(0x22, 'id')],
  ['[MQTT-3.1.2-9] CONNECT with a will flag and no will', connectBytes(6, 'id')],
  ['[MQTT-3.1.2-9] CONNECT with a will topic and no will message', connectBytes(6, 'id', 'will/topic')],
  ['[MQTT-3.1.2-18] CONNECT with a username and no flag for it', connectBytes(2, 'id', 'admin')],
  ['[MQTT-3.1.2-19] CONNECT with a username flag and no username', connectBytes(0x82, 'id')],
  ['[MQTT-3.1.2-20] CONNECT with a password and no flag for it', connectBytes(0x82, 'id', 'admin', 'x')],
  ['[MQTT-3.1.2-21] CONNECT with a password flag and no password', connectBytes(0xc2, 'id', 'admin')],
  ['[MQTT-3.1.2-22] CONNECT with a password and no username', connectBytes(0x42, 'id', 'x')],
  ['[MQTT-3.1.3-3] CONNECT without a client id', packetBytes(0x10, 'MQTT', 4, 2, 0, 60)],
  ['CONNECT that ends in its keep alive', packetBytes(0x10, 'MQTT', 4, 2, 0)],
  ['CONNECT that ends in its name', packetBytes(0x10, 0, 4, 77, 81)],
  ['CONNECT of no bytes', packetBytes(0x10)],
  ['[MQTT-4.7.1-1] CONNECT with a wildcard in the will topic', connectBytes(6, 'id', 'a/+', '')],
  ['[MQTT-4.7.3-1] CONNECT with an empty will topic', connectBytes(6, 'id', '', '')],
];

/** What ends the connection of a client that has signed in. */
const LATER: readonly [title: string, packet: Buffer][] = [
  ...ILL_FORMED.flatMap(([what, text]): [string, Buffer][] => [
    [`[MQTT-1.5.3-1, MQTT-3.3.2-1] PUBLISH with ${what} in the topic`, packetBytes(0x32, text, 0, 1, 49)],
    [`[MQTT-1.5.3-1, MQTT-3.8.3-1] SUBSCRIBE with ${what} in a filter`, packetBytes(0x82, 0, 1, text, 0)],
    [`[MQTT-1.5.3-1, MQTT-3.10.3-1] UNSUBSCRIBE with ${what} in a filter`, packetBytes(0xa2, 0, 1, text)],
  ]),
  ['[MQTT-1.5.3-2, MQTT-4.7.3-2] PUBLISH with NUL in the topic', packetBytes(0x32, 'a\0b', 0, 1, 49)],
  ['[MQTT-1.5.3-2, MQTT-4.7.3-2] SUBSCRIBE with NUL in a filter', packetBytes(0x82, 0, 1, 'a\0b', 0)],
  ['[MQTT-1.5.3-2, MQTT-4.7.3-2] UNSUBSCRIBE with NUL in a filter', packetBytes(0xa2, 0, 1, 'a\0b')],
  ['[MQTT-2.3.1-1] PUBLISH QoS 1 with packet id 0', packetBytes(0x32, 'a', 0, 0, 49)],
  ['[MQTT-2.3.1-1] PUBLISH QoS 2 with packet id 0', packetBytes(0x34, 'a', 0, 0, 49)],
  ['[MQTT-2.3.1-1] SUBSCRIBE with packet id 0', packetBytes(0x82, 0, 0, 'a', 0)],
  ['[MQTT-2.3.1-1] UNSUBSCRIBE with packet id 0', packetBytes(0xa2, 0, 0, 'a')],
  ['PUBACK with packet id 0', packetBytes(0x40, 0, 0)],
  ['PUBREL with packet id 0', packetBytes(0x62, 0, 0)],
  ['PUBREL without a packet id', packetBytes(0x62)],
  ['PUBACK with a third byte', packetBytes(0x40, 0, 1, 0)],
  ['[MQTT-3.1.0-2] a second CONNECT', CONNECT],
  ['[MQTT-3.3.1-2] PUBLISH QoS 0 with DUP', packetBytes(0x38, 'a', 49)],
  ['[MQTT-3.3.1-4] PUBLISH QoS 3', packetBytes(0x36, 'a', 0, 1, 49)],
  ['[MQTT-3.3.2-1] PUBLISH of no bytes', packetBytes(0x30)],
  ['[MQTT-3.3.2-1] PUBLISH that ends in its topic', packetBytes(0x30, 0, 9, 97)],
  ['PUBLISH QoS 1 that ends in its packet id', packetBytes(0x32, 'a', 1)],
  ['[MQTT-3.3.2-2] PUBLISH with + in the topic', packetBytes(0x32, 'a/+/b', 0, 1, 49)],
  ['[MQTT-3.3.2-2] PUBLISH with # in the topic', packetBytes(0x30, 'a/#', 49)],
  ['[MQTT-4.7.3-1] PUBLISH with an empty topic', packetBytes(0x30, '', 49)],
  ['[MQTT-3.8.3-3] SUBSCRIBE without a filter', packetBytes(0x82, 0, 1)],
  ['[MQTT-3.8.3-4] SUBSCRIBE with QoS 3', packetBytes(0x82, 0, 1, 'a', 3)],
  ['[MQTT-3.8.3-4] SUBSCRIBE with a reserved bit beside the QoS', packetBytes(0x82, 0, 1, 'a', 0x80)],
  ['[MQTT-3.8.3-4] SUBSCRIBE whose second filter has QoS 3', packetBytes(0x82, 0, 1, 'a', 1, 'b', 3)],
  ['SUBSCRIBE that ends before its QoS', packetBytes(0x82, 0, 1, 'a')],
  ['[MQTT-3.10.3-2] UNSUBSCRIBE without a filter', packetBytes(0xa2, 0, 1)],
  ['[MQTT-3.14.1-1] DISCONNECT with a byte', packetBytes(0xe0, 0)],
  ['PINGREQ with a byte', packetBytes(0xc0, 0)],
  ['[MQTT-4.7.3-1] SUBSCRIBE to an empty filter', packetBytes(0x82, 0, 1, '', 0)],
  ['[MQTT-4.7.3-1] UNSUBSCRIBE from an empty filter', packetBytes(0xa2, 0, 1, '')],
  ...['a#', '#a', '#/', 'a/#/b', '##', 'a/b#'].map((filter): [string, Buffer] => [
    `[MQTT-4.7.1-2] SUBSCRIBE to ${filter}`,
    packetBytes(0x82, 0, 1, filter, 0),
  ]),
  ...['a+', '+a', 'a/b+', 'a/+b/c', '++', '+#'].map((filter): [string, Buffer] => [
    `[MQTT-4.7.1-3] SUBSCRIBE to ${filter}`,
    packetBytes(0x82, 0, 1, filter, 0),
  ]),
  ['CONNACK, which a server sends', packetBytes(0x20, 0, 0)],
  ['SUBACK, which a server sends', packetBytes(0x90, 0, 1, 0)],
  ['UNSUBACK, which a server sends', packetBytes(0xb0, 0, 1)],
  ['PINGRESP, which a server sends', packetBytes(0xd0)],
  ['packet type 0', packetBytes(0x00)],
  ['packet type 15', packetBytes(0xf0)],
  ['packet type 15 with a body', packetBytes(0xf0, 0, 0)],
  ...Object.entries(VALID).map(([name, packet]): [string, Buffer] => [
    `(2.2.3) ${name} with a remaining length of five bytes`,
    Buffer.concat([packet.subarray(0, 1), Buffer.from([0x80, 0x80, 0x80, 0x80, 1]), packet.subarray(2)]),
  ]),
];

/** The flags that a packet type must have (MQTT 3.1.1, table 2.2). */
const FLAGS: readonly [name: string, type: number, flags: number][] = [
  ['PUBACK', 4, 0],
  ['PUBREC', 5, 0],
  ['PUBREL', 6, 2],
  ['PUBCOMP', 7, 0],
  ['SUBSCRIBE', 8, 2],
  ['UNSUBSCRIBE', 10, 2],
  ['PINGREQ', 12, 0],
  ['DISCONNECT', 14, 0],
];

describe('a malformed packet ends its connection, and nobody else notices', () => {
  let gateway: TestGateway;
  let neighbour: MqttTester;
  let count = 0;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    neighbour = await gateway.mqtt();
    await neighbour.subscribe(['neighbour', 'wills/#'], 1);
  });

  afterEach(async () => {
    const text = String(++count);
    await neighbour.publish('neighbour', text);
    await neighbour.next((message) => message.text === text);
  });

  afterAll(async () => {
    const { broker } = gateway.service.gateway;
    await neighbour.end();
    await eventually(() => broker.connections === 0 && broker.depth === 0);
    await gateway.stop();
  });

  it.each(FIRST)('%s', async (_, packet) => {
    const wire = await Wire.open(gateway.mqttPort);
    // What follows is not taken either.
    wire.socket.write(Buffer.concat([packet, CONNECT]));
    await wire.ended();
    expect(wire.packets).toEqual([]);
  });

  it.each(LATER)('%s', async (title, packet) => {
    const topic = `wills/${count}`;
    const will = { topic, payload: Buffer.from(title), qos: 1 as const, retain: false };
    const wire = await Wire.signIn(gateway.mqttPort, { will });
    wire.socket.write(Buffer.concat([packet, PUBLISH]));
    await wire.ended();
    // No PUBACK, SUBACK or the like: not even of what follows.
    expect(wire.packets.map(({ cmd }) => cmd)).toEqual(['connack']);
    // [MQTT-3.1.2-8]: the end was no DISCONNECT.
    await neighbour.next((message) => message.topic === topic);
  });

  it.each(FLAGS)('[MQTT-2.2.2-2] %s with any other flags', async (name, type, right) => {
    const body = VALID[name]!.subarray(1);
    for (let flags = 0; flags < 16; flags++) {
      if (flags === right) continue;
      const wire = await Wire.signIn(gateway.mqttPort);
      wire.socket.write(Buffer.concat([Buffer.from([(type << 4) | flags]), body]));
      await wire.ended();
      expect(wire.packets).toHaveLength(1);
    }
  });

  it('[MQTT-2.2.2-2] CONNECT with any flags', async () => {
    for (let flags = 1; flags < 16; flags++) {
      const wire = await Wire.open(gateway.mqttPort);
      wire.socket.write(Buffer.concat([Buffer.from([0x10 | flags]), CONNECT.subarray(1)]));
      await wire.ended();
      expect(wire.packets).toEqual([]);
    }
  });

  it.each([0, 1, 2, 3, 5, 6, 127])('[MQTT-3.1.2-2] CONNECT of level %i is answered with 1', async (level) => {
    const wire = await Wire.open(gateway.mqttPort);
    wire.socket.write(packetBytes(0x10, 'MQTT', level, 2, 0, 60, 'id'));
    await wire.ended();
    expect(wire.packets).toMatchObject([{ cmd: 'connack', returnCode: 1, sessionPresent: false }]);
  });

  it.each([
    ['NUL in the client id', connectBytes(2, 'a\0b'), 2],
    ['[MQTT-3.1.3-8] an empty client id without a clean session', connectBytes(0, ''), 2],
    ['[MQTT-3.1.4-2] a wrong password', connectBytes(0xc2, 'id', 'admin', 'wrong'), 5],
    ['[MQTT-3.1.4-2] no username', connectBytes(2, 'id'), 5],
  ])('%s is answered, and [MQTT-3.1.4-5] nothing after it is taken', async (_, packet, returnCode) => {
    const before = await gateway.rest().get('/api/messages/summary');
    const wire = await Wire.open(gateway.mqttPort);
    wire.socket.write(Buffer.concat([packet, PUBLISH, SUBSCRIBE]));
    await wire.ended();
    // [MQTT-3.2.2-4, MQTT-3.2.2-5]
    expect(wire.packets).toMatchObject([{ cmd: 'connack', returnCode, sessionPresent: false }]);
    expect((await gateway.rest().get('/api/messages/summary')).body).toEqual(before.body);
  });

  it('one byte at a time is the same', async () => {
    const wire = await Wire.signIn(gateway.mqttPort);
    const dribble = async (...packets: Buffer[]) => {
      for (const byte of Buffer.concat(packets)) {
        if (wire.socket.writable)
          await new Promise((resolve) => wire.socket.write(Buffer.from([byte]), resolve));
      }
    };
    await dribble(PUBLISH, SUBSCRIBE);
    await wire.next('puback');
    await wire.next('suback');
    await dribble(packetBytes(0x82, 0, 1, 'a', 3), PUBLISH);
    await wire.ended();
    expect(wire.packets.map(({ cmd }) => cmd).sort()).toEqual(['connack', 'puback', 'suback']);
  });
});
