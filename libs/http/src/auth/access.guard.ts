import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AccessDirectory, type Permission } from '#access';
import { GlossaError } from '#model';
import { PERMISSION, PUBLIC, type SignedRequest } from './requires.js';

/** Signs a request in by its bearer token and checks the permission that its route declares. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly access: AccessDirectory,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const needed = this.reflector.getAllAndOverride<Permission | typeof PUBLIC | undefined>(PERMISSION, [
      context.getHandler(),
      context.getClass(),
    ]);
    const request = context.switchToHttp().getRequest<SignedRequest>();
    if (needed === PUBLIC) return true;
    const { authorization } = request.headers;
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) {
      throw new GlossaError(
        'unauthenticated',
        authorization ? 'the Authorization header is not "Bearer <token>"' : 'no token was sent',
      );
    }
    const policy = this.access.authenticateToken(token);
    if (!policy) throw new GlossaError('unauthenticated', 'the token is unknown or expired');
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
