import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AccountRegistry, type PublicAccount, type TokenInfo } from '#control';
import { encodeSegment } from '#model';
import { ApiBearerAuth, ApiOperation, ApiTags } from '../docs/decorators.js';
import { Requires } from '../auth/requires.js';
import { Answers, AnswersList, AnswersNothing, Takes } from '../docs/answers.js';
import { BaseUrl, listPage, listParameters, pageOf, type ListPage } from '../query/pages.js';
import { Parameters, type RawQuery } from '../query/parameters.js';

/** Who may do what: accounts, their passwords and tokens. */
@ApiTags('accounts')
@ApiBearerAuth()
@Controller('api/accounts')
export class AccountsController {
  constructor(
    private readonly accounts: AccountRegistry,
    private readonly base: BaseUrl,
  ) {}

  @Post()
  @Requires('accounts:write')
  @Takes('AccountInput')
  @Answers('Account', { status: [201] })
  @ApiOperation({ summary: 'Create an account' })
  async create(
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PublicAccount> {
    const account = await this.accounts.create(body);
    void reply.header('Location', this.base.iri(`/api/accounts/${encodeSegment(account.username)}`));
    return account;
  }

  @Get()
  @Requires('accounts:read')
  @AnswersList('Account')
  @ApiOperation({ summary: 'Accounts, by username' })
  async list(@Query() query: RawQuery, @Req() request: FastifyRequest): Promise<ListPage<object>> {
    const { limit, cursor } = listParameters(request, query);
    const { items, next } = await this.accounts.list(limit, cursor);
    return listPage(items, next, request, query, this.base);
  }

  @Get(':username')
  @Requires('accounts:read')
  @Answers('Account')
  @ApiOperation({ summary: 'One account' })
  one(@Param('username') username: string, @Query() query: RawQuery): Promise<PublicAccount> {
    new Parameters(query, []).check();
    return this.accounts.get(username);
  }

  @Put(':username')
  @Requires('accounts:write')
  @Takes('AccountReplacement')
  @Answers('Account')
  @ApiOperation({ summary: "Replace an account's roles, rules and onDeny; the password stays unless given" })
  replace(@Param('username') username: string, @Body() body: unknown): Promise<PublicAccount> {
    return this.accounts.replace(username, body);
  }

  @Delete(':username')
  @Requires('accounts:write')
  @HttpCode(204)
  @AnswersNothing()
  @ApiOperation({ summary: 'Delete an account; its connections are closed' })
  remove(@Param('username') username: string): Promise<void> {
    return this.accounts.remove(username);
  }

  @Put(':username/password')
  @Requires('accounts:write')
  @HttpCode(204)
  @Takes('PasswordInput')
  @AnswersNothing()
  @ApiOperation({ summary: 'Set the password' })
  setPassword(@Param('username') username: string, @Body() body: unknown): Promise<void> {
    return this.accounts.setPassword(username, body);
  }

  @Post(':username/tokens')
  @Requires('accounts:write')
  @Takes('TokenInput', { required: false })
  @Answers('NewToken', { status: [201] })
  @ApiOperation({ summary: 'Make a token; it is shown this once' })
  createToken(
    @Param('username') username: string,
    @Body() body: unknown,
  ): Promise<TokenInfo & { token: string }> {
    return this.accounts.createToken(username, body);
  }

  @Get(':username/tokens')
  @Requires('accounts:read')
  @AnswersList('Token')
  @ApiOperation({ summary: 'Tokens of an account, without their secrets' })
  async tokens(
    @Param('username') username: string,
    @Query() query: RawQuery,
    @Req() request: FastifyRequest,
  ): Promise<ListPage<TokenInfo>> {
    const window = listParameters(request, query);
    const tokens = await this.accounts.tokens(username);
    const { items, next } = pageOf(tokens, ({ createdAt, id }) => `${createdAt} ${id}`, window);
    return listPage(items, next, request, query, this.base);
  }

  @Delete(':username/tokens')
  @Requires('accounts:write')
  @HttpCode(204)
  @AnswersNothing()
  @ApiOperation({ summary: 'Revoke every token of an account' })
  removeTokens(@Param('username') username: string): Promise<void> {
    return this.accounts.removeTokens(username);
  }

  @Delete(':username/tokens/:id')
  @Requires('accounts:write')
  @HttpCode(204)
  @AnswersNothing()
  @ApiOperation({ summary: 'Revoke one token' })
  removeToken(@Param('username') username: string, @Param('id') id: string): Promise<void> {
    return this.accounts.removeTokens(username, id);
  }
}
