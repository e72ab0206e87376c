import { packetBytes, remainingLength } from '../../fixtures/packet-bytes.js';
import type { Random } from './random.js';

/** Who the fuzzer's clients are, and what they may. */
export interface Fuzzer {
  readonly username: string;
  readonly token: string;
  /** Client ids of sessions that stay. */
  readonly sessions: readonly string[];
}

const TOPICS = [
  'fuzz/a',
  'fuzz/b/climate',
  'fuzz',
  'fuzz/ü/🌡',
  'denied/a',
  'fuzz//',
  '$SYS/fuzz',
  'fuzz/\0',
  'fuzz/+',
];
const FILTERS = [
  'fuzz/#',
  'fuzz/+',
  'fuzz/a',
  '+/a',
  '#',
  'denied/#',
  '$SYS/#',
  'fuzz/+/climate',
  'fuzz/a+',
  '',
];
const PAYLOADS = [
  '',
  '{"temperature":21}',
  '{"temperature":"warm"}',
  '{',
  '[]',
  '\0',
  '{"temperature":1e999}',
];

const utf8 = (text: string) => Buffer.from(text).toString('latin1');

/** CONNECT of a fuzzer, mostly as it should be. */
export function connect(random: Random, { username, token, sessions }: Fuzzer): Buffer {
  const stays = random.chance(5);
  const id = stays ? random.pick(sessions) : random.chance(5) ? '' : `fuzz-${random.below(1e9)}`;
  const will = random.chance(20);
  const flags =
    0xc0 | (stays ? 0 : 2) | (will ? 4 | (random.below(3) << 3) | (random.chance(20) ? 0x20 : 0) : 0);
  const willParts = will ? [utf8(random.pick(TOPICS)), random.pick(PAYLOADS)] : [];
  return packetBytes(0x10, 'MQTT', 4, flags, 0, random.below(61), id, ...willParts, username, token);
}

/** A packet that MQTT 3.1.1 allows a client; its topic may be one that is refused. */
export function valid(random: Random): Buffer {
  const id = [random.below(3), 1 + random.below(255)] as const;
  switch (random.below(12)) {
    case 0:
      return packetBytes(0x62, ...id);
    case 1:
      return packetBytes(
        0x82,
        ...id,
        ...some(random, () => [utf8(random.pick(FILTERS.slice(0, 8))), random.below(3)]),
      );
    case 2:
      return packetBytes(0xa2, ...id, ...some(random, () => [utf8(random.pick(FILTERS.slice(0, 8)))]));
    case 3:
      return packetBytes(0xc0);
    case 4:
      return packetBytes(random.pick([0x40, 0x50, 0x70]), ...id);
    default: {
      const qos = random.pick([0, 0, 0, 1, 1, 2]);
      const flags = (qos << 1) | (random.chance(5) ? 1 : 0) | (qos > 0 && random.chance(10) ? 8 : 0);
      const topic = utf8(random.pick(TOPICS.slice(0, 7)));
      const payload = random.chance(1)
        ? random.bytes(random.below(20_000))
        : Buffer.from(random.pick(PAYLOADS));
      return packetBytes(0x30 | flags, topic, ...(qos > 0 ? id : []), payload);
    }
  }
}

/** Any packet, valid as far as its shape goes. */
function any(random: Random, fuzzer: Fuzzer): Buffer {
  const id = [0, random.below(256)] as const;
  switch (random.below(8)) {
    case 0:
      return connect(random, fuzzer);
    case 1:
      return packetBytes(random.pick([0x20, 0x90, 0xb0, 0xd0, 0x00, 0xf0]), ...id);
    case 2:
      return packetBytes(random.below(256), ...id, random.bytes(random.below(40)));
    case 3:
      return packetBytes(0x32, utf8(random.pick(TOPICS)), ...id, random.pick(PAYLOADS));
    case 4:
      return packetBytes(0x82, ...id, utf8(random.pick(FILTERS)), random.below(5));
    case 5:
      return packetBytes(0xe0);
    default:
      return valid(random);
  }
}

/** A packet that something happened to: bits, its end, its length, bytes of another one. */
export function mutated(random: Random, fuzzer: Fuzzer): Buffer {
  let packet = any(random, fuzzer);
  for (let times = 1 + random.below(2); times > 0; times--) packet = mutate(packet, random, fuzzer);
  return packet;
}

function mutate(packet: Buffer, random: Random, fuzzer: Fuzzer): Buffer {
  const at = random.below(packet.length + 1);
  const rest = packet.subarray(at);
  const head = Buffer.from(packet.subarray(0, at));
  switch (random.below(9)) {
    case 0:
    case 1: {
      const flipped = Buffer.from(packet);
      for (let bits = 1 + random.below(4); bits > 0; bits--)
        if (flipped.length > 0) flipped[random.below(flipped.length)]! ^= 1 << random.below(8);
      return flipped;
    }
    case 2:
      return head;
    case 3: {
      const lie = random.pick([0, 1, 2, random.below(200), random.below(70_000), 268_435_455]);
      return Buffer.concat([packet.subarray(0, 1), Buffer.from(remainingLength(lie)), packet.subarray(2)]);
    }
    case 4:
      return Buffer.concat([
        packet.subarray(0, 1),
        Buffer.alloc(1 + random.below(6), 0xff),
        packet.subarray(2),
      ]);
    case 5:
      return Buffer.concat([head, any(random, fuzzer), rest]);
    case 6:
      return Buffer.concat([head, random.bytes(1 + random.below(8)), rest]);
    case 7:
      return Buffer.concat([head, rest.subarray(1 + random.below(4))]);
    default:
      return random.bytes(random.below(60));
  }
}

function some<T>(random: Random, make: () => readonly T[]): T[] {
  return Array.from({ length: 1 + random.below(3) }, make).flat();
}
