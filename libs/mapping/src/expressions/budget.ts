import { ExpressionError } from './expression-error.js';

/** A unit is about ten nanoseconds: an item visited, some characters of a text read or written. */
const BUDGET = 20_000_000;
/** As the worker's results. */
const MAX_TEXT = 4 * 1024 * 1024;

let left = BUDGET;
let holder: object | undefined;

/**
 * Bounds what compiled expressions cost on the broker's thread. What takes time in proportion to the payload spends
 * here; what does not is bounded by the expression's length. Evaluations with the same variables, those of one
 * message, share a budget.
 */
export function openBudget(variables: object): void {
  if (variables === holder) return;
  holder = variables;
  left = BUDGET;
}

/** @throws ExpressionError once the message has spent too much */
export function spend(units: number): void {
  left -= units;
  if (left < 0) {
    throw new ExpressionError('expression-timeout', 'the expressions do too much work for one message');
  }
}

/** Spends for reading a text. */
export function spendText(text: string): void {
  if (text.length > 63) spend(text.length >> 6);
}

/** Spends for a text of this length that is to be made. @throws ExpressionError when it is too long */
export function spendNewText(length: number): void {
  if (length > MAX_TEXT) {
    throw new ExpressionError('expression-memory', `a text has more than ${MAX_TEXT} characters`);
  }
  spend(length >> 2);
}
