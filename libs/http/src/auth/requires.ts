import {
  createParamDecorator,
  SetMetadata,
  type CustomDecorator,
  type ExecutionContext,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { AccountPolicy, Permission } from '#access';

export const PERMISSION = 'glossa:permission';
export const PUBLIC = 'public';

/** The permission that a route needs. Every route declares one, or that it is public. */
export const Requires = (permission: Permission): CustomDecorator => SetMetadata(PERMISSION, permission);

/** A route for everyone: the vocabulary, health, the docs. */
export const Public = (): CustomDecorator => SetMetadata(PERMISSION, PUBLIC);

/** A request whose account is known. */
export type SignedRequest = FastifyRequest & { policy?: AccountPolicy };

/** The policy of the account that calls. */
export const Policy = createParamDecorator((_data: unknown, context: ExecutionContext) => {
  return context.switchToHttp().getRequest<SignedRequest>().policy;
});
