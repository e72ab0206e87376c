import type { Client } from 'aedes';
import { packetFault, UNSUPPORTED_LEVEL } from './packet-guard.js';

/** What is used of mqtt-packet's parser, which aedes makes for each connection. */
interface ParserInternals {
  readonly packet: { readonly length: number };
  /** Bytes that came and are not consumed. */
  readonly _list: {
    readonly length: number;
    get(index: number): number;
    slice(from: number, to: number): Buffer;
    consume(bytes: number): void;
  };
  _parseHeader(): boolean;
  _parsePayload(): boolean;
  _emitError(error: Error): void;
}

/** CONNACK with return code 1, unacceptable protocol version (MQTT 3.1.1, 3.2.2.3). */
const UNACCEPTABLE_VERSION = Buffer.from([0x20, 2, 0, 1]);
/** A topic of 64 KiB and a packet id; the rest of a PUBLISH is its message. */
const PUBLISH_HEAD = 2 + 65_535 + 2;
const PUBLISH = 3;
const DISCONNECT = 14;

/**
 * Puts the packet guard before aedes' parser: a packet that breaks the standard ends its connection unread, and
 * nothing is read after DISCONNECT [MQTT-3.14.4-2].
 */
export function guardParser(client: Client): void {
  const parser = (client as unknown as { _parser: ParserInternals })._parser;
  const { _parseHeader: parseHeader, _parsePayload: parsePayload } = parser;
  let first = 0;
  let left = false;
  parser._parseHeader = () => {
    if (left) {
      parser._list.consume(parser._list.length);
      return false;
    }
    first = parser._list.get(0);
    return parseHeader.call(parser);
  };
  parser._parsePayload = () => {
    const { length } = parser.packet;
    if (parser._list.length >= length) {
      const head = first >> 4 === PUBLISH ? Math.min(length, PUBLISH_HEAD) : length;
      const fault = packetFault(first, parser._list.slice(0, head), 0, head);
      if (fault !== undefined) {
        if (fault === UNSUPPORTED_LEVEL) client.conn.write(UNACCEPTABLE_VERSION);
        parser._emitError(new Error(fault));
        return true;
      }
      left = first >> 4 === DISCONNECT;
    }
    return parsePayload.call(parser);
  };
}
