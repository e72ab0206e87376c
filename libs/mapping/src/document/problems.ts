import { pointer, problem, type ErrorCode, type Problem } from '#model';
import { nearest } from '#semantics';

/** Collects every problem of a document, each with its place. */
export class Problems {
  readonly list: Problem[] = [];

  add(at: string, code: ErrorCode, message: string, hint?: string): undefined {
    this.list.push(problem(at, code, message, hint));
    return undefined;
  }

  /** A member of the wrong shape. */
  shape(at: string, message: string, hint?: string): undefined {
    return this.add(at, 'schema-invalid', message, hint);
  }

  /** The object at a place, without members that nobody reads; undefined when it is none. */
  object(
    value: unknown,
    at: string,
    known: readonly string[],
  ): Readonly<Record<string, unknown>> | undefined {
    if (!isObject(value))
      return this.shape(at, `${at || 'the document'} is no object`, 'Give a JSON object.');
    for (const name of Object.keys(value)) {
      if (known.includes(name)) continue;
      const [near] = nearest(name, known);
      const hint = near === undefined ? `It takes ${known.join(', ')}.` : `Did you mean ${near}?`;
      this.shape(at + pointer(name), `there is no member ${name} here`, hint);
    }
    return value;
  }

  /** An optional text of bounded length. */
  text(value: unknown, at: string, max = 1024): string | undefined {
    if (value === undefined) return undefined;
    if (typeof value === 'string' && value.length <= max) return value;
    return this.shape(at, `${at} is no text of at most ${max} characters`, 'Give a string.');
  }

  /** An optional boolean. */
  boolean(value: unknown, at: string): boolean | undefined {
    if (value === undefined || typeof value === 'boolean') return value;
    return this.shape(at, `${at} is neither true nor false`, 'Give true or false.');
  }

  /** An optional member of a list of words. */
  choice<T extends string>(value: unknown, at: string, choices: readonly T[]): T | undefined {
    if (value === undefined) return undefined;
    const found = choices.find((one) => one === value);
    return (
      found ?? this.shape(at, `${at} is none of ${choices.join(', ')}`, `Give one of ${choices.join(', ')}.`)
    );
  }
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
