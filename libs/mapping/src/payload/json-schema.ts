import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { RE2JS } from 're2js';

/**
 * Patterns of users run on every message: RE2 matches in linear time, where V8's backtracking could hang the
 * broker's thread.
 */
const regExp = Object.assign(
  (pattern: string, flags: string) => {
    const compiled = RE2JS.compile(pattern, flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0);
    return {
      test: (text: string) => compiled.matcher(text).find(),
      // ajv tells patterns apart by their text: without one, each would be the first it ever compiled.
      toString: () => `/${pattern}/${flags}`,
    };
  },
  // Only used where ajv writes standalone code.
  { code: 'require("re2js")' },
);

/** A validator for one schema: nothing is shared, so that a retired schema's code can go. */
export function createAjv(allErrors: boolean): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors,
    // Keywords that the specification does not know are annotations (JSON Schema 2020-12, 6.5).
    strict: false,
    logger: false,
    ownProperties: true,
    code: { regExp },
  });
  addFormats.default(ajv);
  return ajv;
}

/** An error of a validated value as a sentence. */
export function sayError({ instancePath, message, params }: ErrorObject): string {
  const { additionalProperty, allowedValues } = params as {
    additionalProperty?: string;
    allowedValues?: unknown[];
  };
  const where = instancePath === '' ? 'the value' : instancePath;
  const more = additionalProperty ?? allowedValues?.map((one) => JSON.stringify(one)).join(', ');
  return `${where} ${message ?? 'does not fit'}${more === undefined ? '' : `: ${more}`}`;
}

export type { ErrorObject, ValidateFunction };
