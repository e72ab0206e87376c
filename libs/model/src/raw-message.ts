import type { Micros } from './time.js';

/** MQTT quality of service. */
export type Qos = 0 | 1 | 2;

/** A message as a transport received it. */
export interface RawMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: Qos;
  readonly retain: boolean;
  /** The sender marked it as sent before [MQTT-3.3.1-1]. */
  readonly dup: boolean;
  /** Ingest moves it by microseconds, so that no other message has it. */
  received: Micros;
  /** Client id, or the name of the transport's source. Messages of one client keep their order. */
  readonly client: string;
  /** The account that sent it. */
  readonly username: string;
  /** Packet id for QoS 1 and 2; recognises a resend together with client and payload. */
  readonly packetId?: number | undefined;
  /** It was a dead letter and runs again: its arrival time stands. */
  readonly replayed?: boolean | undefined;
}

/** The states of the ledger: every message ends in exactly one. */
export const LEDGER_STATES = ['stored', 'duplicate', 'unmatched', 'rejected', 'filtered', 'refused'] as const;

/** A name of {@link LEDGER_STATES}. */
export type LedgerState = (typeof LEDGER_STATES)[number];

/** Counts since the store was made. `received` is the sum of the states. */
export interface Ledger {
  readonly messages: { readonly received: number } & Readonly<Record<LedgerState, number>>;
  readonly values: {
    readonly stored: number;
    readonly duplicate: number;
    readonly flagged: number;
    readonly rejected: number;
  };
}

/** Where on the straight line a message or value stopped. */
export type Stage = 'access' | 'match' | 'decode' | 'map' | 'check' | 'store';

/** Why a message or one of its values was not stored. */
export interface Rejection {
  readonly stage: Stage;
  readonly code: string;
  readonly message: string;
  /** JSON Pointer into the mapping document or the payload, where one applies. */
  readonly pointer?: string;
  /** Datastream name, for a rejected value. */
  readonly name?: string;
  /** Which item of `each` it was, from 0. */
  readonly item?: number;
}
