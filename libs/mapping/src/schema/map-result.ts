import type { Micros, ObservableProperty, ObservationValue, Rejection, Series } from '#model';

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

/** A value in its property's canonical unit. */
export interface MappedValue {
  readonly target: MapTarget;
  readonly value: ObservationValue;
  /** Undefined: the time of arrival. */
  readonly time: Micros | undefined;
  /** Bits of FLAGS. */
  readonly flags: number;
}

/** What a schema makes of a payload. */
export interface MapResult {
  readonly values: MappedValue[];
  readonly rejected: Rejection[];
  /** The device, where the document names one for all. */
  device: string | undefined;
}
