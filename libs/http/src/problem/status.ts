import type { ErrorCode, GlossaError } from '#model';

/** The one place that knows status codes. What is not listed is 400, or 422 for a problem of a document. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  'schema-invalid': 422,
  'property-invalid': 422,
  'body-invalid': 422,
  'example-failed': 422,
  'topic-taken': 422,
  'topic-reserved': 422,
  'document-too-large': 422,
  'property-reserved': 409,
  'property-in-use': 409,
  'already-exists': 409,
  'device-limit': 409,
  'not-replayable': 409,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  'method-not-allowed': 405,
  'not-acceptable': 406,
  'body-too-large': 413,
  'media-type-unsupported': 415,
  unavailable: 503,
};

/** The HTTP status of an error code. */
export function statusOf(code: ErrorCode): number {
  return STATUS[code] ?? 400;
}

/** An error whose status on one route is not the usual one. */
export class HttpProblem extends Error {
  constructor(
    readonly status: number,
    readonly error: GlossaError,
  ) {
    super(error.message);
    this.name = 'HttpProblem';
  }
}
