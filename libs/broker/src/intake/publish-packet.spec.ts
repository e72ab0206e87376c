import fc from 'fast-check';
import { generate } from 'mqtt-packet';
import { Message, type Origin } from './message.js';
import { readPublish } from './publish-packet.js';

const FROM: Origin = { client: 'c', username: 'u', received: 1_795_401_611_000_000, taken: 5 };

/** Reads a packet whose body begins after a fixed header of a one-byte length, as a part of a larger chunk. */
function read(packet: Buffer): Message | string {
  let body = 1;
  while (packet[body]! > 127) body++;
  const chunk = Buffer.concat([Buffer.from('before'), packet, Buffer.from('after')]);
  return readPublish(packet[0]!, chunk, 6 + body + 1, 6 + packet.length, FROM);
}

const levels = fc.array(
  fc.string({ unit: 'grapheme' }).map((one) => one.replace(/[#+/\u0000]/g, '')),
  {
    minLength: 1,
    maxLength: 5,
  },
);
const topics = levels.map((parts) => parts.join('/')).filter((topic) => topic !== '');

it('reads what any client writes', () => {
  const qos = fc.constantFrom(0 as const, 1 as const, 2 as const);
  fc.assert(
    fc.property(
      topics,
      fc.uint8Array({ maxLength: 300 }),
      qos,
      fc.boolean(),
      fc.boolean(),
      fc.integer({ min: 1, max: 65_535 }),
      (topic, bytes, q, retain, again, messageId) => {
        const payload = Buffer.from(bytes);
        const dup = again && q > 0;
        const packet = generate({
          cmd: 'publish',
          topic,
          payload,
          qos: q,
          retain,
          dup,
          ...(q > 0 && { messageId }),
        });
        const message = read(packet);
        expect(message).toBeInstanceOf(Message);
        expect(message).toMatchObject({ topic, qos: q, retain, dup, client: 'c', username: 'u' });
        expect((message as Message).payload.equals(payload)).toBe(true);
        expect((message as Message).packetId).toBe(q > 0 ? messageId : undefined);
      },
    ),
  );
});

const publish = (first: number, ...body: number[]) => Buffer.from([first, body.length, ...body]);

it.each([
  ['QoS 3', publish(0x36, 0, 1, 0x61, 0, 1), 'QoS is 3'],
  ['DUP with QoS 0', publish(0x38, 0, 1, 0x61), 'DUP'],
  ['an empty topic', publish(0x30, 0, 0), 'empty'],
  ['a topic that is cut off', publish(0x30, 0, 5, 0x61), 'cut off'],
  ['no topic at all', publish(0x30, 0), 'cut off'],
  ['no packet id', publish(0x32, 0, 1, 0x61), 'packet id'],
  ['packet id 0', publish(0x32, 0, 1, 0x61, 0, 0), 'packet id is 0'],
  ['a wildcard', publish(0x30, 0, 3, 0x61, 0x2f, 0x2b), 'wildcards'],
  ['a topic that is no UTF-8', publish(0x30, 0, 2, 0xc3, 0x28), 'UTF-8'],
  ['a surrogate in its topic', publish(0x30, 0, 3, 0xed, 0xa0, 0x80), 'UTF-8'],
  ['101 levels', publish(0x30, 0, 100, ...Array<number>(100).fill(0x2f)), 'levels'],
])('refuses a PUBLISH with %s', (_, packet, reason) => {
  expect(read(packet)).toEqual(expect.stringContaining(reason));
});

it.each([
  ['NUL', [0]],
  ['a control character', [0x1f]],
  ['DEL', [0x7f]],
  ['one of C1', [0xc2, 0x85]],
])('marks a topic with %s, for the gate to record it', (_, bytes) => {
  expect(read(publish(0x30, 0, bytes.length + 1, 0x61, ...bytes))).toMatchObject({ malformed: true });
});
