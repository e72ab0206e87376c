import type { LedgerState, ObservationRecord, RawMessage, Rejection, Series } from '#model';

/** A device of a schema that said whether it is there. */
export interface DeviceStatus {
  readonly device: string;
  readonly online: boolean;
}

/** An observation that is committed and wants to be republished. */
export interface Republication extends ObservationRecord {
  /** It is the datastream's newest: retained. */
  readonly retained: boolean;
}

/** What became of a raw message, after the commit. */
export interface Outcome {
  readonly raw: RawMessage;
  readonly state: LedgerState;
  readonly observations: readonly Republication[];
  /** Series whose retained value moved to another topic by this message. */
  readonly moved: readonly Series[];
  readonly rejections: readonly Rejection[];
  readonly status?: DeviceStatus | undefined;
  readonly device?: string | undefined;
  /** `id/versions/n` of the schema that took the message. */
  readonly schema?: string | undefined;
}

/** Hears what became of a message, or the error that kept it from being stored. */
export type Heard<Raw extends RawMessage = RawMessage> = (
  raw: Raw,
  outcome: Outcome | undefined,
  error?: Error,
) => void;

/** Where outcomes go after the acknowledgement: the fan-out, an upstream broker. */
export interface OutcomeSink {
  publish(outcome: Outcome): void;
}
