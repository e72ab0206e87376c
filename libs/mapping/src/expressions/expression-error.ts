import type { ErrorCode } from '#model';

/** An expression that fails on a payload. */
export class ExpressionError extends Error {
  constructor(
    readonly code: Extract<ErrorCode, 'expression-failed' | 'expression-timeout' | 'expression-memory'>,
    message: string,
    /** JSONata's own code, such as T2001. */
    readonly jsonata?: string,
    readonly position?: number,
  ) {
    super(message);
    this.name = 'ExpressionError';
  }
}

const MESSAGES: Readonly<Record<string, string>> = {
  D1001: 'a number is out of range',
  D1002: 'only a number can be negated',
  D3001: 'a number that is not finite has no text',
  D3010: 'the text to replace is empty',
  D3011: 'the limit is negative',
  D3020: 'the limit is negative',
  D3030: 'the value cannot be read as a number',
  D3060: 'the square root of a negative number',
  D3061: 'the power is out of range',
  D3100: 'the base is not between 2 and 36',
  D3110: 'the value is no ISO 8601 time',
  T0410: 'an argument has the wrong type',
  T0411: 'the context value has the wrong type',
  T0412: 'an argument is an array of the wrong type',
  T2001: 'the left side of the operator is not a number',
  T2002: 'the right side of the operator is not a number',
  T2009: 'values of different types are compared',
  T2010: 'only numbers and strings can be compared',
};

/** The error that jsonata raises with this code. */
export function jsonataError(jsonata: string, position?: number): ExpressionError {
  return new ExpressionError(
    'expression-failed',
    `${MESSAGES[jsonata] ?? 'the expression failed'} (${jsonata})`,
    jsonata,
    position,
  );
}

/** A function's error, told with the function's name and place. */
export function inFunction(error: unknown, name: string, position: number | undefined): unknown {
  if (!(error instanceof ExpressionError) || error.position !== undefined) return error;
  return new ExpressionError(error.code, `$${name}: ${error.message}`, error.jsonata, position);
}
