import type { FuncKeywordDefinition, SchemaValidateFunction } from 'ajv/dist/types/index.js';
import { Canonical } from './canonical.js';

const validate: SchemaValidateFunction = (unique: boolean, items: readonly unknown[], _parent, context) => {
  if (!unique || items.length < 2) return true;
  const canonical = Canonical.of(context!.rootData as object);
  const places = new Map<number, number>();
  for (let i = 0; i < items.length; i++) {
    const number = canonical.numberOf(items[i]);
    const j = places.get(number);
    if (j !== undefined) {
      const message = `must NOT have duplicate items (items ## ${j} and ${i} are identical)`;
      validate.errors = [{ keyword: 'uniqueItems', message, params: { i, j } }];
      return false;
    }
    places.set(number, i);
  }
  return true;
};

/** `uniqueItems` in linear time: ajv compares each item with each. */
export const uniqueItems: FuncKeywordDefinition = {
  keyword: 'uniqueItems',
  type: 'array',
  schemaType: 'boolean',
  errors: 'full',
  validate,
};
