import type { FastifyRequest } from 'fastify';
import type { AccessDirectory, AccountPolicy } from '#access';
import { GlossaError } from '#model';

/** Signs a request in by its bearer token (RFC 6750, 2.1). @throws GlossaError `unauthenticated` */
export function signIn({ headers }: Pick<FastifyRequest, 'headers'>, access: AccessDirectory): AccountPolicy {
  const { authorization } = headers;
  const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) {
    throw new GlossaError(
      'unauthenticated',
      authorization ? 'the Authorization header is not "Bearer <token>"' : 'no token was sent',
    );
  }
  const policy = access.authenticateToken(token);
  if (!policy) throw new GlossaError('unauthenticated', 'the token is unknown or expired');
  return policy;
}
