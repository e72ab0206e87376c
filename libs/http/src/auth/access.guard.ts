import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AccessDirectory, type Permission } from '#access';
import { GlossaError } from '#model';
import { Anonymous } from './anonymous.js';
import { PERMISSION, PUBLIC, type SignedRequest } from './requires.js';
import { signIn } from './sign-in.js';

/** Signs a request in by its bearer token and checks the permission that its route declares. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly access: AccessDirectory,
    private readonly anonymous: Anonymous,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const needed = this.reflector.getAllAndOverride<Permission | typeof PUBLIC | undefined>(PERMISSION, [
      context.getHandler(),
      context.getClass(),
    ]);
    const request = context.switchToHttp().getRequest<SignedRequest>();
    if (needed === PUBLIC || (needed !== undefined && this.anonymous.may(needed))) return true;
    const policy = signIn(request, this.access);
    // A route that declares nothing is open to nobody.
    const decision = needed === undefined ? { allowed: false } : policy.may(needed);
    if (!decision.allowed)
      throw new GlossaError(
        'forbidden',
        `${policy.username} lacks the permission ${needed ?? 'to call this'}`,
      );
    request.policy = policy;
    return true;
  }
}
