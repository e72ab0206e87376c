import { eventually } from './support/eventually.js';
import { ADMIN_TOKEN, TestGateway } from './support/gateway.js';
import { account, ledger } from './support/plant.js';
import { connectPacket, Wire } from './support/wire.js';

describe('sign-in', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    await account(gateway, 'ada', { roles: ['operator'] });
  });

  afterAll(() => gateway.stop());

  /** Signs in and answers the return code. */
  async function signIn(username: string | undefined, password: string | undefined): Promise<number> {
    const wire = await Wire.open(gateway.mqttPort);
    const packet = connectPacket();
    delete packet.username;
    delete packet.password;
    if (username !== undefined) packet.username = username;
    if (password !== undefined) packet.password = Buffer.from(password);
    wire.send(packet);
    const { returnCode } = await wire.next('connack');
    if (returnCode !== 0) await wire.ended();
    else await wire.cut();
    return returnCode!;
  }

  const token = async (expires?: Date): Promise<{ id: string; token: string }> => {
    const { body } = await gateway
      .rest()
      .post('/api/accounts/ada/tokens', expires ? { expires: expires.toISOString() } : {});
    return body;
  };

  it.each([
    ['no credentials', undefined, undefined],
    ['no password', 'ada', undefined],
    ['an empty password', 'ada', ''],
    ['a wrong password', 'ada', 'password-of-bob'],
    ['an unknown user', 'nobody', 'password-of-nobody'],
    ['an empty user', '', 'password-of-ada'],
    ['the admin by a password', 'admin', 'password-of-admin'],
    ['another name with the admin token', 'ada', ADMIN_TOKEN],
    ['a made-up token', 'ada', `gls_${'A'.repeat(43)}`],
    ['a very long password', 'ada', 'x'.repeat(60_000)],
  ])('with %s is refused', async (_, username, password) => {
    expect(await signIn(username, password)).toBe(5);
  });

  it('works with the password, however often and at once', async () => {
    const codes = await Promise.all(Array.from({ length: 20 }, () => signIn('ada', 'password-of-ada')));
    expect(new Set(codes)).toEqual(new Set([0]));
  });

  it('works with the admin token', async () => {
    expect(await signIn('admin', ADMIN_TOKEN)).toBe(0);
  });

  it('works with a token of the account, until it is revoked', async () => {
    const { id, token: secret } = await token();
    expect(await signIn('ada', secret)).toBe(0);
    expect(await signIn('admin', secret)).toBe(5);
    expect((await gateway.rest().delete(`/api/accounts/ada/tokens/${id}`)).status).toBe(204);
    expect(await signIn('ada', secret)).toBe(5);
  });

  it('works with a token until it expires', async () => {
    const expires = new Date(Date.now() + 700);
    const { token: secret } = await token(expires);
    expect(await signIn('ada', secret)).toBe(0);
    await eventually(() => Date.now() > expires.getTime());
    expect(await signIn('ada', secret)).toBe(5);
  });

  it('follows the password', async () => {
    await account(gateway, 'changing');
    expect(await signIn('changing', 'password-of-changing')).toBe(0);
    const { status } = await gateway
      .rest()
      .put('/api/accounts/changing/password', { password: 'another-one' });
    expect(status).toBe(204);
    expect(await signIn('changing', 'password-of-changing')).toBe(5);
    expect(await signIn('changing', 'another-one')).toBe(0);
  });

  it('is remembered over a restart', async () => {
    const { token: secret } = await token();
    gateway = await gateway.restart();
    expect(await signIn('ada', 'password-of-ada')).toBe(0);
    expect(await signIn('ada', secret)).toBe(0);
    expect(await signIn('ada', 'wrong')).toBe(5);
  });

  it('does not admit what is pipelined behind it', async () => {
    const before = await ledger(gateway);
    const wire = await Wire.open(gateway.mqttPort);
    wire.send(connectPacket({ password: Buffer.from('wrong') }), {
      cmd: 'publish',
      topic: 'smuggled',
      payload: 'x',
      qos: 1,
      messageId: 1,
      dup: false,
      retain: true,
    });
    await wire.ended();
    expect(wire.packets).toMatchObject([{ cmd: 'connack', returnCode: 5 }]);
    expect(await ledger(gateway)).toEqual(before);
  });
});

