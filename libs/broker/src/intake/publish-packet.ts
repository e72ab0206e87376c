import { isUtf8 } from 'node:buffer';
import { CONTROL_CHARACTERS, MAX_TOPIC_LEVELS } from '#access';
import type { Qos } from '#model';
import { Message, type Origin } from './message.js';

/** What Node's types leave out of buffers: texts without the detour over the name of an encoding. */
interface Slices {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
}

/**
 * Reads a PUBLISH (MQTT 3.1.1, 3.3) in the bytes that hold it; the payload is a view of them. Answers why it breaks
 * the standard, a reason to close the connection [MQTT-4.8.0-1], where it does.
 * @param first the packet's first byte
 * @param start where its variable header begins
 */
export function readPublish<From extends Origin>(
  first: number,
  bytes: Buffer & Partial<Slices>,
  start: number,
  end: number,
  from: From,
): Message<From> | string {
  const qos = (first >> 1) & 3;
  const dup = (first & 8) !== 0;
  if (qos === 3) return 'the QoS is 3';
  if (dup && qos === 0) return 'DUP is set with QoS 0';
  const topicAt = start + 2;
  if (topicAt > end) return 'the topic is cut off';
  const topicEnd = topicAt + ((bytes[start]! << 8) | bytes[start + 1]!);
  const payloadAt = qos === 0 ? topicEnd : topicEnd + 2;
  if (payloadAt > end) return 'the topic is cut off, or the packet id missing';
  if (topicEnd === topicAt) return 'the topic is empty';
  let ascii = true;
  let malformed = false;
  let levels = 1;
  for (let i = topicAt; i < topicEnd; i++) {
    const byte = bytes[i]!;
    if (byte === 0x2f) levels++;
    else if (byte === 0x2b || byte === 0x23) return 'wildcards are not allowed in a topic name';
    else if (byte < 0x20 || byte === 0x7f) malformed = true;
    else if (byte > 0x7f) ascii = false;
  }
  if (levels > MAX_TOPIC_LEVELS) return 'the topic has too many levels';
  // Latin-1 is what V8 makes short texts of fastest.
  let topic: string;
  if (ascii) topic = bytes.latin1Slice!(topicAt, topicEnd);
  else {
    if (!isUtf8(bytes.subarray(topicAt, topicEnd))) return 'the topic is no UTF-8';
    topic = bytes.utf8Slice!(topicAt, topicEnd);
    malformed ||= CONTROL_CHARACTERS.test(topic);
  }
  const packetId = qos === 0 ? undefined : (bytes[topicEnd]! << 8) | bytes[topicEnd + 1]!;
  if (packetId === 0) return 'the packet id is 0';
  const payload = bytes.subarray(payloadAt, end);
  return new Message(from, topic, payload, qos as Qos, (first & 1) !== 0, dup, packetId, malformed);
}
