import { Controller, Delete, Get, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import type { AccountPolicy } from '#access';
import {
  ObservationQueries,
  tiling,
  type AggregateMember,
  type AggregatePage,
  type Explanation,
  type ObservationAnswer,
} from '#control';
import {
  GlossaError,
  decodeCursor,
  decodeDatastreamCursor,
  encodeDatastreamCursor,
  paths,
  problem,
  type RenderedPage,
} from '#model';
import { ObservationRenderer, documentToRdf } from '#semantics';
import { ApiBearerAuth, ApiOperation, ApiQuery, ApiTags } from '../docs/decorators.js';
import { Policy, Requires } from '../auth/requires.js';
import { negotiate } from '../query/negotiate.js';
import { Answers, Paged } from '../docs/answers.js';
import { ApiFilters } from '../docs/filters.js';
import { BaseUrl } from '../query/pages.js';
import { ReadsQuery } from '../query/query.guard.js';
import { Parameters, openCursor, type RawQuery } from '../query/parameters.js';
import { DOCUMENT_TYPES, OBSERVATION_TYPES, contentType, formatOf, type ObservationType } from './formats.js';
import { inTurns } from './in-turns.js';
import {
  FILTERS,
  OBSERVATION_CSV_HEADER,
  aggregateCsv,
  aggregateMember,
  aggregateText,
  filterOf,
  observationIdentity,
} from './translate.js';

/** Windows of a page: an answer has about 25 MB. */
const MOST_WINDOWS = 100_000;
/** A graph is made as a whole, in one go. */
const MOST_WINDOWS_RDF = 5000;

/** Stored observations, in six serialisations. */
@ApiTags('observations')
@ApiBearerAuth()
@Controller('api/observations')
export class ObservationsController {
  constructor(
    private readonly queries: ObservationQueries,
    private readonly renderer: ObservationRenderer,
    private readonly base: BaseUrl,
  ) {}

  @Get()
  @Requires('observations:read')
  @ApiFilters(FILTERS)
  @ApiQuery({ name: 'order', enum: ['desc', 'asc'], required: false })
  @Paged()
  @Answers('ObservationCollection', { types: OBSERVATION_TYPES })
  @ApiOperation({ summary: 'Observations, newest first' })
  async list(
    @Query() query: RawQuery,
    @Policy() policy: AccountPolicy,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const type = negotiate(request.headers.accept, OBSERVATION_TYPES);
    const parameters = new Parameters(query, [...FILTERS, 'order', 'limit', 'cursor']);
    const filter = filterOf(parameters);
    const order = parameters.choice('order', ['desc', 'asc'], 'desc');
    const limit = parameters.integer('limit', 100, 1, 10_000);
    const text = parameters.text('cursor');
    parameters.check();
    const cursor = text === undefined ? undefined : decodeCursor(openCursor(text, request, query));
    if (text !== undefined && !cursor) throw new GlossaError('cursor-invalid', 'the cursor cannot be read');
    const page = { order, limit, ...(cursor && { cursor }) };
    await this.#send(
      await this.queries.list(filter, policy, page, this.#render(type, request, query)),
      type,
      request,
      reply,
    );
  }

  @Get('latest')
  @Requires('observations:read')
  @ApiFilters(FILTERS)
  @Paged()
  @Answers('ObservationCollection', { types: OBSERVATION_TYPES })
  @ApiOperation({ summary: 'The newest observation of each datastream, by phenomenon time' })
  async latest(
    @Query() query: RawQuery,
    @Policy() policy: AccountPolicy,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const type = negotiate(request.headers.accept, OBSERVATION_TYPES);
    const parameters = new Parameters(query, [...FILTERS, 'limit', 'cursor']);
    const filter = filterOf(parameters);
    const limit = parameters.integer('limit', 100, 1, 10_000);
    const after = datastreamCursor(parameters, request, query);
    const page = { limit, ...(after && { after }) };
    await this.#send(
      await this.queries.latest(filter, policy, page, this.#render(type, request, query)),
      type,
      request,
      reply,
    );
  }

  @Get('aggregate')
  @Requires('observations:read')
  @ApiFilters(FILTERS)
  @ApiQuery({ name: 'interval', type: String, description: 'ISO 8601 duration, such as PT1H' })
  @ApiQuery({ name: 'timezone', type: String, required: false, description: 'IANA name; UTC' })
  @Paged()
  @Answers('AggregateCollection', { types: OBSERVATION_TYPES })
  @ApiOperation({ summary: 'Count, mean, minimum, maximum, first and last by window of time' })
  async aggregate(
    @Query() query: RawQuery,
    @Policy() policy: AccountPolicy,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const type = negotiate(request.headers.accept, OBSERVATION_TYPES);
    const parameters = new Parameters(query, [...FILTERS, 'interval', 'timezone', 'limit', 'cursor']);
    const filter = filterOf(parameters);
    const interval = parameters.required('interval');
    const timezone = parameters.text('timezone') ?? 'UTC';
    const windows = parameters.read(() => tiling(interval, timezone))!;
    const limit = parameters.integer('limit', 100, 1, 10_000);
    const after = datastreamCursor(parameters, request, query);
    const most = isRdf(type) ? MOST_WINDOWS_RDF : MOST_WINDOWS;
    const options = { windows, limit, most, ...(after && { after }) };
    const page = await this.queries.aggregate(filter, policy, options);
    const { members, next } = page;
    const href =
      next && this.base.nextPrefix(request, query) + encodeDatastreamCursor(next.device, next.name);
    if (isRdf(type)) {
      checkWindows(members, type);
      if (href !== undefined) void reply.header('Link', `<${href}>; rel="next"`);
      this.#head(type, reply);
      const member = members.map((one) => aggregateMember(one, interval, this.base.href));
      await this.#sendDocument({ ...this.#aggregates(request, page, href), member }, type, reply);
      return;
    }
    if (href !== undefined) void reply.header('Link', `<${href}>; rel="next"`);
    this.#head(type, reply);
    const body =
      type === 'text/csv'
        ? aggregateCsv(members, this.base.href)
        : type === 'application/x-ndjson'
          ? this.#aggregateLines(members, interval)
          : this.#aggregateDocument(this.#aggregates(request, page, href), members, interval);
    void reply.send(request.method === 'HEAD' ? Readable.from([]) : inTurns(body));
  }

  #aggregates(request: FastifyRequest, { explain }: AggregatePage, next: string | undefined): object {
    return {
      ...this.#collection(request, 'AggregateCollection'),
      member: [],
      ...(next !== undefined && { next }),
      ...(explain && { explain }),
    };
  }

  *#aggregateLines(members: readonly AggregateMember[], interval: string): Generator<string> {
    const context = { '@context': this.base.iri(paths.context) };
    for (const member of members) {
      yield* aggregateText(member, interval, this.base.href, context);
      yield '\n';
    }
  }

  /** @param document the collection with no members yet */
  *#aggregateDocument(
    document: object,
    members: readonly AggregateMember[],
    interval: string,
  ): Generator<string> {
    const empty = '"member":[';
    const text = JSON.stringify(document);
    const at = text.indexOf(`${empty}]`) + empty.length;
    yield text.slice(0, at);
    for (const [i, member] of members.entries()) {
      if (i > 0) yield ',';
      yield* aggregateText(member, interval, this.base.href);
    }
    yield text.slice(at);
  }

  @Get(':device/:name/:time')
  @Requires('observations:read')
  @Answers('SingleObservation', { types: DOCUMENT_TYPES })
  @ApiOperation({ summary: 'One observation, by its id' })
  async one(
    @Param('device') device: string,
    @Param('name') name: string,
    @Param('time') text: string,
    @Query() query: RawQuery,
    @Policy() policy: AccountPolicy,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const type = negotiate(request.headers.accept, DOCUMENT_TYPES);
    new Parameters(query, []).check();
    const identity = observationIdentity(text);
    if (!identity) throw new GlossaError('not-found', `${text} is no phenomenon time`);
    const record = await this.queries.get(device, name, identity.time, identity.nth, policy);
    this.#head(type, reply);
    await this.#sendDocument(this.renderer.object(record), type, reply);
  }

  @Delete()
  @ReadsQuery()
  @Requires('observations:delete')
  @ApiQuery({ name: 'datastream', type: String })
  @ApiQuery({ name: 'from', type: String, required: false })
  @ApiQuery({ name: 'to', type: String, required: false })
  @Answers('Deleted')
  @ApiOperation({ summary: 'Delete the observations of a datastream in a span of time' })
  async remove(@Query() query: RawQuery): Promise<{ deleted: number }> {
    const parameters = new Parameters(query, ['datastream', 'from', 'to']);
    const text = parameters.required('datastream');
    const { from, to } = filterOf(parameters);
    parameters.check();
    const key = this.queries.planner.datastreamKey(text);
    if (!key) {
      const hint = 'Give its IRI or device/name.';
      throw new GlossaError('query-invalid', `${text} is no datastream`, [
        problem('datastream', 'query-invalid', `${text} is no datastream`, hint),
      ]);
    }
    return { deleted: await this.queries.delete(key.device, key.name, from, to) };
  }

  #render(type: ObservationType, request: FastifyRequest, query: RawQuery) {
    const nextPrefix = this.base.nextPrefix(request, query);
    return { format: formatOf(type), baseUrl: this.base.href, id: this.base.of(request), nextPrefix };
  }

  async #send(
    answer: ObservationAnswer,
    type: ObservationType,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    this.#head(type, reply);
    if (answer.page) this.#stream(answer.page, request, reply);
    else await this.#empty(answer.explain, type, request, reply);
  }

  #head(type: ObservationType, reply: FastifyReply): void {
    void reply.type(contentType(type)).header('Vary', 'Accept');
  }

  #stream(page: RenderedPage, request: FastifyRequest, reply: FastifyReply): void {
    if (page.next !== undefined) void reply.header('Link', `<${page.next}>; rel="next"`);
    const body = Readable.from(page.body, { objectMode: false });
    // HEAD would have it all written, and thrown away.
    if (request.method === 'HEAD') body.destroy();
    void reply.send(request.method === 'HEAD' ? Readable.from([]) : body);
  }

  /** No rows: a document says why, the lines of a table are none. */
  async #empty(
    explain: Explanation,
    type: ObservationType,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    if (type === 'text/csv') return void reply.send(OBSERVATION_CSV_HEADER);
    if (type === 'application/x-ndjson') return void reply.send('');
    const document = { ...this.#collection(request, 'ObservationCollection'), member: [], explain };
    await this.#sendDocument(document, type, reply);
  }

  #collection(request: FastifyRequest, type: string): { '@context': string; id: string; type: string } {
    return { '@context': this.base.iri(paths.context), id: this.base.of(request), type };
  }

  async #sendDocument(document: object, type: ObservationType, reply: FastifyReply): Promise<void> {
    const format = formatOf(type);
    const rdf = format === 'turtle' || format === 'n-quads';
    void reply.send(rdf ? await documentToRdf(document, format, this.base.href) : JSON.stringify(document));
  }
}

function isRdf(type: ObservationType): boolean {
  return type === 'text/turtle' || type === 'application/n-quads';
}

/** @throws GlossaError `query-invalid` when one datastream alone has too many windows for a graph */
function checkWindows(members: readonly AggregateMember[], type: ObservationType): void {
  if (members.every(({ windows }) => windows.length <= MOST_WINDOWS_RDF)) return;
  const message = `a datastream has more than ${MOST_WINDOWS_RDF} windows, too many for ${type}`;
  throw new GlossaError('query-invalid', message, [
    problem(
      'interval',
      'query-invalid',
      message,
      'Use a longer interval or a smaller span, or ask for JSON, CSV or NDJSON.',
    ),
  ]);
}

function datastreamCursor(
  parameters: Parameters,
  request: FastifyRequest,
  query: RawQuery,
): { device: string; name: string } | undefined {
  const text = parameters.text('cursor');
  parameters.check();
  if (text === undefined) return undefined;
  const key = decodeDatastreamCursor(openCursor(text, request, query));
  if (!key) throw new GlossaError('cursor-invalid', 'the cursor cannot be read');
  return key;
}
