import { Body, Controller, Delete, Get, HttpCode, Put, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AccountPolicy } from '#access';
import { FeatureRegistry, type FeatureInfo } from '#control';
import { GlossaError, decodeSegment, paths } from '#model';
import { ApiBearerAuth, ApiOperation, ApiTags } from '../docs/decorators.js';
import { Policy, Requires } from '../auth/requires.js';
import { Answers, AnswersList, AnswersNothing, PathOfSegments, Takes } from '../docs/answers.js';
import { BaseUrl, listPage, listParameters, type ListPage } from '../query/pages.js';
import { Parameters, type RawQuery } from '../query/parameters.js';

/** Features of interest: the places and things observed. */
@ApiTags('features')
@ApiBearerAuth()
@Controller('api/features')
export class FeaturesController {
  constructor(
    private readonly features: FeatureRegistry,
    private readonly base: BaseUrl,
  ) {}

  @Get()
  @Requires('features:read')
  @AnswersList('Feature')
  @ApiOperation({ summary: 'Features, by path' })
  async list(
    @Query() query: RawQuery,
    @Policy() policy: AccountPolicy,
    @Req() request: FastifyRequest,
  ): Promise<ListPage<object>> {
    const { limit, cursor } = listParameters(request, query);
    const { items, next } = await this.features.list(policy, limit, cursor);
    return listPage(
      items.map((feature) => this.#show(feature)),
      next,
      request,
      query,
      this.base,
    );
  }

  @Get('*')
  @Requires('features:read')
  @PathOfSegments()
  @Answers('Feature')
  @ApiOperation({ summary: 'One feature, with those directly below it' })
  async one(
    @Query() query: RawQuery,
    @Policy() policy: AccountPolicy,
    @Req() request: FastifyRequest,
  ): Promise<object> {
    new Parameters(query, []).check();
    return this.#show(await this.features.get(pathOf(request), policy));
  }

  @Put('*')
  @Requires('features:write')
  @PathOfSegments()
  @Takes('FeatureInput', { required: false })
  @Answers('Feature', { status: [200, 201] })
  @ApiOperation({ summary: 'Describe a feature' })
  async put(
    @Body() body: unknown,
    @Policy() policy: AccountPolicy,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const { feature, created } = await this.features.put(pathOf(request), withoutReadOnly(body), policy);
    void reply.code(created ? 201 : 200).header('Location', this.base.iri(paths.feature(feature.path)));
    return this.#show(feature);
  }

  @Delete('*')
  @Requires('features:write')
  @HttpCode(204)
  @PathOfSegments()
  @AnswersNothing()
  @ApiOperation({ summary: 'Forget the description of a feature' })
  async remove(@Req() request: FastifyRequest): Promise<void> {
    await this.features.remove(pathOf(request));
  }

  #show(feature: FeatureInfo): object {
    return { id: this.base.iri(paths.feature(feature.path)), type: 'FeatureOfInterest', ...feature };
  }
}

/** The path of a request, each segment decoded: the framework's own wildcard does not tell `%2F` from `/`. */
function pathOf(request: FastifyRequest): string {
  const [path = ''] = request.url.split('?');
  const segments = path
    .replace(/^\/api\/features\//, '')
    .replace(/\/+$/, '')
    .split('/')
    .map(decodeSegment);
  if (segments.some((segment) => segment === undefined || segment === '')) {
    throw new GlossaError('not-found', `${path} names no feature`);
  }
  return segments.join('/');
}

function withoutReadOnly(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body ?? {};
  const readOnly = new Set(['id', 'type', 'path', 'children', 'series']);
  return Object.fromEntries(Object.entries(body).filter(([name]) => !readOnly.has(name)));
}
