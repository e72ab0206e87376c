/** A device schema, the mapping document, as its author writes it (JSON). See docs/mapping.md. */
export interface SchemaDocument {
  readonly id: string;
  readonly title?: string;
  readonly description?: string;
  readonly topic: string | readonly string[];
  /** JSONata boolean over the payload. */
  readonly match?: string;
  readonly codec?: string | ({ readonly name: string } & Readonly<Record<string, unknown>>);
  /** JSON Schema 2020-12 of the decoded payload. */
  readonly payload?: object | boolean;
  /** Template. */
  readonly device?: string;
  readonly autoCreate?: boolean;
  /** Template. */
  readonly feature?: string;
  readonly time?: TimeRule;
  /** JSONata that yields an array. */
  readonly each?: string;
  readonly observations: Readonly<Record<string, ObservationRule>>;
  readonly status?: StatusRule;
  readonly examples?: readonly SchemaExample[];
}

/** Formats of a time value; `auto` tells ISO text and the unit of a number by its magnitude. */
export const TIME_FORMATS = ['iso8601', 'unix-s', 'unix-ms', 'unix-us', 'unix-ns', 'auto'] as const;

/** A name of {@link TIME_FORMATS}. */
export type TimeFormat = (typeof TIME_FORMATS)[number];

/** A JSONata expression, or one with its format and IANA time zone. */
export type TimeRule =
  string | { readonly value: string; readonly format?: TimeFormat; readonly timezone?: string };

/** A unit as written, or read from the payload and optionally mapped (`{ "F": "°F" }`). */
export type UnitRule = string | { readonly value: string; readonly map?: Readonly<Record<string, string>> };

/** How one datastream's value is found and what it means. */
export interface ObservationRule {
  readonly value?: string;
  readonly property: string;
  readonly unit?: UnitRule;
  /** Raw value -> meaning. */
  readonly values?: Readonly<Record<string, boolean | string | number>>;
  readonly range?: readonly [number, number];
  readonly outOfRange?: 'flag' | 'reject';
  readonly when?: string;
  readonly device?: string;
  readonly feature?: string;
  readonly time?: TimeRule;
}

/** Where devices of a schema say that they are there. */
export interface StatusRule {
  /** Topic pattern; its variables fill the `device` template. */
  readonly topic: string;
  /** JSONata over the payload: JSON where it parses, else the text. Default: the payload itself. */
  readonly value?: string;
  /** The value, or values, that mean online. */
  readonly online: string | number | boolean | readonly (string | number | boolean)[];
}

/** An example that gates registration. */
export interface SchemaExample {
  readonly topic: string;
  /** A string is the raw text, other JSON its serialisation. */
  readonly payload?: unknown;
  readonly payloadBase64?: string;
  readonly expect: readonly ExpectedObservation[];
}

/** What an example must yield; absent members are not compared. */
export interface ExpectedObservation {
  readonly property: string;
  readonly value: number | boolean | string;
  readonly unit?: string;
  readonly name?: string;
  readonly phenomenonTime?: string;
}

/** A document as stored, with its version. */
export interface RegisteredSchema {
  readonly document: SchemaDocument;
  readonly version: number;
  /** ISO 8601, when the id was first registered; the older of equal schemas wins. */
  readonly createdAt: string;
}
