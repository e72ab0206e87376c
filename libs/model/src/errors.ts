/**
 * Every error that Glossa tells anyone, in one place: what happened (`title`) and the way out (`hint`).
 * Messages name the concrete place and reason; the HTTP edge alone knows status codes.
 */
export const ERRORS = {
  // documents
  'schema-invalid': {
    title: 'The mapping document is not valid',
    hint: 'See `errors`: each names the member by JSON Pointer.',
  },
  'property-unknown': {
    title: 'No such observable property',
    hint: 'GET /api/properties lists them; PUT /api/properties/{term} adds one; any QUDT quantity kind serves as quantitykind:Name.',
  },
  'property-invalid': {
    title: 'The property definition is not valid',
    hint: 'Give label and kind, and a unit that fits the kind.',
  },
  'property-in-use': {
    title: 'The property has observations or schemas and cannot change its meaning',
    hint: 'Define a new term instead.',
  },
  'property-reserved': {
    title: 'The term belongs to the core ontology',
    hint: 'Choose another term; core terms cannot be redefined.',
  },
  'unit-unknown': {
    title: 'No such unit',
    hint: 'GET /api/units lists them; GET /api/units/resolve?unit= tries a spelling.',
  },
  'unit-ambiguous': {
    title: 'The unit spelling has several meanings',
    hint: 'Write the QUDT name, such as unit:DEG_C.',
  },
  'unit-missing': {
    title: 'A quantity needs a unit',
    hint: 'Add "unit", or {"value": <expression>} when the payload says it.',
  },
  'unit-incompatible': {
    title: 'The unit does not measure this property',
    hint: 'GET /api/units?compatibleWith=<unit> lists those that do.',
  },
  'unit-unexpected': { title: 'The property takes no unit', hint: 'Remove "unit".' },
  'expression-invalid': {
    title: 'The JSONata expression does not parse',
    hint: 'See docs.jsonata.org; position counts characters from 0.',
  },
  'template-invalid': {
    title: 'The template is not valid',
    hint: 'Use {variable} of the topic pattern or {= JSONata}.',
  },
  'topic-invalid': {
    title: 'The topic pattern is not valid',
    hint: 'Levels are literals, {name}, {name*} (last only), + or # (last only).',
  },
  'topic-reserved': {
    title: 'The pattern claims a reserved topic',
    hint: 'semantic/, glossa/ and $ belong to the gateway.',
  },
  'topic-taken': {
    title: 'Another schema has the same pattern and no match',
    hint: 'Add "match" to one of them, or replace the other.',
  },
  'codec-unknown': { title: 'No such codec', hint: 'json and text are built in.' },
  'codec-invalid': { title: 'The codec options are not valid', hint: 'See docs/mapping.md.' },
  'timezone-unknown': { title: 'No such time zone', hint: 'Use an IANA name such as Europe/Berlin.' },
  'example-failed': {
    title: 'An example of the schema does not yield what it expects',
    hint: 'POST /api/preview shows what the mapping does with it.',
  },
  'datastream-property-changed': {
    title: "A datastream's property never changes",
    hint: 'Give the observation a new name.',
  },
  'document-too-large': { title: 'The document has too many parts', hint: 'Split it into several schemas.' },
  // messages and values
  'payload-empty': {
    title: 'The payload is empty',
    hint: 'An empty retained payload only clears the retained message.',
  },
  'payload-not-utf8': {
    title: 'The payload is not valid UTF-8',
    hint: 'Choose a codec for binary payloads.',
  },
  'payload-not-json': { title: 'The payload is not JSON', hint: 'Is the codec "text"?' },
  'payload-too-deep': { title: 'The payload is nested too deep', hint: 'At most 128 levels are read.' },
  'payload-too-large': { title: 'The payload is too large', hint: 'At most 1 MiB is read.' },
  'payload-mismatch': { title: 'The payload does not satisfy the JSON Schema', hint: 'See the pointer.' },
  'expression-failed': {
    title: 'The expression failed on this payload',
    hint: 'POST /api/preview with this payload shows the trace.',
  },
  'expression-timeout': {
    title: 'The expression ran into its time limit',
    hint: 'Simplify it: paths, arithmetic and conditionals compile and take no time.',
  },
  'expression-memory': { title: 'The expression asked for too much memory', hint: 'Simplify it.' },
  'schema-suspended': {
    title: 'The schema is suspended: its expressions ran into their limits again and again',
    hint: 'GET /api/schemas/{id} tells why. Register a simpler version; its dead letters can run again then.',
  },
  'each-not-array': {
    title: '`each` did not yield an array or object',
    hint: 'Its items are the payloads of the rules.',
  },
  'each-too-many': {
    title: '`each` yields too many items',
    hint: 'At most 10,000 items and 20,000 values of a message; send several messages.',
  },
  'device-missing': {
    title: 'The device template yields no id',
    hint: 'Check the variables and expressions of "device".',
  },
  'device-invalid': {
    title: 'The device template yields an unusable id',
    hint: 'Ids are 1 to 256 characters without control characters, and not . or ..',
  },
  'device-unknown': {
    title: 'The device is not registered',
    hint: 'PUT /api/devices/{id}, or set "autoCreate": true.',
  },
  'device-limit': {
    title: 'The limit of devices is reached',
    hint: 'Raise GLOSSA_MAX_DEVICES or delete devices.',
  },
  'series-limit': {
    title: 'The device has too many series',
    hint: 'At most 10,000 a device: is the feature an id of each message?',
  },
  'feature-invalid': {
    title: 'The feature template yields an unusable path',
    hint: 'Segments are not empty, not . or .., and hold no control characters.',
  },
  'datastream-invalid': {
    title: 'The datastream name is unusable',
    hint: 'Names are 1 to 256 characters without control characters, and not . or ..',
  },
  'value-not-number': { title: 'The value is not a number', hint: 'Use "value" to pick or convert it.' },
  'value-not-finite': {
    title: 'The value is not a finite number',
    hint: 'NaN and infinities are not stored.',
  },
  'value-not-boolean': {
    title: 'The value is not a state',
    hint: 'Use "values" to say what each raw value means.',
  },
  'value-unmapped': { title: '`values` does not list this raw value', hint: 'Add it to "values".' },
  'value-not-text': { title: 'The value is not text', hint: 'Use $string().' },
  'value-not-position': {
    title: 'The value is not a position',
    hint: 'Give WKT such as POINT(13.4 52.5), GeoJSON Point, or {lat, lon}.',
  },
  'value-too-large': {
    title: 'The text is too long, or the texts of the message are',
    hint: 'At most 65,536 characters a text and 4,194,304 a message are kept; use $substring().',
  },
  'value-out-of-range': { title: 'The value is outside its range', hint: '"outOfRange": "flag" keeps it.' },
  'time-crowded': {
    title: 'The datastream has too many values at this time',
    hint: 'At most 32,767 are kept. Is the clock dead? Without "time" in the schema, arrival counts.',
  },
  'topic-unmatched': {
    title: 'No schema takes this topic',
    hint: 'POST /api/schemas with a pattern for it, or name it in GLOSSA_IGNORE_TOPICS.',
  },
  'publish-denied': {
    title: 'The account may not publish to this topic',
    hint: 'GET /api/access/check tells which rule decides.',
  },
  'topic-malformed': {
    title: 'The topic has NUL or control characters',
    hint: 'Topics are UTF-8 text without control characters.',
  },
  // requests
  'query-invalid': { title: 'The query is not valid', hint: 'See `errors`: each names a parameter.' },
  'parameter-unknown': { title: 'No such query parameter', hint: 'OpenAPI at /docs lists them.' },
  'cursor-invalid': { title: 'The cursor does not belong to this query', hint: 'Follow `next` unchanged.' },
  'body-invalid': { title: 'The body is not valid', hint: 'See `errors`.' },
  'body-not-json': { title: 'The body is not JSON', hint: 'Send JSON with Content-Type: application/json.' },
  'body-too-large': { title: 'The body is over the limit', hint: 'At most 1 MiB is taken.' },
  'media-type-unsupported': { title: 'The content type is not taken here', hint: 'Send application/json.' },
  'not-acceptable': {
    title: 'None of the accepted media types is offered',
    hint: 'Offered: application/json, application/ld+json, text/turtle, application/n-quads, text/csv, application/x-ndjson.',
  },
  'not-found': {
    title: 'There is no such thing',
    hint: 'GET /api/schemas, /api/devices, /api/datastreams, /api/features and the other lists tell what there is.',
  },
  'method-not-allowed': { title: 'The method is not allowed here', hint: 'OpenAPI at /docs lists them.' },
  'already-exists': { title: 'It exists already', hint: 'PUT replaces it.' },
  unauthenticated: {
    title: 'Sign in first',
    hint: 'Authorization: Bearer <token>; the admin token is in <data>/admin-token.',
  },
  forbidden: {
    title: 'The account may not do this',
    hint: 'docs/access.md tells what each role may; an admin gives an account another one.',
  },
  'request-invalid': { title: 'The request is malformed', hint: 'See the detail.' },
  'not-replayable': {
    title: 'The message cannot run again',
    hint: 'Its payload was cut when it was recorded.',
  },
  unavailable: { title: 'The service cannot do this now', hint: 'GET /health says why; try again.' },
} as const satisfies Record<string, { title: string; hint: string }>;

/** A code of the catalogue. */
export type ErrorCode = keyof typeof ERRORS;

/** One error of a document or query. */
export interface Problem {
  /** JSON Pointer into the document, or the parameter's name. */
  readonly pointer: string;
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

/** Makes a problem; the hint is the catalogue's unless a better one is known. */
export function problem(pointer: string, code: ErrorCode, message: string, hint?: string): Problem {
  return { pointer, code, message, hint: hint ?? ERRORS[code].hint };
}

/** An error that a user is told: code, what happened, and for documents every problem at once. */
export class GlossaError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly errors: readonly Problem[] = [],
  ) {
    super(message);
    this.name = 'GlossaError';
  }
}

/** Escapes one JSON Pointer segment (RFC 6901, 3). */
export function pointerSegment(segment: string | number): string {
  return String(segment).replaceAll('~', '~0').replaceAll('/', '~1');
}

/** Joins segments to a JSON Pointer. */
export function pointer(...segments: (string | number)[]): string {
  return segments.map((segment) => `/${pointerSegment(segment)}`).join('');
}
