import { execFileSync } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { request } from 'node:https';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { ServiceProcess, temporaryFolder } from './support/child.js';
import { ADMIN_TOKEN } from './support/admin-token.js';
import { MqttTester } from './support/mqtt.js';
import { TestProcess } from './support/process.js';
import type { Answer } from './support/rest.js';

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn('openssl is not installed: the tests of TLS are left out');
    return false;
  }
}

const describeTls = hasOpenssl() ? describe : describe.skip;

async function certificate(): Promise<{ cert: string; key: string }> {
  const folder = await temporaryFolder();
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const args = [
    ...made,
    '-keyout',
    key,
    '-out',
    cert,
    '-days',
    '2',
    '-subj',
    '/CN=localhost',
    '-addext',
    names,
  ];
  execFileSync('openssl', args, { stdio: 'ignore' });
  return { cert, key };
}

describeTls('with a certificate', () => {
  let pair: { cert: string; key: string };
  let env: Record<string, string>;
  beforeAll(async () => {
    pair = await certificate();
    env = { GLOSSA_TLS_CERT: pair.cert, GLOSSA_TLS_KEY: pair.key };
  });

  it('speaks HTTPS, MQTT over TLS and secure WebSockets, and nothing readable in their place', async () => {
    const service = await ServiceProcess.start({ ...env, GLOSSA_BASE_URL: '', GLOSSA_HOST: '0.0.0.0' });
    const warnings = service.lines.filter(({ level }) => level === 40).map(({ msg }) => msg);
    expect(warnings).toEqual([expect.stringMatching(/^MQTT without TLS listens beyond this machine/)]);
    const { http, mqtts } = service.ports;
    const ca = await readFile(pair.cert, 'utf8');
    const https = await get(`https://127.0.0.1:${http}/health`, ca);
    expect([https.status, https.body.status]).toEqual([200, 'ok']);
    await expect(fetch(`http://127.0.0.1:${http}/health`)).rejects.toThrow();
    expect(service.lines.at(-1)?.msg).toContain(`https://localhost:${http}/api`);

    const admin = { username: 'admin', password: ADMIN_TOKEN, ca };
    const overTls = await MqttTester.connect(`mqtts://127.0.0.1:${mqtts!}`, admin);
    const overWebSocket = await MqttTester.connect(`wss://localhost:${http}/mqtt`, {
      ...admin,
      wsOptions: { ca },
    });
    await overWebSocket.subscribe('greeting/#');
    await overTls.publish('greeting/tls', 'hello');
    expect((await overWebSocket.next(({ topic }) => topic === 'greeting/tls')).text).toBe('hello');
    // Who does not trust the certificate does not connect, and plain MQTT is no TLS.
    await expect(
      MqttTester.connect(`mqtts://127.0.0.1:${mqtts!}`, { ...admin, ca: undefined as never }),
    ).rejects.toThrow();
    await expect(MqttTester.connect(`mqtt://127.0.0.1:${mqtts!}`, admin)).rejects.toThrow();
    await overTls.end();
    await overWebSocket.end();

    // The backup of the command line trusts this very certificate.
    const copy = join(await temporaryFolder(), 'copy.tar.gz');
    const backup = TestProcess.node('scripts/backup.mjs', [copy], {
      ...env,
      GLOSSA_HTTP_PORT: String(http),
      GLOSSA_ADMIN_TOKEN: ADMIN_TOKEN,
    });
    expect({ exit: await backup.ended, said: backup.stderr }).toMatchObject({ exit: { code: 0 }, said: '' });
    expect((await stat(copy)).mode & 0o777).toBe(0o600);
    await service.stop();
  });

  it('refuses a key that is not that of the certificate', async () => {
    const other = await certificate();
    const service = await ServiceProcess.launch({ ...env, GLOSSA_TLS_KEY: other.key });
    expect((await service.ended).code).toBe(1);
    expect(service.stderr).toMatch(/GLOSSA_TLS_KEY=\S+ is not the key of GLOSSA_TLS_CERT=\S+/);
  });
});

async function get(url: string, ca: string): Promise<Pick<Answer, 'body'> & { status: number | undefined }> {
  const asked = request(url, { ca });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const text = (await response.toArray()).join('');
  return { status: response.statusCode, body: JSON.parse(text) };
}
