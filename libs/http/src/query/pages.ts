import type { FastifyRequest } from 'fastify';
import { Parameters, nextPrefix, openCursor, type RawQuery } from './parameters.js';

/** A page of a list: `next` is the absolute URL of the next one. */
export interface ListPage<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

/** The prefix of every IRI, as a service for controllers. */
export class BaseUrl {
  constructor(readonly href: string) {}

  /** The absolute URL of a request. */
  of(request: FastifyRequest): string {
    return new URL(request.url, `${this.href}/`).href;
  }

  iri(path: string): string {
    return this.href + path;
  }
}

/** Reads `limit` and `cursor` of a list. */
export function listParameters(
  query: RawQuery,
  more: readonly string[] = [],
): { parameters: Parameters; limit: number; cursor: string | undefined } {
  const parameters = new Parameters(query, ['limit', 'cursor', ...more]);
  const limit = parameters.integer('limit', 100, 1, 10_000);
  const text = parameters.text('cursor');
  parameters.check();
  return { parameters, limit, cursor: text === undefined ? undefined : openCursor(text, query) };
}

/** Makes a list answer: the store's cursor becomes the next page's URL. */
export function listPage<T>(
  items: readonly T[],
  next: string | undefined,
  request: FastifyRequest,
  query: RawQuery,
  base: BaseUrl,
): ListPage<T> {
  if (next === undefined) return { items };
  return { items, next: nextPrefix(base.of(request), query) + encodeURIComponent(next) };
}
