import type { ObservationFormat } from '#model';

/** Media types that observations are served as, the preferred one first. */
export const OBSERVATION_TYPES = [
  'application/json',
  'application/ld+json',
  'text/turtle',
  'application/n-quads',
  'text/csv',
  'application/x-ndjson',
] as const;

/** Those of a single observation, which is no table. */
export const DOCUMENT_TYPES = [
  'application/json',
  'application/ld+json',
  'text/turtle',
  'application/n-quads',
] as const;

export type ObservationType = (typeof OBSERVATION_TYPES)[number];

const FORMATS: Record<ObservationType, ObservationFormat> = {
  'application/json': 'json',
  'application/ld+json': 'json',
  'text/turtle': 'turtle',
  'application/n-quads': 'n-quads',
  'text/csv': 'csv',
  'application/x-ndjson': 'ndjson',
};

/** The serialisation of a media type. */
export function formatOf(type: ObservationType): ObservationFormat {
  return FORMATS[type];
}

/** The Content-Type header of a media type. */
export function contentType(type: ObservationType): string {
  return `${type}; charset=utf-8`;
}