describe('a connected client', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await TestGateway.start();
  });

  afterAll(() => gateway.stop());

  it('is disconnected when its account is deleted, and its will goes with it', async () => {
    const credentials = await account(gateway, 'leaving', { rules: [['allow', 'publish', '#']] });
    const { username } = credentials;
    const password = Buffer.from(credentials.password);
    const will = { topic: 'wills/leaving', payload: Buffer.from('gone'), qos: 1 as const, retain: false };
    const wires = await Promise.all(
      [1, 2].map(() => Wire.signIn(gateway.mqttPort, { username, password, will })),
    );
    const other = await gateway.mqtt();
    await other.subscribe('wills/#');
    expect((await gateway.rest().delete('/api/accounts/leaving')).status).toBe(204);
    await Promise.all(wires.map((wire) => wire.ended()));
    await other.publish('wills/end', '');
    await other.next(({ topic }) => topic === 'wills/end');
    expect(other.received.map(({ topic }) => topic)).toEqual(['wills/end']);
    const again = await Wire.open(gateway.mqttPort);
    again.send(connectPacket({ username, password }));
    expect(await again.next('connack')).toMatchObject({ returnCode: 5 });
  });

  it('is disconnected when what it signed in with is revoked, expires or changes, and no other is', async () => {
    const { username, password } = await account(gateway, 'several');
    const rest = gateway.rest();
    const token = async (expires?: string) =>
      (await rest.post('/api/accounts/several/tokens', expires === undefined ? {} : { expires })).body;
    const [revoked, kept] = [await token(), await token()];
    const wireOf = (secret: string) =>
      Wire.signIn(gateway.mqttPort, { username, password: Buffer.from(secret) });
    const wires = {
      revoked: await wireOf(revoked.token),
      kept: await wireOf(kept.token),
      password: await wireOf(password),
      expired: await wireOf((await token(new Date(Date.now() + 1500).toISOString())).token),
    };
    await wires.expired.ended();
    expect((await rest.delete(`/api/accounts/several/tokens/${revoked.id}`)).status).toBe(204);
    await wires.revoked.ended();
    // rules that change end nobody
    expect((await rest.put('/api/accounts/several', { roles: ['consumer'] })).status).toBe(200);
    wires.password.send({ cmd: 'pingreq' });
    await wires.password.next('pingresp');
    const changed = await rest.put('/api/accounts/several/password', { password: 'quite-another' });
    expect(changed.status).toBe(204);
    await wires.password.ended();
    wires.kept.send({ cmd: 'pingreq' });
    await wires.kept.next('pingresp');
    expect((await rest.delete('/api/accounts/several/tokens')).status).toBe(204);
    await wires.kept.ended();
  });

  it('follows its rules as they change', async () => {
    const credentials = await account(gateway, 'live');
    const subscriber = await gateway.mqtt(credentials);
    const admin = await gateway.mqtt();
    const rules = (...list: [string, string, string][]) =>
      gateway.rest().put('/api/accounts/live', {
        rules: list.map(([effect, action, topic]) => ({ effect, action, topic })),
      });
    expect(await subscriber.subscribe('rooms/#')).toEqual([128]);
    await rules(['allow', 'subscribe', 'rooms/#'], ['allow', 'publish', 'rooms/#']);
    expect(await subscriber.subscribe('rooms/#')).toEqual([1]);
    await subscriber.publish('rooms/1', 'mine');
    await subscriber.next(({ text }) => text === 'mine');
    await rules(['allow', 'subscribe', 'rooms/#'], ['deny', 'subscribe', 'rooms/secret']);
    await admin.publish('rooms/secret', 'hidden');
    await subscriber.publish('rooms/1', 'denied');
    await admin.publish('rooms/2', 'seen');
    await subscriber.next(({ text }) => text === 'seen');
    expect(subscriber.received.map(({ text }) => text)).toEqual(['mine', 'seen']);
    await rules();
    await admin.publish('rooms/2', 'unseen');
    await rules(['allow', 'subscribe', '#']);
    await admin.publish('rooms/2', 'seen again');
    await subscriber.next(({ text }) => text === 'seen again');
    expect(subscriber.received.map(({ text }) => text)).toEqual(['mine', 'seen', 'seen again']);
  });
});
