import fc from 'fast-check';
import { generate, type Packet } from 'mqtt-packet';
import { connectBytes as connect, packetBytes as packet } from '../../../test/fixtures/packet-bytes.js';
import { packetFault, UNSUPPORTED_LEVEL } from './packet-guard.js';

/** The verdict about a packet of bytes, that stands between others in one buffer. */
function faultOf(bytes: Buffer): string | undefined {
  let start = 1;
  while (bytes[start]! >= 128) start++;
  const before = Buffer.from([0xc0, 0]);
  // What follows must not be read as a part of it.
  const after = Buffer.from([0x32, 9, 0, 3, 97, 47, 98, 0, 7, 49, 50]);
  const stream = Buffer.concat([before, bytes, after]);
  return packetFault(bytes[0]!, stream, before.length + start + 1, before.length + bytes.length);
}

describe('the packet guard', () => {
  it.each<[string, Buffer]>([
    ['CONNECT', connect(2, 'id')],
    ['CONNECT with everything', connect(0xf6, 'id', 'will/topic', 'gone', 'user', 'pass')],
    ['CONNECT with an empty id', connect(2, '')],
    ['CONNECT of MQTT 3.1', packet(0x10, 'MQIsdp', 3, 2, 0, 60, 'id')],
    ['CONNECT of a bridge', packet(0x10, 'MQTT', 0x84, 2, 0, 60, 'id')],
    ['CONNECT with NUL in the id, which is answered', connect(2, 'a\0b')],
    ['CONNECT with bytes as password', connect(0xc2, 'id', 'user', '\xff\xfe')],
    ['CONNECT with bytes as will', connect(6, 'id', 'will', '\xff\0\xfe')],
    ['CONNECT with an empty password', connect(0xc2, 'id', 'user', '')],
    ['PUBLISH QoS 0', packet(0x30, 'a/b', 1, 2, 3)],
    ['PUBLISH QoS 1, DUP, retain', packet(0x3b, 'a/b', 0, 1)],
    ['PUBLISH QoS 2', packet(0x34, 'a/b', 255, 255)],
    ['PUBLISH with a topic of the gate', packet(0x30, 'a\0/+/#')],
    ['PUBACK', packet(0x40, 0, 1)],
    ['PUBREC', packet(0x50, 1, 0)],
    ['PUBREL', packet(0x62, 0, 1)],
    ['PUBCOMP', packet(0x70, 0, 1)],
    ['SUBSCRIBE', packet(0x82, 0, 1, 'a/+/b', 0, '#', 1, '/+', 2, '+/+/#', 0, '/', 0)],
    ['UNSUBSCRIBE', packet(0xa2, 0, 1, 'a', '+', '#')],
    ['PINGREQ', packet(0xc0)],
    ['DISCONNECT', packet(0xe0)],
  ])('lets %s pass', (_, bytes) => {
    expect(faultOf(bytes)).toBeUndefined();
  });

  it.each<[string, Buffer, string]>([
    ['CONNECT of another protocol', packet(0x10, 'MQTX', 4, 2, 0, 60, 'id'), 'not MQTT'],
    ['CONNECT of an inherited name', packet(0x10, 'constructor', 4, 2, 0, 60, 'id'), 'not MQTT'],
    ['CONNECT of MQTT 5', packet(0x10, 'MQTT', 5, 2, 0, 60, 0, 'id'), UNSUPPORTED_LEVEL],
    ['CONNECT of level 6', packet(0x10, 'MQTT', 6, 2, 0, 60, 'id'), UNSUPPORTED_LEVEL],
    ['CONNECT of level 0', packet(0x10, 'MQTT', 0, 2, 0, 60, 'id'), UNSUPPORTED_LEVEL],
    ['CONNECT of MQTT with the level of 3.1', packet(0x10, 'MQTT', 3, 2, 0, 60, 'id'), UNSUPPORTED_LEVEL],
    ['CONNECT without anything', packet(0x10), 'not MQTT'],
    ['CONNECT without flags', packet(0x10, 'MQTT', 4), 'cut off'],
    ['CONNECT without keep alive', packet(0x10, 'MQTT', 4, 2), 'client id'],
    ['CONNECT with reserved flags', packet(0x11, 'MQTT', 4, 2, 0, 60, 'id'), 'reserved flags'],
    ['CONNECT with its reserved flag', connect(3, 'id'), 'reserved flag'],
    ['CONNECT with a retain flag and no will', connect(0x22, 'id'), 'no will'],
    ['CONNECT with a will QoS and no will', connect(0x0a, 'id'), 'no will'],
    ['CONNECT with will QoS 3', connect(0x1e, 'id', 'will', ''), 'QoS of the will'],
    ['CONNECT with a password alone', connect(0x42, 'id', 'pass'), 'without a username'],
    ['CONNECT without its will', connect(6, 'id'), 'topic of the will'],
    ['CONNECT without its will message', connect(6, 'id', 'will'), 'message of the will'],
    ['CONNECT with an empty will topic', connect(6, 'id', '', ''), 'topic of the will'],
    ['CONNECT with a wildcard as will topic', connect(6, 'id', 'a/#', ''), 'topic of the will'],
    ['CONNECT without its username', connect(0x82, 'id'), 'username'],
    ['CONNECT with NUL in the username', connect(0x82, 'id', 'a\0'), 'username'],
    ['CONNECT without its password', connect(0xc2, 'id', 'user'), 'password'],
    ['CONNECT with an id that is no UTF-8', connect(2, 'a\xff'), 'client id'],
    ['CONNECT with an id of a surrogate', connect(2, '\xed\xa0\x80'), 'client id'],
    ['CONNECT with something left over', connect(2, 'id', 'user'), 'left over'],
    ['PUBLISH QoS 3', packet(0x36, 'a', 0, 1), 'QoS is 3'],
    ['PUBLISH QoS 0 with DUP', packet(0x38, 'a'), 'DUP'],
    ['PUBLISH without a topic', packet(0x30), 'topic'],
    ['PUBLISH with a topic that is too long', packet(0x30, 0, 9, 97), 'topic'],
    ['PUBLISH with an overlong topic', packet(0x30, 'a\xc0\xaf'), 'topic'],
    ['PUBLISH QoS 1 without a packet id', packet(0x32, 'a'), 'packet id'],
    ['PUBLISH QoS 1 with half a packet id', packet(0x32, 'a', 1), 'packet id'],
    ['PUBLISH QoS 2 with packet id 0', packet(0x34, 'a', 0, 0), 'packet id'],
    ['PUBACK without a packet id', packet(0x40), 'packet id'],
    ['PUBACK with packet id 0', packet(0x40, 0, 0), 'packet id'],
    ['PUBACK with a third byte', packet(0x40, 0, 1, 0), 'left over'],
    ['PUBACK with flags', packet(0x42, 0, 1), 'reserved flags'],
    ['PUBREL without its flags', packet(0x60, 0, 1), 'reserved flags'],
    ['SUBSCRIBE without its flags', packet(0x80, 0, 1, 'a', 0), 'reserved flags'],
    ['SUBSCRIBE with packet id 0', packet(0x82, 0, 0, 'a', 0), 'packet id'],
    ['SUBSCRIBE without a filter', packet(0x82, 0, 1), 'no topic filter'],
    ['SUBSCRIBE with an empty filter', packet(0x82, 0, 1, '', 0), 'empty'],
    ['SUBSCRIBE with NUL', packet(0x82, 0, 1, 'a\0', 0), 'no text'],
    ['SUBSCRIBE without a QoS', packet(0x82, 0, 1, 'a'), 'QoS'],
    ['SUBSCRIBE with QoS 3', packet(0x82, 0, 1, 'a', 3), 'QoS'],
    ['SUBSCRIBE with reserved bits', packet(0x82, 0, 1, 'a', 4), 'QoS'],
    ['SUBSCRIBE whose second filter is wrong', packet(0x82, 0, 1, 'a', 0, 'b+', 0), 'wildcard'],
    ...['a#', '#a', '#/', 'a/#/b', 'a+', '+a', 'a/b+', 'a/+b/c', '++', '+#', '##'].map(
      (filter): [string, Buffer, string] => [
        `SUBSCRIBE to ${filter}`,
        packet(0x82, 0, 1, filter, 0),
        'wildcard',
      ],
    ),
    ['UNSUBSCRIBE with packet id 0', packet(0xa2, 0, 0, 'a'), 'packet id'],
    ['UNSUBSCRIBE without a filter', packet(0xa2, 0, 1), 'no topic filter'],
    ['UNSUBSCRIBE with a filter cut off', packet(0xa2, 0, 1, 0, 2, 97), 'cut off'],
    ['PINGREQ with a body', packet(0xc0, 0), 'left over'],
    ['DISCONNECT with a body', packet(0xe0, 0), 'left over'],
    ['DISCONNECT with flags', packet(0xe1), 'reserved flags'],
    ...[0, 2, 9, 11, 13, 15].map((type): [string, Buffer, string] => [
      `packet type ${type}`,
      packet(type << 4, 0, 1),
      'none that a client sends',
    ]),
  ])('refuses %s', (_, bytes, reason) => {
    expect(faultOf(bytes)).toContain(reason);
  });

  it('lets everything pass that the library of a client writes', () => {
    const level = fc.stringMatching(/^[a-z \u00e4\ufeff🌡]{0,5}$/u);
    const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => `t${levels.join('/')}`);
    const messageId = fc.integer({ min: 1, max: 65_535 });
    const packets = fc.oneof(
      fc.record({
        cmd: fc.constant('publish'),
        topic,
        messageId,
        qos: fc.constantFrom(0, 1, 2),
        retain: fc.boolean(),
        dup: fc.constant(false),
        payload: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      }),
      fc.record({
        cmd: fc.constant('subscribe'),
        messageId,
        subscriptions: fc.array(fc.record({ topic, qos: fc.constantFrom(0, 1, 2) }), { minLength: 1 }),
      }),
      fc.record({ cmd: fc.constant('pubrel'), messageId }),
      fc.record({
        cmd: fc.constant('connect'),
        clientId: topic,
        clean: fc.boolean(),
        keepalive: fc.nat(65_535),
        username: topic,
        password: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      }),
    );
    fc.assert(fc.property(packets, (made) => faultOf(generate(made as unknown as Packet)) === undefined));
  });

  it('reads no byte beyond the packet', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(255), (body, first) => {
        const start = 7;
        const end = start + body.length;
        const verdicts = [0, 255].map((filler) => {
          const bytes = Buffer.alloc(end + 300, filler);
          bytes.set(body, start);
          return packetFault(first, bytes, start, end);
        });
        expect(verdicts[0]).toBe(verdicts[1]);
      }),
      { numRuns: 2000 },
    );
  });
});
