import { once } from 'node:events';
import { connect } from 'node:net';
import { TestGateway } from './support/gateway.js';

/** Sends bytes as they are and reads until the end of the connection. */
async function exchange(port: number, text: string): Promise<{ status: string; body: unknown }> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
  socket.on('error', () => undefined);
  socket.write(text);
  await once(socket, 'close');
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  expect(head).toContain('application/problem+json');
  return { status: head.split(' ')[1] ?? '', body: JSON.parse(body) as unknown };
}

describe('what is no HTTP request', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await TestGateway.start();
  });
  afterAll(() => gateway.stop());

  it.each([
    ['a URL that is not percent-encoded', 'GET /api/observations?unit=°F HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['another protocol', '\x10\x0f\x00\x04MQTT\x04\x02', 400],
    ['headers over the limit', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ])('%s is a problem too', async (_what, text, status) => {
    const answer = await exchange(gateway.service.ports.http, text);
    expect(answer).toMatchObject({ status: String(status), body: { status, code: 'request-invalid' } });
  });
});
