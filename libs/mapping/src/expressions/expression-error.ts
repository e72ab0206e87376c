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
  D3030: 'the value cannot be read as a number',
  D3060: 'the square root of a negative number',
  D3061: 'the power is out of range',
  T0410: 'an argument of the function has the wrong type',
  T0411: 'the context value has the wrong type for the function',
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
