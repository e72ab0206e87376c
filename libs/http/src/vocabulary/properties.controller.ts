import { Body, Controller, Get, Param, Put, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AccountPolicy } from '#access';
import { PropertyRegistry } from '#control';
import { GlossaError, paths } from '#model';
import { OntologyHub } from '#semantics';
import { ApiBearerAuth, ApiOperation, ApiTags } from '../docs/decorators.js';
import { Policy, Public, Requires } from '../auth/requires.js';
import { Answers, AnswersList, Takes } from '../docs/answers.js';
import { BaseUrl, listPage, listParameters, pageOf, type ListPage } from '../query/pages.js';
import { Parameters, type RawQuery } from '../query/parameters.js';
import { propertyJson } from './translate.js';

/** Observable properties: the core ontology's and this installation's own. */
@ApiTags('vocabulary')
@Controller('api/properties')
export class PropertiesController {
  constructor(
    private readonly hub: OntologyHub,
    private readonly properties: PropertyRegistry,
    private readonly base: BaseUrl,
  ) {}

  @Get()
  @Public()
  @AnswersList('Property')
  @ApiOperation({ summary: 'Observable properties, by term' })
  list(@Query() query: RawQuery, @Req() request: FastifyRequest): ListPage<object> {
    const window = listParameters(request, query);
    const { items, next } = pageOf(this.hub.properties(), ({ term }) => term, window);
    return listPage(
      items.map((property) => propertyJson(property, this.hub, this.base.href)),
      next,
      request,
      query,
      this.base,
    );
  }

  @Get(':term')
  @Public()
  @Answers('Property')
  @ApiOperation({ summary: 'One property, by term, CURIE or IRI' })
  one(@Param('term') term: string, @Query() query: RawQuery): object {
    new Parameters(query, []).check();
    const property = this.hub.property(term);
    if (!property) {
      const near = this.hub.suggest(term);
      const also = near.length > 0 ? `; near it: ${near.join(', ')}` : '';
      throw new GlossaError('not-found', `there is no observable property ${term}${also}`);
    }
    return propertyJson(property, this.hub, this.base.href);
  }

  @Put(':term')
  @Requires('properties:write')
  @ApiBearerAuth()
  @Takes('PropertyInput')
  @Answers('Property', { status: [200, 201] })
  @ApiOperation({ summary: 'Define a property of your own' })
  async put(
    @Param('term') term: string,
    @Body() body: unknown,
    @Policy() policy: AccountPolicy,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const { property, created } = await this.properties.put(term, body, policy);
    void reply.code(created ? 201 : 200).header('Location', this.base.iri(paths.property(term)));
    return propertyJson(property, this.hub, this.base.href);
  }
}
