import type { DataValidateFunction, FuncKeywordDefinition } from 'ajv/dist/types/index.js';
import { Canonical } from './canonical.js';

const message = 'must be equal to one of the allowed values';

/** `enum` as a set: ajv compares with each of its values. */
export const enumeration: FuncKeywordDefinition = {
  keyword: 'enum',
  schemaType: 'array',
  errors: 'full',
  compile(allowedValues: readonly unknown[]) {
    if (allowedValues.length === 0) throw new Error('enum must have non-empty array');
    const plain = new Set(allowedValues.filter((value) => !isComposed(value)));
    const composed = allowedValues.filter(isComposed);
    /** By payload. */
    const numbers = new WeakMap<Canonical, ReadonlySet<number>>();
    const validate: DataValidateFunction = (value: unknown, context) => {
      const has = (canonical: Canonical) => {
        let allowed = numbers.get(canonical);
        if (!allowed)
          numbers.set(canonical, (allowed = new Set(composed.map((one) => canonical.numberOf(one)))));
        return allowed.has(canonical.numberOf(value));
      };
      const found = isComposed(value)
        ? composed.length > 0 && has(Canonical.of(context!.rootData as object))
        : plain.has(value);
      if (!found) validate.errors = [{ keyword: 'enum', message, params: { allowedValues } }];
      return found;
    };
    return validate;
  },
};

function isComposed(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
