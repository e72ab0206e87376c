import type { ValueType, PropertyOrigin } from './property.js';
import type { Micros } from './time.js';

/** A value in the property's canonical unit: number for quantities, boolean for states, else text. */
export type ObservationValue = number | boolean | string;

/** Quality flags, a bit each. Names are terms of the ontology (`quality` of an observation). */
export const FLAGS = {
  'out-of-range': 1,
  clock: 2,
  'time-unreadable': 4,
  'zone-assumed': 8,
} as const;

/** A name of {@link FLAGS}. */
export type FlagName = keyof typeof FLAGS;

/** Names of the bits set, in the order of {@link FLAGS}. */
export function flagNames(bits: number): FlagName[] {
  return bits === 0 ? [] : (Object.keys(FLAGS) as FlagName[]).filter((name) => (bits & FLAGS[name]) !== 0);
}

/**
 * What identifies a row's meaning: (device, datastream name, property, unit, feature). A device that moves
 * or a rule that changes begins a new series and never rewrites history. A datastream, (device, name), has
 * one or more series, all of one property.
 */
export interface SeriesKey {
  readonly device: string;
  /** The datastream's name. */
  readonly name: string;
  /** The property's term. */
  readonly property: string;
  /** QUDT local name, `''` when the property has none. */
  readonly unit: string;
  /** Path of the feature of interest, `''` for none (then the device is the feature). */
  readonly feature: string;
}

/** A series with what a renderer must know of its property, so that no thread needs the ontology to print it. */
export interface Series extends SeriesKey {
  /** Positive, allocated by the data plane, never reused. */
  readonly id: number;
  readonly kind: string;
  readonly type: ValueType;
  readonly origin: PropertyOrigin;
  readonly circular: boolean;
}

/** The version of a mapping document that made an observation (`sosa:usedProcedure`). */
export interface SchemaRef {
  /** Positive, allocated by the data plane, never reused. */
  readonly id: number;
  readonly schema: string;
  readonly version: number;
}

/** One stored value. */
export interface ObservationRecord {
  readonly series: Series;
  readonly time: Micros;
  /** 0 for the first value of the datastream at `time`, 1 for the next. */
  readonly nth: number;
  readonly value: ObservationValue;
  readonly resultTime: Micros;
  readonly schema: SchemaRef;
  /** Bits of {@link FLAGS}. */
  readonly flags: number;
}
