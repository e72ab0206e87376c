import { Controller, Get, Param, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { AccountPolicy } from '#access';
import { ObservationQueries } from '#control';
import { GlossaError, decodeDatastreamCursor, encodeDatastreamCursor } from '#model';
import { ObservationRenderer } from '#semantics';
import { ApiBearerAuth, ApiOperation, ApiTags } from '../docs/decorators.js';
import { Policy, Requires } from '../auth/requires.js';
import { Answers, AnswersList } from '../docs/answers.js';
import { ApiFilters } from '../docs/filters.js';
import { BaseUrl, listPage, listParameters, type ListPage } from '../query/pages.js';
import { Parameters, type RawQuery } from '../query/parameters.js';
import { FILTERS, datastreamJson, filterOf } from './translate.js';

const DATASTREAM_FILTERS = FILTERS.filter((name) => name !== 'from' && name !== 'to' && name !== 'unit');

/** Datastreams: what of which device is observed, with the latest value. */
@ApiTags('datastreams')
@ApiBearerAuth()
@Controller('api/datastreams')
export class DatastreamsController {
  constructor(
    private readonly queries: ObservationQueries,
    private readonly renderer: ObservationRenderer,
    private readonly base: BaseUrl,
  ) {}

  @Get()
  @Requires('observations:read')
  @ApiFilters(DATASTREAM_FILTERS)
  @AnswersList('Datastream')
  @ApiOperation({ summary: 'Datastreams with latest value, count, first and last time' })
  async list(
    @Query() query: RawQuery,
    @Policy() policy: AccountPolicy,
    @Req() request: FastifyRequest,
  ): Promise<ListPage<object>> {
    const { parameters, limit, cursor } = listParameters(request, query, DATASTREAM_FILTERS);
    const filter = filterOf(parameters);
    parameters.check();
    const after = cursor === undefined ? undefined : decodeDatastreamCursor(cursor);
    if (cursor !== undefined && !after) throw new GlossaError('cursor-invalid', 'the cursor cannot be read');
    const { items, next } = await this.queries.datastreams(filter, policy, limit, after);
    const json = items.map((info) => datastreamJson(info, this.renderer, this.base.href));
    return listPage(json, next && encodeDatastreamCursor(next.device, next.name), request, query, this.base);
  }

  @Get(':device/:name')
  @Requires('observations:read')
  @Answers('Datastream')
  @ApiOperation({ summary: 'One datastream' })
  async one(
    @Param('device') device: string,
    @Param('name') name: string,
    @Query() query: RawQuery,
    @Policy() policy: AccountPolicy,
  ): Promise<object> {
    new Parameters(query, []).check();
    return datastreamJson(await this.queries.datastream(device, name, policy), this.renderer, this.base.href);
  }
}
