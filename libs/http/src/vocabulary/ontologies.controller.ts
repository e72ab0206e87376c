import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GlossaError, paths } from '#model';
import { OntologyHub, documentToRdf } from '#semantics';
import { ApiOperation, ApiTags } from '../docs/decorators.js';
import { Public } from '../auth/requires.js';
import { negotiate } from '../query/negotiate.js';
import { Answers, AnswersList } from '../docs/answers.js';
import { BaseUrl, listPage, listParameters, pageOf, type ListPage } from '../query/pages.js';
import { Parameters, type RawQuery } from '../query/parameters.js';

const TYPES = ['application/ld+json', 'application/json', 'text/turtle', 'application/n-quads'] as const;

/** The vocabulary as linked data: ontologies and the JSON-LD context. */
@ApiTags('vocabulary')
@Controller('api')
export class OntologiesController {
  constructor(
    private readonly hub: OntologyHub,
    private readonly base: BaseUrl,
  ) {}

  @Get('ontologies')
  @Public()
  @AnswersList('Ontology')
  @ApiOperation({ summary: 'Names of the ontologies' })
  names(@Query() query: RawQuery, @Req() request: FastifyRequest): ListPage<object> {
    const window = listParameters(request, query);
    const { items, next } = pageOf([...this.hub.ontologyNames()].sort(), (name) => name, window);
    const shown = items.map((name) => ({ id: name, url: this.base.iri(paths.ontology(name)) }));
    return listPage(shown, next, request, query, this.base);
  }

  @Get('ontologies/:name')
  @Public()
  @Answers('JsonLd', { types: TYPES })
  @ApiOperation({ summary: 'An ontology as JSON-LD, Turtle or N-Quads' })
  async ontology(
    @Param('name') name: string,
    @Query() query: RawQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    new Parameters(query, []).check();
    const document = this.hub.ontology(name.replace(/\.(jsonld|ttl)$/, ''), this.base.href);
    if (!document)
      throw new GlossaError(
        'not-found',
        `there is no ontology ${name}; there are ${this.hub.ontologyNames().join(', ')}`,
      );
    const type = name.endsWith('.ttl') ? 'text/turtle' : negotiate(request.headers.accept, TYPES);
    void reply.type(`${type}; charset=utf-8`);
    const rdf = type === 'text/turtle' || type === 'application/n-quads';
    const format = type === 'text/turtle' ? 'turtle' : 'n-quads';
    void reply.send(rdf ? await documentToRdf(document, format, this.base.href) : JSON.stringify(document));
  }

  @Get('contexts/v1.jsonld')
  @Public()
  @Answers('JsonLd', { types: ['application/ld+json'] })
  @ApiOperation({ summary: 'The JSON-LD context of everything that is served' })
  context(@Query() query: RawQuery, @Res() reply: FastifyReply): void {
    new Parameters(query, []).check();
    void reply
      .type('application/ld+json; charset=utf-8')
      .header('Cache-Control', 'public, max-age=86400')
      .header('Access-Control-Allow-Origin', '*')
      .send(JSON.stringify(this.hub.context()));
  }
}
