import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Answers } from '../docs/answers.js';
import { Public } from '../auth/requires.js';

/** What the service says of itself. */
export interface Health {
  readonly status: 'ok' | 'degraded';
  /** Whether what comes in is stored. An upstream broker that is away hinders only what comes from there. */
  readonly storing: boolean;
  /** Sentences, when something hinders it. */
  readonly trouble: readonly string[];
  readonly version: string;
  readonly uptime: number;
  readonly mqtt: { readonly connections: number; readonly held: number };
}

/** Asks the running service how it is. */
export abstract class HealthSource {
  abstract health(): Health;
}

/** Whether the service listens and can store. */
@ApiTags('system')
@Controller('health')
export class HealthController {
  constructor(private readonly source: HealthSource) {}

  @Get()
  @Public()
  @Answers('Health', { status: [200, 503] })
  @ApiOperation({ summary: '200 once everything listens and storing works' })
  health(@Res({ passthrough: true }) reply: FastifyReply): Health {
    const health = this.source.health();
    void reply.code(health.storing ? 200 : 503).header('Cache-Control', 'no-store');
    return health;
  }
}
