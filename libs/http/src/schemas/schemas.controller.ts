import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Param,
  Post,
  Put,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SchemaRegistry, withoutReadOnly, type Registration } from '#control';
import { GlossaError, paths, type RegisteredSchema } from '#model';
import { ControlStore } from '#storage';
import { ApiBearerAuth, ApiOperation, ApiTags } from '../docs/decorators.js';
import { Requires } from '../auth/requires.js';
import { Answers, AnswersList, AnswersNothing, Takes } from '../docs/answers.js';
import { BaseUrl, listPage, listParameters, pageOf, type ListPage } from '../query/pages.js';
import { Parameters, type RawQuery } from '../query/parameters.js';

/** Device schemas: the mapping documents. */
@ApiTags('schemas')
@ApiBearerAuth()
@Controller('api/schemas')
export class SchemasController {
  constructor(
    private readonly schemas: SchemaRegistry,
    private readonly store: ControlStore,
    private readonly base: BaseUrl,
  ) {}

  @Post()
  @Requires('schemas:write')
  @Takes('MappingDocument')
  @Answers('Schema', { status: [201, 200] })
  @ApiOperation({ summary: 'Register a schema; active at once' })
  async create(@Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply): Promise<object> {
    return this.#answer(await this.schemas.create(withoutReadOnly(body)), reply);
  }

  @Put(':id')
  @Requires('schemas:write')
  @Takes('MappingReplacement')
  @Answers('Schema', { status: [200, 201] })
  @ApiOperation({ summary: 'Replace a schema: a new version, unless it is the same document' })
  async replace(
    @Param('id') id: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    return this.#answer(await this.schemas.replace(id, withoutReadOnly(body)), reply);
  }

  @Get()
  @Requires('schemas:read')
  @AnswersList('Schema')
  @ApiOperation({ summary: 'Registered schemas' })
  async list(@Query() query: RawQuery, @Req() request: FastifyRequest): Promise<ListPage<object>> {
    const { limit, cursor } = listParameters(request, query);
    const page = await this.store.schemas.list({ limit, ...(cursor !== undefined && { cursor }) });
    return listPage(
      page.items.map((item) => this.#show(item)),
      page.next,
      request,
      query,
      this.base,
    );
  }

  @Get(':id')
  @Requires('schemas:read')
  @Answers('Schema')
  @ApiOperation({ summary: 'The active version of a schema' })
  async one(@Param('id') id: string, @Query() query: RawQuery): Promise<object> {
    new Parameters(query, []).check();
    const found = await this.store.schemas.get(id);
    if (!found) throw new GlossaError('not-found', `there is no schema ${id}`);
    return this.#show(found);
  }

  @Get(':id/versions')
  @Requires('schemas:read')
  @AnswersList('Schema')
  @ApiOperation({ summary: 'Every version of a schema, retired ones too' })
  async versions(
    @Param('id') id: string,
    @Query() query: RawQuery,
    @Req() request: FastifyRequest,
  ): Promise<ListPage<object>> {
    const window = listParameters(request, query);
    const versions = await this.store.schemas.versions(id);
    if (versions.length === 0) throw new GlossaError('not-found', `there is no schema ${id}`);
    const { items, next } = pageOf(versions, ({ version }) => String(version).padStart(9, '0'), window);
    return listPage(
      items.map((item) => this.#show(item)),
      next,
      request,
      query,
      this.base,
    );
  }

  @Get(':id/versions/:version')
  @Requires('schemas:read')
  @Answers('Schema')
  @ApiOperation({ summary: 'One version of a schema; it stays readable after the schema is retired' })
  async version(
    @Param('id') id: string,
    @Param('version') version: string,
    @Query() query: RawQuery,
  ): Promise<object> {
    new Parameters(query, []).check();
    const found = /^\d{1,9}$/.test(version)
      ? await this.store.schemas.version(id, Number(version))
      : undefined;
    if (!found) throw new GlossaError('not-found', `there is no version ${version} of ${id}`);
    return this.#show(found);
  }

  @Delete(':id')
  @Requires('schemas:write')
  @HttpCode(204)
  @Header('Content-Length', '0')
  @AnswersNothing()
  @ApiOperation({ summary: 'Retire a schema; what it stored stays' })
  async retire(@Param('id') id: string): Promise<void> {
    await this.schemas.retire(id);
  }

  #answer(registration: Registration, reply: FastifyReply): object {
    void reply.code(registration.created === 'new' ? 201 : 200);
    void reply.header('Location', this.base.iri(paths.schema(registration.document.id)));
    return this.#show(registration);
  }

  #show({ document, version, createdAt }: RegisteredSchema): object {
    const suspended = this.schemas.suspended(document.id, version);
    return { ...document, version, createdAt, ...(suspended && { suspended }) };
  }
}
