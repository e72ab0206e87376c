import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ERRORS, GlossaError, type ErrorCode } from '#model';
import type { SignedRequest } from '../auth/requires.js';
import { HttpProblem, statusOf } from './status.js';

/** RFC 9457 problem details. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly hint: string;
  readonly instance: string;
  readonly errors?: readonly object[];
}

interface HttpLike {
  readonly statusCode?: number;
  readonly code?: string;
  readonly message?: string;
}

/** What the framework's own refusals mean in our catalogue. */
const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'request-invalid',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  405: 'method-not-allowed',
  406: 'not-acceptable',
  413: 'body-too-large',
  414: 'request-invalid',
  415: 'media-type-unsupported',
  431: 'request-invalid',
  503: 'unavailable',
};

/** Turns anything thrown into the error of our catalogue that it is; undefined for a fault of our own. */
export function toGlossaError(error: unknown): GlossaError | undefined {
  if (error instanceof GlossaError) return error;
  const status = error instanceof HttpException ? error.getStatus() : (error as HttpLike | null)?.statusCode;
  const code = status === undefined ? undefined : BY_STATUS[status];
  if (!code) return undefined;
  return new GlossaError(code, (error as HttpLike).message ?? ERRORS[code].title);
}

/** Renders an error as problem details. */
export function problemOf(
  error: GlossaError,
  instance: string,
  status = statusOf(error.code),
): ProblemDetails {
  const { code, message, errors } = error;
  const { title, hint } = ERRORS[code];
  return {
    type: `/docs/errors#${code}`,
    title,
    status,
    code,
    detail: message,
    hint: errors.length === 1 ? (errors[0]?.hint ?? hint) : hint,
    instance,
    ...(errors.length > 0 && { errors }),
  };
}

/** Sends an error. A fault of our own is logged whole and told as a sentence without innards. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const special = error instanceof HttpProblem ? error : undefined;
  let known = toGlossaError(special?.error ?? error);
  if (!known) {
    // Without its query: people put tokens there.
    const path = request.url.split('?', 1)[0];
    const username = (request as SignedRequest).policy?.username;
    request.log.error({ err: error, method: request.method, path, username }, 'request failed');
    known = new GlossaError('unavailable', 'the request failed inside the service; its log says why');
  }
  if (reply.sent || reply.raw.headersSent) {
    // The body is under way: breaking the connection is the only way left to say that it is not whole.
    reply.raw.destroy();
    return;
  }
  const problem = problemOf(known, request.url, special?.status);
  if (problem.status === 401) void reply.header('WWW-Authenticate', 'Bearer realm="glossa"');
  // The rest of the body is read and thrown away, until its time is over: a client that writes it all before it reads
  // would hear of a closed connection in place of the reason.
  if (problem.status === 413) void reply.removeHeader('connection');
  void reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}

/** Every error of every route leaves through here. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}
