import type { Qos } from '#model';

/** Where one message lies in an arena. */
export interface Encoded {
  /** A whole QoS 0 PUBLISH packet without RETAIN. */
  readonly start: number;
  /** Where the topic's length field begins. */
  readonly topic: number;
  /** Where the payload begins. */
  readonly payload: number;
  readonly end: number;
}

const PUBLISH = 0x30;
/** Of most messages: two length bytes. Others are moved. */
const FIXED_HEADER = 3;

/** Bytes of the variable byte integer that writes a remaining length (MQTT 3.1.1, 2.2.3). */
function lengthBytes(length: number): number {
  return length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : 4;
}

function writeLength(buffer: Buffer, at: number, length: number): void {
  let rest = length;
  while (rest > 127) {
    buffer[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  buffer[at] = rest;
}

/** Arenas start small and keep what they grew to. */
const FIRST_CAPACITY = 64 * 1024;
const MAX_SPARE = 16;
/** An arena that grew beyond is not kept. */
const MAX_KEPT = 2 * 1024 * 1024;

/**
 * One growing buffer that holds a batch of PUBLISH packets, each encoded once: a subscriber's share is a run of
 * contiguous ranges. Sockets keep what they could not send yet, so an arena is used again only when every write
 * of it is done.
 */
export class Arena {
  static readonly #spare: Arena[] = [];

  /** An empty arena, a used one where there is one. Its taker holds it until {@link release}. */
  static take(): Arena {
    const arena = Arena.#spare.pop() ?? new Arena();
    arena.length = 0;
    arena.#users = 1;
    return arena;
  }

  buffer: Buffer;
  length = 0;
  #users = 0;

  constructor(capacity = FIRST_CAPACITY) {
    this.buffer = Buffer.allocUnsafeSlow(capacity);
  }

  /** A write callback of a part of it: holds it until the socket is done. */
  hold(): () => void {
    this.#users++;
    return this.#done;
  }

  /** The taker needs it no more. */
  release(): void {
    this.#done();
  }

  readonly #done = () => {
    if (--this.#users > 0 || this.buffer.length > MAX_KEPT || Arena.#spare.length >= MAX_SPARE) return;
    Arena.#spare.push(this);
  };

  /** Appends a message; `topic` is its UTF-8. */
  append(topic: Buffer, payload: string): Encoded {
    // A UTF-16 unit takes at most three bytes.
    const at = this.begin(topic, payload.length * 3);
    return this.end(topic, at, at + this.buffer.write(payload, at, 'utf8'));
  }

  /** Makes room for a message with a payload of `bound` bytes at most; answers where the payload is to be written. */
  begin(topic: Buffer, bound: number): number {
    this.reserve(topic.length + bound + 7);
    return this.length + FIXED_HEADER + 2 + topic.length;
  }

  /** Completes the message whose payload was written from `payloadAt` to `end`. */
  end(topic: Buffer, payloadAt: number, end: number): Encoded {
    const { buffer } = this;
    const start = this.length;
    const remaining = 2 + topic.length + end - payloadAt;
    const shift = lengthBytes(remaining) + 1 - FIXED_HEADER;
    if (shift !== 0) buffer.copyWithin(payloadAt + shift, payloadAt, end);
    const topicAt = start + FIXED_HEADER + shift;
    buffer[start] = PUBLISH;
    writeLength(buffer, start + 1, remaining);
    buffer[topicAt] = topic.length >>> 8;
    buffer[topicAt + 1] = topic.length & 255;
    topic.copy(buffer, topicAt + 2);
    this.length = end + shift;
    return { start, topic: topicAt, payload: payloadAt + shift, end: this.length };
  }

  /** Makes room for more bytes after {@link length}. */
  reserve(size: number): void {
    if (this.length + size <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.length + size));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}

/** Bytes of a message as a packet of QoS 1 or 2. */
export function packetSize(encoded: Encoded): number {
  const remaining = encoded.end - encoded.topic + 2;
  return 1 + lengthBytes(remaining) + remaining;
}

/** Writes an encoded message as a packet of QoS 1 or 2 with its packet id; answers where it ends. */
export function writeWithId(
  source: Buffer,
  encoded: Encoded,
  qos: Qos,
  id: number,
  target: Buffer,
  at: number,
): number {
  const remaining = encoded.end - encoded.topic + 2;
  target[at] = PUBLISH | (qos << 1);
  writeLength(target, at + 1, remaining);
  at += 1 + lengthBytes(remaining);
  at += source.copy(target, at, encoded.topic, encoded.payload);
  target[at] = id >>> 8;
  target[at + 1] = id & 255;
  return at + 2 + source.copy(target, at + 2, encoded.payload, encoded.end);
}

/** One PUBLISH packet, as retained messages are sent when someone subscribes. */
export function encodePublish(topic: string, payload: Buffer, qos: Qos, retain: boolean, id = 0): Buffer {
  const topicBytes = Buffer.from(topic);
  const remaining = 2 + topicBytes.length + (qos > 0 ? 2 : 0) + payload.length;
  const packet = Buffer.allocUnsafe(1 + lengthBytes(remaining) + remaining);
  packet[0] = PUBLISH | (qos << 1) | (retain ? 1 : 0);
  writeLength(packet, 1, remaining);
  let at = 1 + lengthBytes(remaining);
  at = packet.writeUInt16BE(topicBytes.length, at);
  at += topicBytes.copy(packet, at);
  if (qos > 0) at = packet.writeUInt16BE(id, at);
  payload.copy(packet, at);
  return packet;
}
