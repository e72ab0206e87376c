import {
  Injectable,
  SetMetadata,
  type CanActivate,
  type CustomDecorator,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Parameters, type RawQuery } from './parameters.js';

const READS_QUERY = 'glossa:reads-query';

/** A route that changes something and reads query parameters. */
export const ReadsQuery = (): CustomDecorator => SetMetadata(READS_QUERY, true);

/** Routes that change something take no query parameters, unless they say so: a slip is not passed over. */
@Injectable()
export class QueryGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (!reads && this.reflector.get(READS_QUERY, context.getHandler()) === undefined)
      new Parameters(request.query as RawQuery, []).check();
    return true;
  }
}
