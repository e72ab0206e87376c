/** What an expression may name beside its input: `topic` is `$topic`. */
export type Variables = Readonly<Record<string, unknown>>;

/** A compiled expression, or a part of one: plain and synchronous. @throws ExpressionError */
export type Closure = (input: unknown, variables: Variables) => unknown;
