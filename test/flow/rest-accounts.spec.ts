import { TestGateway } from './support/gateway.js';
import { BASE } from './support/pages.js';
import { pluck } from './support/pluck.js';
import type { Rest } from './support/rest.js';

describe('accounts over REST', () => {
  let gateway: TestGateway;
  let rest: Rest;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    rest = gateway.rest();
  });

  afterAll(() => gateway.stop());

  const signsIn = (username: string, password: string) =>
    gateway.mqtt({ username, password }).then(
      () => true,
      (error: unknown) => {
        expect(error).toMatchObject({ code: 5 });
        return false;
      },
    );
  const tokenOf = async (username: string, body: object = {}) =>
    (await rest.post(`/api/accounts/${username}/tokens`, body)).body.token as string;

  it('are made, shown without secrets, replaced and deleted', async () => {
    const rules = [{ effect: 'deny', action: 'publish', topic: 'a/{username}/#' }];
    const sent = {
      username: 'ann',
      password: 'correct horse',
      roles: ['consumer'],
      rules,
      onDeny: 'disconnect',
    };
    const created = await rest.post('/api/accounts', sent);
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe(`${BASE}/api/accounts/ann`);
    const shown = { username: 'ann', roles: ['consumer'], rules, onDeny: 'disconnect', password: true };
    expect(created.body).toEqual(shown);
    expect((await rest.get('/api/accounts/ann')).body).toEqual(shown);
    expect((await rest.get('/api/accounts')).body.items).toEqual([shown]);
    expect((await rest.get('/api/accounts')).text).not.toContain('argon2');

    expect(await rest.post('/api/accounts', { username: 'ann' })).toMatchObject({
      status: 409,
      body: { code: 'already-exists' },
    });
    expect(await rest.post('/api/accounts', { username: 'admin' })).toMatchObject({ status: 409 });

    const replaced = await rest.put('/api/accounts/ann', { roles: ['device'] });
    expect(replaced).toMatchObject({
      status: 200,
      body: { ...shown, roles: ['device'], rules: [], onDeny: 'ignore' },
    });
    expect(await signsIn('ann', 'correct horse')).toBe(true);
    expect((await rest.put('/api/accounts/none', {})).status).toBe(404);

    expect((await rest.delete('/api/accounts/ann')).status).toBe(204);
    expect((await rest.get('/api/accounts/ann')).status).toBe(404);
    expect((await rest.delete('/api/accounts/ann')).status).toBe(404);
    expect(await signsIn('ann', 'correct horse')).toBe(false);
  });

  it('take back what they answered', async () => {
    const { body } = await rest.post('/api/accounts', {
      username: 'back',
      password: 'password-1',
      roles: ['consumer'],
    });
    expect(await rest.put('/api/accounts/back', body)).toMatchObject({ status: 200, body });
    expect(await signsIn('back', 'password-1')).toBe(true);
  });

  it.each([
    [{}, ['/username']],
    [{ username: '' }, ['/username']],
    [{ username: 'a/b' }, ['/username']],
    [{ username: '+' }, ['/username']],
    [{ username: 'a\u0000' }, ['/username']],
    [{ username: '\ud800' }, ['/username']],
    [{ username: 'x'.repeat(65) }, ['/username']],
    [{ username: 'bad', password: 'short' }, ['/password']],
    [{ username: 'bad', password: 12345678 }, ['/password']],
    [{ username: 'bad', password: 'x'.repeat(1025) }, ['/password']],
    [{ username: 'bad', roles: ['king'], onDeny: 'shout', extra: 1 }, ['/extra', '/onDeny', '/roles/0']],
    [{ username: 'bad', roles: 'admin' }, ['/roles']],
    [{ username: 'bad', rules: {} }, ['/rules']],
    [{ username: 'bad', rules: [null] }, ['/rules/0/effect', '/rules/0/action', '/rules/0/topic']],
    [
      { username: 'bad', rules: [{ effect: 'allow', action: 'publish', topic: 'a/#/b' }] },
      ['/rules/0/topic'],
    ],
    [
      { username: 'bad', rules: [{ effect: 'maybe', action: 'read', topic: 'a', x: 1 }] },
      ['/rules/0/x', '/rules/0/effect', '/rules/0/action'],
    ],
    [[], ['']],
    ['"text"', ['']],
  ])('are refused with every error: %j', async (body, pointers) => {
    const answer = await rest.post('/api/accounts', body);
    expect(answer).toMatchObject({ status: 422, body: { code: 'body-invalid' } });
    expect(pluck(answer.body.errors, 'pointer')).toEqual(pointers);
    expect((await rest.get('/api/accounts/bad')).status).toBe(404);
  });

  it('have tokens that are shown once, work in REST and MQTT, and can be revoked', async () => {
    await rest.post('/api/accounts', { username: 'bob', roles: ['consumer'] });
    const made = await rest.post('/api/accounts/bob/tokens', {});
    expect(made).toMatchObject({
      status: 201,
      body: {
        id: expect.any(String),
        createdAt: expect.stringMatching(/Z$/),
        token: expect.stringMatching(/^gls_[\w-]{20,}$/),
      },
    });
    const { token, id, createdAt } = made.body;
    const bare = await rest.call('POST', '/api/accounts/bob/tokens');
    expect(bare.status).toBe(201);
    const list = await rest.get('/api/accounts/bob/tokens');
    expect(list.body.items).toEqual([
      { id, createdAt },
      { id: bare.body.id, createdAt: bare.body.createdAt },
    ]);
    expect(list.text).not.toContain(token);
    expect((await gateway.rest(token).get('/api/datastreams')).status).toBe(200);
    expect(await signsIn('bob', token)).toBe(true);
    expect(await signsIn('admin', token)).toBe(false);
    expect(await signsIn('bob', `${token}x`)).toBe(false);

    expect((await rest.delete(`/api/accounts/bob/tokens/${id}`)).status).toBe(204);
    expect((await gateway.rest(token).get('/api/datastreams')).status).toBe(401);
    expect(await signsIn('bob', token)).toBe(false);
    expect((await gateway.rest(bare.body.token).get('/api/datastreams')).status).toBe(200);
    expect((await rest.delete(`/api/accounts/bob/tokens/${id}`)).status).toBe(404);
    expect((await rest.delete('/api/accounts/bob/tokens')).status).toBe(204);
    expect((await gateway.rest(bare.body.token).get('/api/datastreams')).status).toBe(401);
    expect((await rest.get('/api/accounts/bob/tokens')).body).toEqual({ items: [] });
    for (const call of [rest.get('/api/accounts/none/tokens'), rest.post('/api/accounts/none/tokens', {})])
      expect((await call).status).toBe(404);
  });

  it('have tokens that end', async () => {
    await rest.post('/api/accounts', { username: 'eve', roles: ['consumer'] });
    const ends = Date.now() + 1500;
    const token = await tokenOf('eve', { expires: new Date(ends).toISOString() });
    const status = async () => (await gateway.rest(token).get('/api/datastreams')).status;
    expect(await status()).toBe(200);
    const { body } = await rest.get('/api/accounts/eve/tokens');
    expect(body.items).toMatchObject([{ expires: new Date(ends).toISOString() }]);
    while ((await status()) === 200) expect(Date.now()).toBeLessThan(ends + 1000);
    expect(Date.now()).toBeGreaterThanOrEqual(ends);
    expect(await signsIn('eve', token)).toBe(false);
    const zoned = await rest.post('/api/accounts/eve/tokens', { expires: '2099-01-01T01:00:00+01:00' });
    expect(zoned.body.expires).toBe('2099-01-01T00:00:00.000Z');
  });

  it.each([
    [{ expires: '2000-01-01' }, '/expires'],
    [{ expires: 'tomorrow' }, '/expires'],
    [{ expires: 'March 7, 2099' }, '/expires'],
    [{ expires: 4_102_444_800 }, '/expires'],
    [{ expire: '2099-01-01' }, '/expire'],
    [[], ''],
    ['"text"', ''],
  ])('make no token of %j', async (body, pointer) => {
    await rest.post('/api/accounts', { username: 'none-made' });
    expect(await rest.post('/api/accounts/none-made/tokens', body)).toMatchObject({
      status: 422,
      body: { code: 'body-invalid', errors: [{ pointer }] },
    });
    expect((await rest.get('/api/accounts/none-made/tokens')).body).toEqual({ items: [] });
  });

  it('change their password at once', async () => {
    await rest.post('/api/accounts', { username: 'cat', password: 'password-1' });
    expect(await signsIn('cat', 'password-1')).toBe(true);
    expect((await rest.put('/api/accounts/cat/password', { password: 'password-2' })).status).toBe(204);
    expect([await signsIn('cat', 'password-1'), await signsIn('cat', 'password-2')]).toEqual([false, true]);
    for (const body of [
      {},
      { password: 'short' },
      { password: 1 },
      [],
      { password: 'password-3', hint: 'x' },
    ])
      expect(await rest.put('/api/accounts/cat/password', body)).toMatchObject({
        status: 422,
        body: { code: 'body-invalid' },
      });
    expect(await signsIn('cat', 'password-2')).toBe(true);
    expect((await rest.put('/api/accounts/none/password', { password: 'password-2' })).status).toBe(404);
  });

  it('take their tokens with them', async () => {
    await rest.post('/api/accounts', { username: 'dan', roles: ['consumer'] });
    const token = await tokenOf('dan');
    await rest.delete('/api/accounts/dan');
    expect((await gateway.rest(token).get('/api/datastreams')).status).toBe(401);
    await rest.post('/api/accounts', { username: 'dan', roles: ['consumer'] });
    expect((await gateway.rest(token).get('/api/datastreams')).status).toBe(401);
  });

  it('are one when two come at once', async () => {
    const answers = await Promise.all(
      ['password-a', 'password-b'].map((password) =>
        rest.post('/api/accounts', { username: 'twin', password }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    const won = answers[0]?.status === 201 ? 'password-a' : 'password-b';
    expect(await signsIn('twin', won)).toBe(true);
  });

  it('are told by name which rule decides', async () => {
    await rest.post('/api/accounts', {
      username: 'fay',
      roles: ['consumer'],
      rules: [
        { effect: 'allow', action: 'publish', topic: 'sensors/{username}/#' },
        { effect: 'deny', action: 'publish', topic: 'sensors/fay/secret' },
        { effect: 'deny', action: 'subscribe', topic: 'semantic/Temperature/#' },
      ],
    });
    const check = async (action: string, topic: string) => {
      const query = new URLSearchParams({ username: 'fay', action, topic }).toString();
      return (await rest.get(`/api/access/check?${query}`)).body;
    };
    expect(await check('publish', 'sensors/fay/x')).toEqual({
      allowed: true,
      rule: 'rule 1 of fay: allow publish sensors/{username}/#',
    });
    expect(await check('publish', 'sensors/fay/secret')).toMatchObject({
      allowed: false,
      rule: expect.stringContaining('rule 2'),
    });
    expect(await check('publish', 'sensors/bob/x')).toEqual({ allowed: false, rule: 'no rule allows it' });
    expect(await check('publish', 'semantic/x')).toMatchObject({ allowed: false });
    expect(await check('subscribe', 'semantic/#')).toEqual({
      allowed: true,
      rule: 'role consumer: allow subscribe semantic/#',
    });
    expect(await check('subscribe', 'semantic/Temperature/+/a/#')).toMatchObject({
      allowed: false,
      rule: expect.stringContaining('rule 3'),
    });
    expect(await check('subscribe', 'zigbee2mqtt/#')).toMatchObject({ allowed: false });
    expect((await rest.get('/api/access/check?username=none&action=publish&topic=a')).status).toBe(404);
    const wrong = await rest.get('/api/access/check?action=read&topic=');
    expect(wrong.status).toBe(400);
    expect(pluck(wrong.body.errors, 'pointer').sort()).toEqual(['action', 'topic', 'username']);
  });
});
