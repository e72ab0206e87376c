import { ServiceProcess } from './support/child.js';
import { MqttTester } from './support/mqtt.js';
import { ADMIN_TOKEN } from './support/admin-token.js';
import { Rest } from './support/rest.js';

const PASSWORD = 'the-password-of-ada';
const CHANGED = 'another-password-of-ada';
const WRONG = ['wrong-password-of-ada', 'gls_wrongTokenThatNobodyMade', 'wrong-admin-token-of-somebody'];

describe('the log', () => {
  it('never holds a password or a token, whoever signs in and however much is logged', async () => {
    const service = await ServiceProcess.start({ GLOSSA_LOG_LEVEL: 'trace' });
    const rest = service.rest();
    await rest.post('/api/accounts', { username: 'ada', password: PASSWORD, roles: ['consumer'] });
    await rest.put('/api/accounts/ada/password', { password: CHANGED });
    const { body } = await rest.post('/api/accounts/ada/tokens', {});
    const { token } = body as { token: string };
    expect(token).toMatch(/^gls_/);

    for (const password of [CHANGED, token]) await (await service.mqtt({ username: 'ada', password })).end();
    const overWebSocket = await MqttTester.connect(`ws://127.0.0.1:${service.ports.http}/mqtt`, {
      username: 'ada',
      password: token,
    });
    await overWebSocket.end();
    expect((await service.rest(token).get('/api/observations/latest')).status).toBe(200);
    for (const password of [PASSWORD, ...WRONG])
      await expect(service.mqtt({ username: 'ada', password })).rejects.toThrow(/Not authorized/);
    for (const secret of WRONG) expect((await service.rest(secret).get('/api/devices')).status).toBe(401);
    // Requests that fail in other ways, with what clients put where it does not belong.
    expect((await rest.post('/api/accounts', `{"password": "${WRONG[0]!}",`)).status).toBe(400);
    const bad = { username: 'b/d', password: WRONG[0], roles: ['nobody'] };
    expect((await rest.post('/api/accounts', bad)).status).toBe(422);
    const basic = Buffer.from(`ada:${WRONG[0]!}`).toString('base64');
    const headers = { Authorization: `Basic ${basic}` };
    const answer = await new Rest(service.url, undefined).call('GET', '/api/devices', undefined, headers);
    expect(answer.status).toBe(401);
    await rest.get(`/api/devices?access_token=${token}`);
    await service.log(({ msg }) => msg === 'sign-in refused');
    await service.stop();

    expect(service.lines.length).toBeGreaterThan(20);
    for (const secret of [ADMIN_TOKEN, PASSWORD, CHANGED, token, basic, ...WRONG])
      expect([secret, service.output.includes(secret)]).toEqual([secret, false]);
  });
});
