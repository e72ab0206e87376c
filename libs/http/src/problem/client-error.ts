import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { GlossaError } from '#model';
import { problemOf } from './problem.filter.js';

const STATUS: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};
const DETAIL: Readonly<Record<number, string>> = {
  408: 'the request did not come in time',
  431: 'the headers of the request are too large',
};
const NOT_HTTP =
  'the request cannot be read: characters of a URL beyond ASCII, spaces too, are percent-encoded (curl: -G --data-urlencode)';

/** Answers what Node's parser refuses, which never becomes a request, and ends the connection. */
export function sendClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const status = STATUS[error.code ?? ''] ?? 400;
  const problem = problemOf(new GlossaError('request-invalid', DETAIL[status] ?? NOT_HTTP), '', status);
  // There is no request whose URL it could name.
  const body = JSON.stringify({ ...problem, instance: undefined });
  if (socket.writable) {
    socket.write(
      [
        `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
        'Content-Type: application/problem+json; charset=utf-8',
        `Content-Length: ${Buffer.byteLength(body)}`,
        'Connection: close',
        '',
        body,
      ].join('\r\n'),
    );
  }
  socket.destroy(error);
}
