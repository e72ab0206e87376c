import type { FastifyInstance } from 'fastify';
import { GlossaError } from '#model';
import { sendProblem } from './problem.filter.js';

/** Regular expressions' own characters, which stand in file names of the docs. */
const SPECIAL = /[.+?^${}()|[\]\\]/g;

/** Tests whether a path is one that a route takes. */
function matcherOf(route: string): RegExp {
  const segments = route
    .split('/')
    .map((part) => (part.startsWith(':') ? '[^/]+' : part === '*' ? '.+' : part.replace(SPECIAL, '\\$&')));
  return new RegExp(`^${segments.join('/')}/?$`);
}

/**
 * Tells which methods a path takes: to OPTIONS, and with 405 to a method that it does not take (RFC 9110, 9.3.7 and
 * 15.5.6). To be called before routes are made.
 */
export function tellAllowedMethods(fastify: Pick<FastifyInstance, 'addHook'>): void {
  const routes = new Map<string, { matches: RegExp; methods: Set<string> }>();
  fastify.addHook('onRoute', ({ url, method }) => {
    const known = routes.get(url) ?? { matches: matcherOf(url), methods: new Set(['OPTIONS']) };
    routes.set(url, known);
    for (const one of [method].flat()) known.methods.add(one.toUpperCase());
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) return done();
    const path = request.url.split('?')[0]!;
    const found = [...routes.values()].filter(({ matches }) => matches.test(path));
    if (found.length === 0) return done();
    const methods = [...new Set(found.flatMap((one) => [...one.methods]))].sort().join(', ');
    void reply.header('Allow', methods);
    if (request.method === 'OPTIONS') return void reply.code(204).send();
    const message = `${request.method} is not for ${path}, which takes ${methods}`;
    return sendProblem(new GlossaError('method-not-allowed', message), request, reply);
  });
}
