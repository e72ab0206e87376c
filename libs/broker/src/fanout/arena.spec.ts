import fc from 'fast-check';
import { parser, type IPublishPacket, type Packet } from 'mqtt-packet';
import { address, Arena, encodePublish, topicHead } from './arena.js';

/** What a client makes of the bytes; each byte must belong to a packet. */
function read(bytes: Buffer): IPublishPacket[] {
  const packets: Packet[] = [];
  const mqtt = parser({ protocolVersion: 4 });
  mqtt.on('packet', (packet) => packets.push(packet));
  mqtt.on('error', (error) => {
    throw error;
  });
  expect(mqtt.parse(bytes)).toBe(0);
  return packets as IPublishPacket[];
}

const told = (packet: IPublishPacket | undefined) =>
  packet && {
    topic: packet.topic,
    payload: packet.payload.toString(),
    qos: packet.qos,
    retain: packet.retain,
    dup: packet.dup,
    id: packet.messageId,
  };

function append(arena: Arena, topic: string, payload: string, qos: 0 | 1 | 2 = 0, id = 0): void {
  arena.append(topicHead(topic), qos, payload);
  if (qos > 0) address(arena.buffer, arena.start, arena.idAt, qos, id);
}

/** The remaining lengths (of QoS 0) at which the length takes one more byte, for QoS 0 and for QoS 1. */
const BOUNDARIES = [127, 16_383, 2_097_151].flatMap((most) => [most - 2, most - 1, most, most + 1, most + 2]);
const PADS = ['x', 'é', '🌡'];

/** A payload that makes the remaining length exactly `remaining`. */
function payloadFor(topic: string, remaining: number, pad: string): string {
  const bytes = remaining - 2 - Buffer.byteLength(topic);
  const unit = Buffer.byteLength(pad);
  return pad.repeat(Math.floor(bytes / unit)) + 'y'.repeat(bytes % unit);
}

describe.each(PADS)('messages of %s', (pad) => {
  it.each(BOUNDARIES)('with a remaining length of %d are read back, in every QoS', (remaining) => {
    const topic = `semantic/${pad}`;
    const payload = payloadFor(topic, remaining, pad);
    const arena = new Arena(16);
    append(arena, 'before', 'b');
    const { length: start } = arena;
    append(arena, topic, payload);
    expect(arena.start).toBe(start);
    append(arena, topic, payload, 1, 1);
    append(arena, topic, payload, 2, 65_535);
    append(arena, 'after', 'a');
    const packets = read(arena.buffer.subarray(0, arena.length));
    expect(packets.map((packet) => packet.topic)).toEqual(['before', topic, topic, topic, 'after']);
    expect(packets[1]!.length).toBe(remaining);
    expect(packets.slice(1, 4)).toMatchObject([
      { topic, qos: 0, retain: false, dup: false },
      { topic, qos: 1, messageId: 1, retain: false, dup: false },
      { topic, qos: 2, messageId: 65_535, retain: false, dup: false },
    ]);
    for (const packet of packets.slice(1, 4))
      expect(Buffer.from(payload).equals(packet.payload as Buffer)).toBe(true);
    const retained = read(encodePublish(topic, Buffer.from(payload), 0, true));
    expect(retained[0]).toMatchObject({ topic, retain: true, length: remaining });
  });
});

const topics = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 });
const payloads = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'grapheme', minLength: 100, maxLength: 400 }),
);

describe('an arena', () => {
  it('holds what a client reads, whatever its first size', () => {
    const qos = fc.constantFrom(0 as const, 1 as const, 2 as const);
    const messages = fc.array(fc.record({ topic: topics, payload: payloads, qos }), { maxLength: 10 });
    fc.assert(
      fc.property(messages, fc.integer({ min: 0, max: 64 }), (list, capacity) => {
        const arena = new Arena(capacity);
        for (const [i, one] of list.entries()) append(arena, one.topic, one.payload, one.qos, i + 1);
        expect(read(arena.buffer.subarray(0, arena.length)).map(told)).toEqual(
          list.map((one, i) => ({
            ...one,
            retain: false,
            dup: false,
            id: one.qos === 0 ? undefined : i + 1,
          })),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('writes a lone surrogate as UTF-8 does', () => {
    const arena = new Arena(0);
    append(arena, 'a', '\ud800x');
    expect(read(arena.buffer.subarray(0, arena.length))[0]!.payload.toString()).toBe('\ufffdx');
  });

  it('keeps a buffer that a socket holds as it is, when it grows', () => {
    const arena = new Arena(32);
    append(arena, 'a', 'first');
    const { length: end } = arena;
    const held = arena.buffer.subarray(0, end);
    const copy = Buffer.from(held);
    append(arena, 'b', 'x'.repeat(1000));
    expect(held.equals(copy)).toBe(true);
    expect(arena.buffer.subarray(0, end).equals(copy)).toBe(true);
  });
});

describe('encodePublish', () => {
  it('writes what a client reads', () => {
    const qos = fc.constantFrom(0 as const, 1 as const, 2 as const);
    const id = fc.integer({ min: 1, max: 65_535 });
    fc.assert(
      fc.property(topics, payloads, qos, fc.boolean(), id, (topic, payload, q, retain, messageId) => {
        const packets = read(encodePublish(topic, Buffer.from(payload), q, retain, messageId));
        expect(packets.map(told)).toEqual([
          { topic, payload, qos: q, retain, dup: false, id: q === 0 ? undefined : messageId },
        ]);
      }),
      { numRuns: 100 },
    );
  });
});
