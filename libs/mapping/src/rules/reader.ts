import {
  ExpressionError,
  type Expression,
  type ExpressionResult,
  type Variables,
} from '../expressions/index.js';

/** Answers of the worker for one message, by expression and input. */
export class Resolved {
  readonly #results = new Map<Expression, Map<unknown, ExpressionResult>>();

  set(expression: Expression, input: unknown, result: ExpressionResult): void {
    let results = this.#results.get(expression);
    if (!results) this.#results.set(expression, (results = new Map<unknown, ExpressionResult>()));
    results.set(input, result);
  }

  get(expression: Expression, input: unknown): unknown {
    const result = this.#results.get(expression)?.get(input);
    if (!result) throw new ExpressionError('expression-failed', 'the expression was not evaluated');
    if (!result.ok) throw result.error;
    return result.value;
  }
}

/** Reads a value of a payload: a compiled closure, or the worker's answer. @throws ExpressionError */
export type Reader = (input: unknown, variables: Variables, resolved: Resolved | undefined) => unknown;

/** The reader of an expression. */
export function readerOf(expression: Expression): Reader {
  if (expression.mode === 'compiled') return expression.evaluate;
  return (input, _variables, resolved) => {
    if (!resolved) throw new ExpressionError('expression-failed', 'the expression needs the worker');
    return resolved.get(expression, input);
  };
}

/** The reader of a member, not an expression: a datastream's own name. */
export function memberReader(name: string): Reader {
  return (input) =>
    input !== null && typeof input === 'object' && Object.hasOwn(input, name)
      ? (input as Record<string, unknown>)[name]
      : undefined;
}

/**
 * Reads an item; where it has nothing, the payload that it is part of. A payload that is an array has nothing of its
 * own: what a path finds there is its items', another one's.
 */
export function readOuter(
  read: Reader,
  input: unknown,
  variables: Variables,
  resolved: Resolved | undefined,
): unknown {
  const value = read(input, variables, resolved);
  const { payload } = variables;
  if (value !== undefined && value !== null) return value;
  return input === payload || Array.isArray(payload) ? value : read(payload, variables, resolved);
}
