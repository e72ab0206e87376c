import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { RE2JS } from 're2js';
import { brief } from '../trace.js';
import { enumeration } from './enumeration.js';
import { Steps } from './steps.js';
import { uniqueItems } from './unique-items.js';

/**
 * Patterns of users run on every message: RE2 matches in linear time, where V8's backtracking could hang the
 * broker's thread. The time grows with the pattern, too: that is counted.
 */
function regExpOf(steps: Steps) {
  const engine = (pattern: string, flags: string) => {
    const compiled = RE2JS.compile(pattern, flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0);
    const size = compiled.programSize();
    return {
      test: (text: string) => {
        steps.match(size * text.length);
        return compiled.matcher(text).find();
      },
      // ajv tells patterns apart by their text: without one, each would be the first it ever compiled.
      toString: () => `/${pattern}/${flags}`,
    };
  };
  // Only used where ajv writes standalone code.
  return Object.assign(engine, { code: 'require("re2js")' });
}

/** Longer than any expression that people write; V8 compiles it to be judged. */
const MAX_REGEX = 4096;

/**
 * A validator for one schema: nothing is shared, so that a retired schema's code can go. What ajv does in more than
 * linear time is done otherwise, or counted.
 */
export function createAjv(allErrors: boolean, steps = new Steps()): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors,
    // Keywords that the specification does not know are annotations (JSON Schema 2020-12, 6.5).
    strict: false,
    logger: false,
    ownProperties: true,
    code: { regExp: regExpOf(steps) },
  });
  addFormats.default(ajv);
  const isRegex = addFormats.default.get('regex') as (text: string) => boolean;
  ajv.addFormat('regex', (text: string) => text.length <= MAX_REGEX && isRegex(text));
  // Its regular expression backtracks.
  ajv.addFormat('url', (text: string) => /^(?:https?|ftp):\/\/\S+$/i.test(text) && URL.canParse(text));
  for (const keyword of [uniqueItems, enumeration]) {
    ajv.removeKeyword(keyword.keyword as string);
    ajv.addKeyword(keyword);
  }
  steps.count(ajv);
  return ajv;
}

/** Allowed values that an error names. */
const MAX_SAID = 20;

/** An error of a validated value as a sentence. */
export function sayError({ instancePath, message, params }: ErrorObject): string {
  const { additionalProperty, allowedValues } = params as {
    additionalProperty?: string;
    allowedValues?: unknown[];
  };
  const where = instancePath === '' ? 'the value' : instancePath;
  const more = additionalProperty ?? allowedValues?.slice(0, MAX_SAID).map(brief).join(', ');
  return `${where} ${message ?? 'does not fit'}${more === undefined ? '' : `: ${more}`}`;
}

export type { ErrorObject, ValidateFunction };
