import type { ErrorCode, ObservableProperty, ObservationValue } from '#model';
import { brief } from '../trace.js';

/** A raw value that does not fit its property's type. */
export class Unfit {
  constructor(
    readonly code: ErrorCode,
    readonly message: string,
  ) {}
}

/** Characters of a text that is stored. */
const MAX_TEXT = 65_536;
/** A double in full has up to 1,077 digits and signs. A longer text is no number and no position; each item may say it. */
const MAX_NUMBER = 2048;
/** States that a refusal names. */
const MAX_SAID = 20;

/** One reading of every text: digits are told from a number in one pass. */
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const NOT_FINITE = /^[+-]?(nan|inf|infinity)$/i;

/** A raw value as its property's type: a number is still in the rule's unit. */
export function typedValue(raw: unknown, property: ObservableProperty): ObservationValue | Unfit {
  switch (property.type) {
    case 'quantity':
      return toNumber(raw);
    case 'state':
      return toState(raw);
    case 'concept':
      return toConcept(raw, property);
    case 'position':
      return toPosition(raw);
    case 'text':
      return toText(raw);
  }
}

function toText(raw: unknown): string | Unfit {
  if (typeof raw !== 'string') return new Unfit('value-not-text', `${brief(raw)} is not text`);
  if (raw.length <= MAX_TEXT) return raw;
  return new Unfit('value-too-large', `the text has ${raw.length} characters; at most ${MAX_TEXT} are kept`);
}

function toNumber(raw: unknown): number | Unfit {
  if (typeof raw === 'number') {
    return Number.isFinite(raw)
      ? raw
      : new Unfit('value-not-finite', `${String(raw)} is beyond what a number holds`);
  }
  if (typeof raw === 'string') {
    if (raw.length > MAX_NUMBER)
      return new Unfit('value-not-number', `a text of ${raw.length} characters is not a number`);
    const text = raw.trim();
    if (NUMBER.test(text)) {
      const value = Number(text);
      return Number.isFinite(value)
        ? value
        : new Unfit('value-not-finite', `${brief(raw)} is beyond what a number holds`);
    }
    if (NOT_FINITE.test(text)) return new Unfit('value-not-finite', `${brief(raw)} is not finite`);
  }
  return new Unfit('value-not-number', `${brief(raw)} is not a number`);
}

function toState(raw: unknown): boolean | Unfit {
  if (typeof raw === 'boolean') return raw;
  if (raw === 1 || raw === '1' || raw === 'true') return true;
  if (raw === 0 || raw === '0' || raw === 'false') return false;
  return new Unfit('value-not-boolean', `${brief(raw)} is neither true nor false`);
}

function toConcept(raw: unknown, { states = [], term }: ObservableProperty): string | Unfit {
  const found = states.find((state) => state.term === raw);
  if (found) return found.term;
  return new Unfit(
    'value-unmapped',
    `${brief(raw)} is no state of ${term}: ${sayFirst(states, (state) => state.term)}`,
  );
}

/** The first of what there is, in words. */
export function sayFirst<T>(all: readonly T[], say: (one: T) => string): string {
  const said = all.slice(0, MAX_SAID).map(say);
  return [...said, ...(all.length > MAX_SAID ? ['…'] : [])].join(', ');
}

const WKT =
  /^\s*POINT\s*(?:Z\s*)?\(\s*(-?[\d.]+(?:[eE][+-]?\d+)?)\s+(-?[\d.]+(?:[eE][+-]?\d+)?)(?:\s+(-?[\d.]+))?\s*\)\s*$/i;

/** WKT, a GeoJSON Point, or an object with latitude and longitude; printed as WKT, longitude first. */
function toPosition(raw: unknown): string | Unfit {
  const point = pointOf(raw);
  if (!point) return new Unfit('value-not-position', `${brief(raw)} is no position`);
  const [longitude, latitude, altitude] = point;
  const inside = Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90;
  if (!inside)
    return new Unfit(
      'value-not-position',
      `${brief(raw)} is not on Earth: longitude ${longitude}, latitude ${latitude}`,
    );
  return altitude === undefined
    ? `POINT(${longitude} ${latitude})`
    : `POINT Z(${longitude} ${latitude} ${altitude})`;
}

function pointOf(raw: unknown): [number, number, number?] | undefined {
  if (typeof raw === 'string') {
    const match = raw.length <= MAX_NUMBER ? WKT.exec(raw) : undefined;
    if (!match) return undefined;
    return coordinates(match[1], match[2], match[3]);
  }
  if (typeof raw !== 'object' || raw === null) return undefined;
  const {
    type,
    coordinates: list,
    latitude,
    lat,
    longitude,
    lon,
    lng,
    altitude,
    alt,
  } = raw as Record<string, unknown>;
  if (type === 'Point' && Array.isArray(list)) return coordinates(...(list as unknown[]).slice(0, 3));
  return coordinates(longitude ?? lon ?? lng, latitude ?? lat, altitude ?? alt);
}

function coordinates(...parts: unknown[]): [number, number, number?] | undefined {
  const [longitude, latitude, altitude] = parts.map((part) =>
    typeof part === 'number' || (typeof part === 'string' && part.length <= MAX_NUMBER && part.trim() !== '')
      ? Number(part)
      : undefined,
  );
  if (
    longitude === undefined ||
    latitude === undefined ||
    !Number.isFinite(longitude) ||
    !Number.isFinite(latitude)
  )
    return undefined;
  return altitude !== undefined && Number.isFinite(altitude)
    ? [longitude, latitude, altitude]
    : [longitude, latitude];
}
