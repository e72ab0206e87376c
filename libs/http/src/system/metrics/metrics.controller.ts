import { Controller, Get, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { MetricName, Readings } from '#telemetry';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '../../docs/decorators.js';
import { Requires } from '../../auth/requires.js';
import { Parameters, type RawQuery } from '../../query/parameters.js';
import type { Exposition } from './exposition.js';
import { RequestTimes } from './request-times.js';

/** What is counted here, at the edge. */
type OwnMetrics = Extract<MetricName, `glossa_http_${string}`>;

/** How everything but requests is read. */
export abstract class MetricsSource {
  abstract readonly readings: Readings<Exclude<MetricName, OwnMetrics>>;
  /** A metric could not be read; it is left out. */
  abstract failed(metric: string, error: unknown): void;
}

/** The service in numbers, for Prometheus and whatever reads its form. */
@ApiTags('system')
@ApiBearerAuth()
@Controller('metrics')
export class MetricsController {
  #exposition: Promise<Exposition> | undefined;

  constructor(
    private readonly source: MetricsSource,
    private readonly times: RequestTimes,
  ) {}

  @Get()
  @Requires('metrics:read')
  @ApiOperation({ summary: "Metrics in Prometheus' text form" })
  @ApiResponse({
    status: 200,
    description: 'The metrics',
    content: { 'text/plain': { schema: { type: 'string' } } },
  })
  async metrics(@Query() query: RawQuery, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    new Parameters(query, []).check();
    const exposition = await (this.#exposition ??= this.#made());
    void reply.type(exposition.contentType).header('Cache-Control', 'no-store');
    return exposition.text();
  }

  /** With the first who asks: what writes the text takes 13 MB, which others need not have. */
  async #made(): Promise<Exposition> {
    const { Exposition: Made } = await import('./exposition.js');
    const { source, times } = this;
    const readings = {
      ...source.readings,
      glossa_http_requests_total: () => times.requests(),
      glossa_http_request_seconds: () => times.durations(),
    };
    return new Made(readings, (metric, error) => source.failed(metric, error));
  }
}
