import { _, type Ajv2020, type CodeKeywordDefinition, type KeywordCxt } from 'ajv/dist/2020.js';

/** A payload of a mebibyte has up to half a million values. */
const MOST = 1_000_000;
/** Characters times the instructions of the pattern, each up to some thirty nanoseconds. */
const MOST_MATCHING = 32_000_000;

const TOO_MANY = 'it takes too many steps for this payload';

/**
 * Bounds what a schema costs for one payload. What refers to itself in several places may visit a value as often
 * as two to the power of its depth: references are counted, each with the size of the value that it is applied to.
 */
export class Steps {
  #left = Infinity;
  #matching = Infinity;

  open(): void {
    this.#left = MOST;
    this.#matching = MOST_MATCHING;
  }

  /** @throws Error once the payload has cost too much */
  readonly visit = (value: unknown): void => {
    this.#left -= sizeOf(value);
    if (this.#left < 0) throw new Error(TOO_MANY);
  };

  /** @throws Error once the patterns have cost too much */
  match(steps: number): void {
    this.#matching -= steps;
    if (this.#matching < 0) throw new Error(TOO_MANY);
  }

  /** Has the references of this Ajv's schemas counted. */
  count(ajv: Ajv2020): void {
    for (const keyword of ['$ref', '$dynamicRef']) {
      const rule = ajv.RULES.all[keyword];
      if (typeof rule !== 'object') throw new Error(`ajv has no ${keyword}`);
      const { code } = rule.definition as CodeKeywordDefinition;
      const counted = (cxt: KeywordCxt, type?: string) => {
        const visit = cxt.gen.scopeValue('keyword', { ref: this.visit });
        cxt.gen.code(_`${visit}(${cxt.data})`);
        code(cxt, type);
      };
      rule.definition = { ...rule.definition, code: counted };
    }
  }
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return 1 + (value.length >> 4);
  if (typeof value !== 'object' || value === null) return 1;
  return 1 + (Array.isArray(value) ? value.length : Object.keys(value).length);
}
