import type { FastifyRequest } from 'fastify';
import { createHash } from 'node:crypto';
import { GlossaError, parseInstant, problem, type Micros, type Problem } from '#model';

/** Query parameters as the framework parsed them. */
export type RawQuery = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Reads query parameters and collects every error before it throws: unknown ones, repeated ones, unreadable
 * ones.
 */
export class Parameters {
  readonly errors: Problem[] = [];

  constructor(
    private readonly query: RawQuery,
    known: readonly string[],
  ) {
    for (const [name, value] of Object.entries(query)) {
      if (!known.includes(name)) {
        const hint = `This route takes ${known.length > 0 ? known.join(', ') : 'no parameters'}.`;
        this.errors.push(problem(name, 'parameter-unknown', `there is no parameter ${name} here`, hint));
      } else if (Array.isArray(value)) {
        this.errors.push(problem(name, 'query-invalid', `${name} is given ${value.length} times`));
      }
    }
  }

  text(name: string): string | undefined {
    const value = this.query[name];
    if (Array.isArray(value)) return undefined;
    if (value === '') this.fail(name, `${name} is empty`);
    return value === '' ? undefined : value;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === undefined && this.errors.every((error) => error.pointer !== name))
      this.fail(name, `${name} is missing`);
    return value ?? '';
  }

  integer(name: string, fallback: number, min: number, max: number): number {
    const text = this.text(name);
    if (text === undefined) return fallback;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    this.fail(name, `${name}=${text} is no integer from ${min} to ${max}`);
    return fallback;
  }

  /** An ISO 8601 time; without a zone it is UTC. */
  time(name: string): Micros | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    // An unescaped "+" of an offset arrives as a space.
    const parsed = parseInstant(text.replace(/ (\d{2}:?\d{2})$/, '+$1'));
    if (!parsed) this.fail(name, `${name}=${text} is no ISO 8601 time`, 'Write it as 2026-11-23T02:40:11Z.');
    return parsed?.t;
  }

  choice<T extends string, F extends T | undefined>(name: string, choices: readonly T[], fallback: F): T | F {
    const text = this.text(name);
    if (text === undefined) return fallback;
    const found = choices.find((choice) => choice === text);
    if (found === undefined) {
      const message =
        choices.length === 1
          ? `${name} takes ${choices[0]} alone, not ${text}`
          : `${name}=${text} is none of ${choices.join(', ')}`;
      this.fail(name, message);
    }
    return found ?? fallback;
  }

  /** Reads parameters elsewhere and takes its errors among the others. */
  read<T>(reader: () => T): T | undefined {
    try {
      return reader();
    } catch (error) {
      if (!(error instanceof GlossaError)) throw error;
      this.errors.push(
        ...error.errors.filter((one) => this.errors.every((known) => known.pointer !== one.pointer)),
      );
      return undefined;
    }
  }

  fail(name: string, message: string, hint?: string): void {
    this.errors.push(problem(name, 'query-invalid', message, hint));
  }

  /** @throws GlossaError with everything that was wrong */
  check(): void {
    const [first] = this.errors;
    if (first)
      throw new GlossaError(
        first.code === 'parameter-unknown' ? 'parameter-unknown' : 'query-invalid',
        first.message,
        this.errors,
      );
  }
}

/** A short mark of a query, in each of its cursors: a cursor of another route or query is refused. */
export function signature({ url }: Pick<FastifyRequest, 'url'>, query: RawQuery): string {
  const path = new URL(url, 'http://path').pathname.replace(/\/+$/, '');
  const parts = Object.entries(query)
    .filter(([name]) => name !== 'cursor' && name !== 'limit')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([path, parts]))
    .digest('base64url')
    .slice(0, 6);
}

/** Takes the signature off a cursor. @throws GlossaError `cursor-invalid` */
export function openCursor(cursor: string, request: Pick<FastifyRequest, 'url'>, query: RawQuery): string {
  const [mark, ...rest] = cursor.split('.');
  if (mark !== signature(request, query) || rest.length === 0) {
    throw new GlossaError('cursor-invalid', 'the cursor does not belong to this query');
  }
  return rest.join('.');
}
