import type { Qos } from '#model';

const PUBLISH = 0x30;
/** Of most messages: two length bytes. Others are moved. */
const FIXED_HEADER = 3;
const PACKET_ID = 2;

/** What the messages of a topic begin with: room for a fixed header, then the topic and its length. */
export function topicHead(topic: string): Buffer {
  const bytes = Buffer.from(topic);
  const head = Buffer.allocUnsafeSlow(FIXED_HEADER + 2 + bytes.length);
  head.writeUInt16BE(bytes.length, FIXED_HEADER);
  bytes.copy(head, FIXED_HEADER + 2);
  return head;
}

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
const MAX_SPARE = 6;
/** Of a remaining length at most. */
const LENGTH_BYTES = 4;
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

  /** Where the last message begins. */
  start = 0;
  /** Where the packet id of the last message is to be written, when it has one. */
  idAt = 0;

  /** Appends a message that begins with a {@link topicHead}. */
  append(head: Buffer, qos: Qos, payload: string): void {
    // A UTF-16 unit takes at most three bytes.
    const at = this.begin(head, qos, payload.length * 3);
    this.end(head, qos, at + this.buffer.write(payload, at, 'utf8'));
  }

  /**
   * Begins a message with a payload of `bound` bytes at most; answers where that is to be written. With QoS 1 and 2
   * there is room for a packet id.
   */
  begin(head: Buffer, qos: Qos, bound: number): number {
    this.reserve(head.length + PACKET_ID + bound + LENGTH_BYTES);
    this.buffer.set(head, this.length);
    return this.length + head.length + (qos > 0 ? PACKET_ID : 0);
  }

  /** Completes the message whose payload was written up to `end`: a whole PUBLISH without RETAIN. */
  end(head: Buffer, qos: Qos, end: number): void {
    const { buffer, length: start } = this;
    const remaining = end - start - FIXED_HEADER;
    const shift = lengthBytes(remaining) + 1 - FIXED_HEADER;
    if (shift !== 0) buffer.copyWithin(start + FIXED_HEADER + shift, start + FIXED_HEADER, end);
    buffer[start] = PUBLISH | (qos << 1);
    writeLength(buffer, start + 1, remaining);
    this.start = start;
    this.idAt = start + head.length + shift;
    this.length = end + shift;
  }

  /** Makes room for more bytes after {@link length}. */
  reserve(size: number): void {
    if (this.length + size <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.length + size));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}

/** Makes a packet of QoS 1 or 2, at `start`, a subscriber's own: its QoS there, and its packet id. */
export function address(buffer: Buffer, start: number, idAt: number, qos: Qos, id: number): void {
  buffer[start] = PUBLISH | (qos << 1);
  buffer[idAt] = id >>> 8;
  buffer[idAt + 1] = id & 255;
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
