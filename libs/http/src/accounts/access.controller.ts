import { Controller, Get, Query } from '@nestjs/common';
import { AccessDirectory } from '#access';
import { GlossaError } from '#model';
import { ApiBearerAuth, ApiOperation, ApiQuery, ApiTags } from '../docs/decorators.js';
import { Answers } from '../docs/answers.js';
import { Requires } from '../auth/requires.js';
import { Parameters, type RawQuery } from '../query/parameters.js';

/** Which rule decides. */
@ApiTags('accounts')
@ApiBearerAuth()
@Controller('api/access')
export class AccessController {
  constructor(private readonly access: AccessDirectory) {}

  @Get('check')
  @Requires('access:check')
  @ApiQuery({ name: 'username', type: String })
  @ApiQuery({ name: 'action', enum: ['publish', 'subscribe'] })
  @ApiQuery({
    name: 'topic',
    type: String,
    description: 'A topic to publish to, or a filter to subscribe to',
  })
  @Answers('AccessDecision')
  @ApiOperation({ summary: 'May an account do this, and which rule says so' })
  check(@Query() query: RawQuery): { allowed: boolean; rule: string } {
    const parameters = new Parameters(query, ['username', 'action', 'topic']);
    const username = parameters.required('username');
    const topic = parameters.required('topic');
    parameters.required('action');
    const action = parameters.choice('action', ['publish', 'subscribe'], 'publish');
    parameters.check();
    const policy = this.access.policy(username);
    if (!policy) throw new GlossaError('not-found', `there is no account ${username}`);
    return policy.check(action, topic);
  }
}
