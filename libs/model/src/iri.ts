import { formatMicros, type Micros } from './time.js';

/**
 * Percent-encodes one segment of an IRI path or topic (RFC 3986, 3.3). `/`, `+`, `#` and `%` are encoded;
 * `:` and `@` are legal in a segment and stay, so that hardware addresses remain readable.
 */
export function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replaceAll('%3A', ':').replaceAll('%40', '@');
}

/** Percent-encodes each segment of a `/`-separated path. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeSegment).join('/');
}

/** Decodes one percent-encoded segment; undefined when it is not valid percent-encoded UTF-8. */
export function decodeSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/**
 * Paths of the things that Glossa names, each beginning with `/api/`. An IRI is the base URL and a path;
 * only paths are stored.
 */
export const paths = {
  device: (id: string) => `/api/devices/${encodeSegment(id)}`,
  feature: (path: string) => `/api/features/${encodePath(path)}`,
  datastream: (device: string, name: string) =>
    `/api/datastreams/${encodeSegment(device)}/${encodeSegment(name)}`,
  /** `nth` counts from 0: the values of a datastream at one time are `t`, `t~2`, `t~3`. */
  observation: (device: string, name: string, time: Micros, nth: number) =>
    `/api/observations/${encodeSegment(device)}/${encodeSegment(name)}/${formatMicros(time)}${nth > 0 ? `~${nth + 1}` : ''}`,
  schema: (id: string) => `/api/schemas/${encodeSegment(id)}`,
  schemaVersion: (id: string, version: number) => `/api/schemas/${encodeSegment(id)}/versions/${version}`,
  property: (term: string) => `/api/properties/${encodeSegment(term)}`,
  ontology: (name: string) => `/api/ontologies/${encodeSegment(name)}`,
  context: '/api/contexts/v1.jsonld',
} as const;

/**
 * Whether a text may serve as a device id, datastream name or path segment: not empty, no control characters, at
 * most 256. `.` and `..` are none: clients take them out of a URL, percent-encoded or not (RFC 3986, 5.2.4; WHATWG
 * URL, 4.2), so that nothing would answer at their IRI.
 */
export function isName(text: string): boolean {
  return text.length > 0 && text.length <= 256 && !/^\.{1,2}$|[\p{Cc}\p{Cs}]/u.test(text);
}

/** Whether a text is a feature path: names joined by `/`, none empty, at most 1,024 characters. */
export function isFeaturePath(path: string): boolean {
  return path.length <= 1024 && path.split('/').every(isName);
}
