import { isUtf8 } from 'node:buffer';

/** A CONNECT of a protocol level that is not spoken: it is answered with CONNACK 1 [MQTT-3.1.2-2]. */
export const UNSUPPORTED_LEVEL = 'the protocol level is not supported';

/** Parts of a packet that are read one after the other; `at` is where the next begins. */
interface Body {
  readonly bytes: Buffer;
  readonly end: number;
  at: number;
}

type Check = (body: Body, flags: number) => string | undefined;

/** By packet type; what a server alone sends, and what is reserved, has no entry [MQTT-2.2.2-2]. */
const CHECKS: Readonly<Record<number, Check>> = {
  1: connect,
  3: publish,
  4: acknowledgement,
  5: acknowledgement,
  6: acknowledgement,
  7: acknowledgement,
  8: subscribe,
  10: unsubscribe,
  12: empty,
  14: empty,
};
/** The lower four bits of the first byte; PUBLISH has flags of its own [MQTT-2.2.2-1]. */
const FLAGS: Readonly<Record<number, number>> = { 6: 2, 8: 2, 10: 2 };

/** Protocol name and level: MQTT 3.1.1, and 3.1 before it. */
const LEVELS: ReadonlyMap<string | undefined, number> = new Map([
  ['MQTT', 4],
  ['MQIsdp', 3],
]);
/** Mosquitto's bridges set it beside the level. */
const BRIDGE = 0x80;
const QOS: ReadonlySet<number> = new Set([0, 1, 2]);
/** A wildcard that does not stand alone in its level, or "#" that is not the last [MQTT-4.7.1-2, MQTT-4.7.1-3]. */
const MISPLACED = /[^/][#+]|\+[^/]|#[^]/;

/**
 * Why a packet of a client breaks MQTT 3.1.1, so that its connection has to be closed [MQTT-4.8.0-1]; undefined
 * when it does not. aedes' parser reads texts that are no UTF-8, packet ids of 0, fields that reach into the next
 * packet and packets with something left over, and answers them. Topics of PUBLISH are the gate's matter, which
 * counts them.
 * @param first the packet's first byte
 * @param bytes what holds its variable header and payload, from `start` to `end`
 */
export function packetFault(first: number, bytes: Buffer, start: number, end: number): string | undefined {
  const type = first >> 4;
  const flags = first & 15;
  const check = CHECKS[type];
  if (!check) return `packet type ${type} is none that a client sends`;
  if (type !== 3 && flags !== (FLAGS[type] ?? 0)) return `reserved flags of packet type ${type} are set`;
  const body = { bytes, end, at: start };
  return check(body, flags) ?? (body.at < end ? 'bytes are left over' : undefined);
}

function connect(body: Body): string | undefined {
  const level = LEVELS.get(text(body));
  if (level === undefined) return 'the protocol is not MQTT';
  const asked = byte(body);
  const flags = byte(body);
  if (flags < 0) return 'CONNECT is cut off';
  if ((asked & ~BRIDGE) !== level) return UNSUPPORTED_LEVEL;
  const will = (flags & 4) !== 0;
  const username = (flags & 0x80) !== 0;
  const password = (flags & 0x40) !== 0;
  if ((flags & 1) !== 0) return 'the reserved flag of CONNECT is set';
  if (!will && (flags & 0x38) !== 0) return 'there is no will whose QoS or retain could be set';
  if ((flags & 0x18) === 0x18) return 'the QoS of the will is 3';
  if (password && !username) return 'there is a password without a username';
  // Keep alive, two bytes.
  body.at += 2;
  if (text(body) === undefined) return 'the client id is cut off or no UTF-8';
  if (will) {
    const topic = text(body);
    if (topic === undefined || topic === '' || /[#+\0]/.test(topic)) return 'the topic of the will is none';
    if (!skip(body)) return 'the message of the will is cut off';
  }
  if (username && text(body)?.includes('\0') !== false) return 'the username is cut off or no text';
  if (password && !skip(body)) return 'the password is cut off';
  return undefined;
}

function publish(body: Body, flags: number): string | undefined {
  const qos = (flags >> 1) & 3;
  if (qos === 3) return 'the QoS is 3';
  if (qos === 0 && (flags & 8) !== 0) return 'DUP is set with QoS 0';
  if (!skip(body, true)) return 'the topic is cut off or no UTF-8';
  if (qos > 0 && packetId(body) === 0) return 'the packet id is 0 or missing';
  body.at = body.end;
  return undefined;
}

function acknowledgement(body: Body): string | undefined {
  return packetId(body) === 0 ? 'the packet id is 0 or missing' : undefined;
}

function subscribe(body: Body): string | undefined {
  return filters(body, () => QOS.has(byte(body)));
}

function unsubscribe(body: Body): string | undefined {
  return filters(body, () => true);
}

function filters(body: Body, options: () => boolean): string | undefined {
  if (packetId(body) === 0) return 'the packet id is 0 or missing';
  if (body.at >= body.end) return 'there is no topic filter';
  while (body.at < body.end) {
    const filter = text(body);
    if (filter === undefined || filter === '' || filter.includes('\0'))
      return 'a topic filter is empty, cut off or no text';
    if (MISPLACED.test(filter)) return 'a wildcard of a topic filter is not where it may be';
    if (!options()) return 'a requested QoS is missing, 3, or has reserved bits';
  }
  return undefined;
}

/** PINGREQ and DISCONNECT are two bytes [MQTT-3.14.1-1]. */
function empty(): undefined {
  return undefined;
}

/** The next byte, -1 when there is none. */
function byte(body: Body): number {
  return body.at < body.end ? body.bytes[body.at++]! : -1;
}

/** The next two bytes as a packet id, 0 when they are not there. */
function packetId(body: Body): number {
  const { at } = body;
  body.at += 2;
  return body.at > body.end ? 0 : body.bytes.readUInt16BE(at);
}

/** Steps over bytes with their length before them. Answers false when they are not whole, or no UTF-8 [MQTT-1.5.3-1]. */
function skip(body: Body, isText = false): boolean {
  const from = body.at + 2;
  if (from > body.end) return false;
  body.at = from + body.bytes.readUInt16BE(body.at);
  return body.at <= body.end && (!isText || isUtf8(body.bytes.subarray(from, body.at)));
}

/** The next text, its byte order mark kept [MQTT-1.5.3-3]; undefined when it is not whole, or no UTF-8. */
function text(body: Body): string | undefined {
  const from = body.at + 2;
  return skip(body, true) ? body.bytes.toString('utf8', from, body.at) : undefined;
}
