import { connect } from 'node:net';
import { ADMIN_TOKEN } from '../../flow/support/admin-token.js';
import { ServiceProcess } from '../../flow/support/child.js';
import { exchange, statuses } from './raw.js';

const get = (target: string, ...headers: string[]) =>
  [`GET ${target} HTTP/1.1`, 'Host: x', 'Connection: close', ...headers, '', ''].join('\r\n');
const post = (body: string, ...headers: string[]) =>
  [
    'POST /api/preview HTTP/1.1',
    'Host: x',
    `Authorization: Bearer ${ADMIN_TOKEN}`,
    'Content-Type: application/json',
    ...headers,
    '',
    body,
  ].join('\r\n');
const SECRET = 'GET /api/accounts HTTP/1.1\r\nHost: x\r\n\r\n';

describe('hostile requests', () => {
  let service: ServiceProcess;

  beforeAll(async () => {
    service = await ServiceProcess.start();
  });

  afterEach(async () => {
    expect((await service.rest().get('/health')).body).toMatchObject({ status: 'ok' });
    expect(service.lines.filter(({ level }) => level >= 50)).toEqual([]);
  });

  afterAll(() => service.stop());

  const send = (bytes: string | Buffer) => exchange(service.ports.http, bytes);

  it.each([
    ['dots', '/docs/../../../../etc/passwd'],
    ['encoded dots', '/docs/%2e%2e/%2e%2e/%2e%2e/etc/passwd'],
    ['dots that are encoded twice', '/docs/%252e%252e/%252e%252e/etc/passwd'],
    ['encoded slashes', '/docs/..%2f..%2f..%2fetc%2fpasswd'],
    ['backslashes', '/docs/..\\..\\..\\package.json'],
    ['encoded backslashes', '/docs/..%5c..%5cpackage.json'],
    ['an overlong slash', '/docs/..%c0%af..%c0%afetc/passwd'],
    ['NUL', '/docs/swagger-ui.css%00.html'],
    ['NUL in an id', '/api/devices/a%00b'],
    ['a surrogate', '/api/devices/%ed%a0%80'],
    ['half an escape', '/api/devices/%e2%82'],
    ['no escape at all', '/api/devices/%zz'],
    ['a lone percent sign', '/api/devices/%'],
    ['dots as an id', '/api/devices/..'],
    ['encoded dots as an id', '/api/devices/%2e%2e'],
    ['dots in the path of a feature', '/api/features/a/../../accounts'],
    ['many slashes', `/${'/'.repeat(2000)}api/accounts`],
    ['an id of 8 KiB', `/api/devices/${'a'.repeat(8000)}`],
    ['a query of 8 KiB', `/api/observations?${'a=1&'.repeat(2000)}`],
    ['brackets in a query', '/api/observations?limit[$gt]=1&__proto__[x]=1'],
    ['an inherited name', '/api/ontologies/__proto__'],
    ['another host in the target', 'http://elsewhere.example/api/accounts'],
    ['an empty host', 'http:///api/accounts'],
    ['another scheme', 'file:///etc/passwd'],
    ['no slash', 'api/accounts'],
    ['two slashes', '//elsewhere.example/api/accounts'],
    ['a fragment', '/api/accounts#/health'],
  ])('a path with %s is answered as a wrong one', async (_, target) => {
    const answer = await send(get(target));
    const [status] = statuses(answer);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(answer).not.toContain('root:');
    expect(answer).not.toContain('"dependencies"');
    const signedIn = statuses(await send(get(target, `Authorization: Bearer ${ADMIN_TOKEN}`)));
    expect(signedIn[0]).toBeLessThan(500);
  });

  it.each([
    ['OPTIONS *', 'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    ['GET *', get('*')],
    ['CONNECT', 'CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['TRACE', 'TRACE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    ['an unknown method', 'BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['no host', 'GET /health HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['two hosts', 'GET /api/accounts HTTP/1.1\r\nHost: x\r\nHost: y\r\nConnection: close\r\n\r\n'],
    ['HTTP/2 in clear', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['HTTP/9.9', 'GET /health HTTP/9.9\r\n\r\n'],
    ['a TLS hello', Buffer.from('160301020001000001fc0303', 'hex')],
    ['NUL bytes', Buffer.alloc(2000)],
    ['a thousand empty lines', '\r\n'.repeat(1000)],
    ['a header with NUL', get('/health', 'X-A: a\0b')],
    ['a header without a colon', get('/health', 'X-A')],
    ['a space before the colon', post('{}', 'Content-Length : 2')],
    ['a folded header', get('/health', 'X-A: a', ' b')],
    ['a header of 20 KB', get('/health', `X-A: ${'a'.repeat(20_000)}`)],
    ['3,000 headers', get('/health', ...Array.from({ length: 3000 }, (_, i) => `A${i}: 1`))],
    ['a token of 10 KB', get('/api/accounts', `Authorization: Bearer ${'a'.repeat(10_000)}`)],
  ])('%s is no request that is served with an error of ours', async (_, bytes) => {
    for (const status of statuses(await send(bytes))) {
      expect(status).toBeGreaterThanOrEqual(400);
      // 501 is what HTTP says of a method that is not known.
      expect(status === 501 || status < 500).toBe(true);
    }
  });

  it.each([
    ['a length and chunks', post(`0\r\n\r\n${SECRET}`, 'Content-Length: 6', 'Transfer-Encoding: chunked')],
    ['two lengths', post(`{}${SECRET}`, 'Content-Length: 2', `Content-Length: ${2 + SECRET.length}`)],
    ['a list of lengths', post(`{}${SECRET}`, `Content-Length: 2, ${2 + SECRET.length}`)],
    ['a signed length', post(`{}${SECRET}`, 'Content-Length: +2')],
    ['a length in hexadecimal', post(`{}${SECRET}`, 'Content-Length: 0x2')],
    ['an encoding that is not known', post(`0\r\n\r\n${SECRET}`, 'Transfer-Encoding: xchunked')],
    [
      'chunks that are not the last encoding',
      post(`0\r\n\r\n${SECRET}`, 'Transfer-Encoding: chunked, identity'),
    ],
    [
      'two encodings',
      post(`0\r\n\r\n${SECRET}`, 'Transfer-Encoding: chunked', 'Transfer-Encoding: identity'),
    ],
    ['a tab before the encoding', post(`0\r\n\r\n${SECRET}`, 'Transfer-Encoding:\x0bchunked')],
    ['a chunk size that is none', post(`zz\r\n\r\n${SECRET}`, 'Transfer-Encoding: chunked')],
    ['a chunk size without end', post(`${'f'.repeat(40)}\r\n${SECRET}`, 'Transfer-Encoding: chunked')],
    ['bare line feeds', post('{}', 'Content-Length: 2').replaceAll('\r\n', '\n') + SECRET],
    ['a bare line feed after a header', `GET /health HTTP/1.1\r\nHost: x\nX-A: b\r\n\r\n${SECRET}`],
    ['a bare carriage return', `GET /health HTTP/1.1\r\nHost: x\rX-A: b\r\n\r\n${SECRET}`],
  ])('%s smuggles no second request', async (_, bytes) => {
    const answers = statuses(await send(bytes));
    // One answer, which says that it is no request; the second one would have been 401.
    expect(answers).toEqual([400]);
  });

  it('JSON that is nested deeply, wide, or full of repeated names is refused or read, in no time', async () => {
    const bodies = [
      '['.repeat(500_000),
      `${'['.repeat(400_000)}${']'.repeat(400_000)}`,
      `${'{"a":'.repeat(150_000)}1${'}'.repeat(150_000)}`,
      `{"schema":${'['.repeat(99)}${']'.repeat(99)}}`,
      `{${Array.from({ length: 60_000 }, (_, i) => `"k${i}":1`).join()}}`,
      `{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}`,
      `{"payload":"${'\\u0000'.repeat(150_000)}"}`,
      `{"payload":${'9'.repeat(900_000)}}`,
      `[${'1e999,'.repeat(100_000)}1]`,
      `{"topic":"${'a/'.repeat(400_000)}"}`,
      '\ufeff{}',
      'nul',
    ];
    for (const body of bodies) {
      const bytes = post(body, `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close');
      const [status] = statuses(await send(bytes));
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
    }
    const size = 2 * 1024 * 1024;
    // Refused by what it says of itself.
    expect(statuses(await send(post('', `Content-Length: ${size}`)))).toEqual([413]);
    const chunks = `${size.toString(16)}\r\n${'a'.repeat(size)}\r\n0\r\n\r\n`;
    expect(statuses(await send(post(chunks, 'Transfer-Encoding: chunked')))).toEqual([413]);
    // Who writes it all before reading hears why, too.
    for (let i = 0; i < 20; i++)
      expect((await service.rest().post('/api/preview', 'a'.repeat(4 * size))).status).toBe(413);
  });

  it('an upgrade elsewhere, or one that is reset, ends there', async () => {
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
    const request = ['GET /elsewhere HTTP/1.1', 'Host: x', ...upgrade, '', ''].join('\r\n');
    expect(statuses(await send(request))).toEqual([404]);
    for (let i = 0; i < 50; i++) {
      const socket = connect({ port: service.ports.http, host: '127.0.0.1' });
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.write(request, resolve));
      socket.resetAndDestroy();
    }
    // One that never closes its side does not stay.
    const lasting = connect({ port: service.ports.http, host: '127.0.0.1', allowHalfOpen: true });
    lasting.on('error', () => undefined);
    lasting.write(request);
    lasting.resume();
    await new Promise((resolve) => lasting.once('end', resolve));
    const closed = new Promise((resolve) => lasting.once('close', resolve));
    // Bytes to a connection that is gone are answered with a reset.
    const writing = setInterval(() => lasting.write('x'), 20);
    await closed;
    clearInterval(writing);
  });
});
