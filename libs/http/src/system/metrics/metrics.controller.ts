import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { MetricName, Readings } from '#telemetry';
import { Requires } from '../../auth/requires.js';
import { Parameters, type RawQuery } from '../../query/parameters.js';
import { Exposition } from './exposition.js';
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
  readonly #exposition: Exposition;

  constructor(source: MetricsSource, times: RequestTimes) {
    const readings = {
      ...source.readings,
      glossa_http_requests_total: () => times.requests(),
      glossa_http_request_seconds: () => times.durations(),
    };
    this.#exposition = new Exposition(readings, (metric, error) => source.failed(metric, error));
  }

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
    void reply.type(this.#exposition.contentType).header('Cache-Control', 'no-store');
    return this.#exposition.text();
  }
}
