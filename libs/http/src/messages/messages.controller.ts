import { Body, Controller, Get, HttpCode, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { AccountPolicy } from '#access';
import { DeadLetters, Replayer, type Replayed } from '#control';
import { GlossaError, LEDGER_STATES, type Ledger, type LedgerState } from '#model';
import { ApiBearerAuth, ApiOperation, ApiQuery, ApiTags } from '../docs/decorators.js';
import { Policy, Requires } from '../auth/requires.js';
import { Answers, AnswersList, Takes } from '../docs/answers.js';
import { BaseUrl, listPage, listParameters, type ListPage } from '../query/pages.js';
import { Parameters, type RawQuery } from '../query/parameters.js';
import { REASON_CODES, unknownReason } from './reason-codes.js';
import { letterJson, replayQuery } from './translate.js';

const LETTER_FILTERS = ['state', 'values', 'device', 'schema', 'code'] as const;

/** The ledger, and messages that were not stored. */
@ApiTags('messages')
@ApiBearerAuth()
@Controller('api/messages')
export class MessagesController {
  constructor(
    private readonly letters: DeadLetters,
    private readonly replayer: Replayer,
    private readonly base: BaseUrl,
  ) {}

  @Get('summary')
  @Requires('messages:read')
  @Answers('Ledger')
  @ApiOperation({ summary: 'What became of every message: received is the sum of the others' })
  summary(@Query() query: RawQuery): Promise<Ledger> {
    new Parameters(query, []).check();
    return this.letters.ledger();
  }

  @Get()
  @Requires('messages:read')
  @ApiQuery({ name: 'state', enum: LEDGER_STATES, required: false })
  @ApiQuery({
    name: 'values',
    enum: ['rejected'],
    required: false,
    description: 'Stored messages with rejected values',
  })
  @ApiQuery({ name: 'device', type: String, required: false })
  @ApiQuery({ name: 'schema', type: String, required: false })
  @ApiQuery({ name: 'code', enum: REASON_CODES, required: false })
  @AnswersList('DeadLetter')
  @ApiOperation({ summary: 'Dead letters, newest first, each with its reasons' })
  async list(
    @Query() query: RawQuery,
    @Policy() policy: AccountPolicy,
    @Req() request: FastifyRequest,
  ): Promise<ListPage<object>> {
    const { parameters, limit, cursor } = listParameters(request, query, LETTER_FILTERS);
    const state = parameters.choice('state', LEDGER_STATES, undefined);
    const values = parameters.choice('values', ['rejected'], undefined);
    if (state !== undefined && values === 'rejected' && state !== 'stored') {
      parameters.fail('values', 'values=rejected names stored messages; leave state out');
    }
    const before = cursor === undefined ? undefined : Number(cursor);
    if (before !== undefined && !Number.isSafeInteger(before))
      throw new GlossaError('cursor-invalid', 'the cursor cannot be read');
    const [device, schema, code] = (['device', 'schema', 'code'] as const).map((name) =>
      parameters.text(name),
    );
    const unknown = code === undefined ? undefined : unknownReason(code);
    if (unknown) parameters.fail('code', unknown.message, unknown.hint);
    parameters.check();
    const states: LedgerState[] | undefined = values === 'rejected' ? ['stored'] : state && [state];
    const filter = {
      limit,
      ...(states && { states }),
      ...(device !== undefined && { device }),
      ...(schema !== undefined && { schema }),
      ...(code !== undefined && { code }),
      ...(before !== undefined && { before }),
    };
    const page = await this.letters.list(filter, policy, letterJson);
    const next = page.next === undefined ? undefined : String(page.next);
    return listPage(page.items, next, request, query, this.base);
  }

  @Post('replay')
  @HttpCode(200)
  @Requires('messages:replay')
  @Takes('ReplayRequest', { required: false })
  @Answers('Replay')
  @ApiOperation({ summary: 'Run dead letters again, after the schema was mended' })
  async replay(
    @Body() body: unknown,
    @Policy() policy: AccountPolicy,
  ): Promise<{ replayed: number; items: readonly Replayed[] }> {
    const { query, limit, errors } = replayQuery(body);
    if (errors.length > 0) throw new GlossaError('body-invalid', errors[0]!.message, errors);
    const items = await this.replayer.run(query, limit, policy);
    return { replayed: items.filter(({ reason }) => reason === undefined).length, items };
  }
}
