import type { Outcome } from '#ingest';
import type { Micros, Qos, RawMessage } from '#model';

/** Who sent a message, and when it came. */
export interface Origin {
  readonly client: string;
  readonly username: string;
  readonly received: Micros;
  /** The same moment in milliseconds of this process. */
  readonly taken: number;
}

/** A message between its socket and the store: one object on its whole way. */
export class Message<From extends Origin = Origin> implements RawMessage {
  readonly client: string;
  readonly username: string;
  received: Micros;
  readonly taken: number;
  /** What it counts for in the budget. */
  readonly bytes: number;
  /** The connection ends instead of an acknowledgement. */
  close = false;
  /** For a will: lets aedes publish it. */
  publishWill: (() => void) | undefined = undefined;
  /** `lost` when the store closed before the commit, or failed. */
  outcome: Outcome | 'lost' | undefined = undefined;

  /** @param malformed its topic has control characters [MQTT-1.5.3-2], or others that topics should not have */
  constructor(
    readonly from: From,
    readonly topic: string,
    readonly payload: Buffer,
    readonly qos: Qos,
    readonly retain: boolean,
    readonly dup: boolean,
    readonly packetId: number | undefined,
    readonly malformed: boolean,
  ) {
    this.client = from.client;
    this.username = from.username;
    this.received = from.received;
    this.taken = from.taken;
    this.bytes = payload.length + topic.length;
  }
}
