import type { ErrorCode } from '#model';
import { nearest } from '#semantics';

/** Codes of the catalogue that a dead letter may have among its reasons. */
export const REASON_CODES = [
  'publish-denied',
  'topic-malformed',
  'topic-unmatched',
  'schema-suspended',
  'payload-empty',
  'payload-not-utf8',
  'payload-not-json',
  'payload-too-deep',
  'payload-too-large',
  'payload-mismatch',
  'expression-failed',
  'expression-timeout',
  'expression-memory',
  'each-not-array',
  'each-too-many',
  'device-missing',
  'device-invalid',
  'device-unknown',
  'device-limit',
  'series-limit',
  'datastream-property-changed',
  'feature-invalid',
  'unit-missing',
  'unit-unknown',
  'unit-ambiguous',
  'unit-incompatible',
  'value-not-number',
  'value-not-finite',
  'value-not-boolean',
  'value-unmapped',
  'value-not-text',
  'value-too-large',
  'value-not-position',
  'value-out-of-range',
  'time-crowded',
] as const satisfies readonly ErrorCode[];

/** What is wrong with a code that is asked for; undefined where letters may have it. */
export function unknownReason(code: string): { message: string; hint: string } | undefined {
  if (REASON_CODES.some((known) => known === code)) return undefined;
  const near = nearest(code, REASON_CODES);
  return {
    message: `no dead letter has the code ${code}`,
    hint: near.length > 0 ? `Did you mean ${near.join(', ')}?` : 'OpenAPI at /docs lists them.',
  };
}
