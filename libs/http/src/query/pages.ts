import type { FastifyRequest } from 'fastify';
import { Parameters, openCursor, signature, type RawQuery } from './parameters.js';

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
    const { pathname, search } = new URL(request.url, 'http://path');
    return this.href + pathname + search;
  }

  /** The URL of the next page up to its cursor, which is to be appended. */
  nextPrefix(request: FastifyRequest, query: RawQuery): string {
    const next = new URL(this.of(request));
    next.searchParams.delete('cursor');
    const separator = next.search === '' ? '?' : '&';
    return `${next.href}${separator}cursor=${signature(request, query)}.`;
  }

  iri(path: string): string {
    return this.href + path;
  }
}

/** Reads `limit` and `cursor` of a list. */
export function listParameters(
  request: FastifyRequest,
  query: RawQuery,
  more: readonly string[] = [],
): { parameters: Parameters; limit: number; cursor: string | undefined } {
  const parameters = new Parameters(query, ['limit', 'cursor', ...more]);
  const limit = parameters.integer('limit', 100, 1, 10_000);
  const text = parameters.text('cursor');
  parameters.check();
  return { parameters, limit, cursor: text === undefined ? undefined : openCursor(text, request, query) };
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
  return { items, next: base.nextPrefix(request, query) + encodeURIComponent(next) };
}

/** A page of a list that is whole in memory, in the order of its keys. */
export function pageOf<T>(
  all: readonly T[],
  keyOf: (item: T) => string,
  { limit, cursor }: { readonly limit: number; readonly cursor: string | undefined },
): { items: T[]; next: string | undefined } {
  const rest = cursor === undefined ? all : all.filter((item) => keyOf(item) > cursor);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rest.length > items.length && last !== undefined ? keyOf(last) : undefined };
}
