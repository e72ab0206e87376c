import type { Expression, Variables } from '../expressions/index.js';
import { toBoolean } from '../expressions/values.js';
import { readerOf, type Resolved } from './reader.js';

/** Whether a condition holds, by JSONata's own truth: nothing, `""`, `0`, `{}` and `[]` do not. @throws ExpressionError */
export type Condition = (input: unknown, variables: Variables, resolved: Resolved | undefined) => boolean;

/** The condition of `match` or `when`. */
export function conditionReader(expression: Expression): Condition {
  const read = readerOf(expression);
  return (input, variables, resolved) => toBoolean(read(input, variables, resolved)) === true;
}
