import type { Micros, ObservableProperty, ObservationValue, Rejection, SchemaRef, Series } from '#model';

/** Where a value belongs: made once for a device and rule, and shared by every message after. */
export interface MapTarget {
  readonly device: string;
  /** The datastream's name. */
  readonly name: string;
  readonly property: ObservableProperty;
  /** Path of the feature of interest; undefined: the one that the device is registered with. */
  readonly feature: string | undefined;
  /** Noted by ingest when it resolves the target first. */
  series: Series | undefined;
}

/**
 * A value in its property's canonical unit, an observation in the making: mapping gives it what the payload says, and
 * ingest the rest, in place. One object a value is what the hot path can afford.
 */
export interface MappedValue {
  readonly target: MapTarget;
  readonly value: ObservationValue;
  /** Which item of the payload it is of. */
  readonly item: number;
  /** Undefined: the time of arrival. */
  time: Micros | undefined;
  /** Bits of FLAGS. */
  flags: number;
  /** For ingest to say. */
  series: Series | undefined;
  schema: SchemaRef | undefined;
  resultTime: Micros;
  nth: number;
  arrival: boolean;
  retained: boolean;
}

/** What a schema makes of a payload. */
export interface MapResult {
  readonly values: MappedValue[];
  readonly rejected: Rejection[];
  /** The device, where the document names one for all. */
  device: string | undefined;
  /** How many items the payload had. */
  items: number;
}
