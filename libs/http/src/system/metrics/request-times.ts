import type { FastifyReply, FastifyRequest } from 'fastify';
import { Histogram, TIMES_MS, type Reading } from '#telemetry';

interface Route {
  readonly labels: readonly [method: string, route: string];
  readonly times: Histogram;
  readonly statuses: Map<number, number>;
}

/** Requests by route: how many, how they ended and how long they took. Paths themselves are told nowhere. */
export class RequestTimes {
  readonly #routes = new Map<string, Route>();

  /** Counts a request that is answered. */
  count(request: FastifyRequest, reply: FastifyReply): void {
    const { method } = request;
    // Undefined for a path that is no route.
    const { url } = request.routeOptions;
    const key = `${method} ${url ?? ''}`;
    let route = this.#routes.get(key);
    if (!route) {
      route = { labels: [method, template(url)], times: new Histogram(TIMES_MS), statuses: new Map() };
      this.#routes.set(key, route);
    }
    route.times.observe(reply.elapsedTime);
    route.statuses.set(reply.statusCode, (route.statuses.get(reply.statusCode) ?? 0) + 1);
  }

  /** By method, route and status. */
  requests(): Reading {
    return [...this.#routes.values()].flatMap(({ labels, statuses }) =>
      Array.from(statuses, ([status, value]) => ({ labels: [...labels, String(status)], value })),
    );
  }

  /** By method and route. */
  durations(): Reading {
    return [...this.#routes.values()].map(({ labels, times }) => ({ labels, value: times }));
  }
}

/** `/api/features/:x/*` as the documentation writes it: `/api/features/{x}/{path}`. */
function template(url: string | undefined): string {
  if (url === undefined || url === '*' || url === '/*') return 'none';
  return url.replaceAll(/:(\w+)/g, '{$1}').replace('*', '{path}');
}
