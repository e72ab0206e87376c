import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ApiOperation, ApiTags } from '../docs/decorators.js';
import { Answers } from '../docs/answers.js';
import { Public } from '../auth/requires.js';
import { HealthSource, type Health, type Readiness } from './health.js';

/** Whether the service can do its work, and whether it takes more of it. */
@ApiTags('system')
@Controller()
export class HealthController {
  constructor(private readonly source: HealthSource) {}

  @Get('health')
  @Public()
  @Answers('Health', { status: [200, 503] })
  @ApiOperation({ summary: '200 once everything listens and storing works' })
  health(@Res({ passthrough: true }) reply: FastifyReply): Health {
    const health = this.source.health();
    void reply.code(health.storing ? 200 : 503).header('Cache-Control', 'no-store');
    return health;
  }

  @Get('ready')
  @Public()
  @Answers('Readiness', { status: [200, 503] })
  @ApiOperation({ summary: '200 while messages and requests may be sent here' })
  ready(@Res({ passthrough: true }) reply: FastifyReply): Readiness {
    const readiness = this.source.readiness();
    void reply.code(readiness.ready ? 200 : 503).header('Cache-Control', 'no-store');
    return readiness;
  }
}
