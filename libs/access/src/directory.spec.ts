import type { Account } from './account.js';

const { jest } = import.meta;
/** Jest's types leave out what mocks an ES module. */
const { unstable_mockModule: mockModule } = jest as unknown as {
  unstable_mockModule: (name: string, factory: () => object) => void;
};

/** argon2 is replaced by a slow "hash" whose verifications the test lets go one by one. */
interface Verification {
  readonly hash: string;
  readonly finish: () => void;
}
let started: Verification[] = [];
let held = false;
mockModule('@node-rs/argon2', () => ({
  hash: async (password: string) => `hash of ${password}`,
  verify: (hash: string, password: string) =>
    new Promise<boolean>((resolve) => {
      const finish = () => resolve(hash === `hash of ${password}`);
      started.push({ hash, finish });
      if (!held) finish();
    }),
}));
const { AccessDirectory, ADMIN } = await import('./directory.js');
const { createToken } = await import('./credentials.js');

const anna: Account = {
  username: 'anna',
  passwordHash: 'hash of secret',
  roles: ['consumer'],
  rules: [],
  onDeny: 'ignore',
};
const make = () => {
  const directory = new AccessDirectory({ adminToken: 'admin-token' });
  directory.put(anna);
  return directory;
};
/** Lets everything that can go on go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  started = [];
  held = false;
});

afterEach(() => jest.useRealTimers());

describe('passwords', () => {
  it('are verified once and then remembered', async () => {
    const directory = make();
    expect((await directory.authenticate('anna', 'secret'))?.username).toBe('anna');
    expect((await directory.authenticate('anna', 'secret'))?.username).toBe('anna');
    expect(started).toHaveLength(1);
    expect(await directory.authenticate('anna', 'wrong')).toBeUndefined();
    expect(started).toHaveLength(2);
    expect((await directory.authenticate('anna', 'secret'))?.username).toBe('anna');
    expect(started).toHaveLength(2);
  });

  it('that were wrong are verified again each time', async () => {
    const directory = make();
    for (let i = 1; i <= 3; i++) {
      expect(await directory.authenticate('anna', 'wrong')).toBeUndefined();
      expect(started).toHaveLength(i);
    }
  });

  it('are forgotten when they change', async () => {
    const directory = make();
    await directory.authenticate('anna', 'secret');
    directory.put({ ...anna, passwordHash: 'hash of changed' });
    expect(await directory.authenticate('anna', 'secret')).toBeUndefined();
    expect((await directory.authenticate('anna', 'changed'))?.username).toBe('anna');
  });

  it('do not sign in an account that changed or went while they were verified', async () => {
    held = true;
    const directory = make();
    const first = directory.authenticate('anna', 'secret');
    await settle();
    directory.put({ ...anna, passwordHash: 'hash of changed' });
    started[0]!.finish();
    expect(await first).toBeUndefined();
    const second = directory.authenticate('anna', 'changed');
    await settle();
    directory.remove('anna');
    started[1]!.finish();
    expect(await second).toBeUndefined();
    held = false;
    directory.put(anna);
    // nothing of it was remembered
    expect(await directory.authenticate('anna', 'changed')).toBeUndefined();
  });

  it('answer with the rights of now', async () => {
    const directory = make();
    await directory.authenticate('anna', 'secret');
    directory.put({ ...anna, roles: ['device'] });
    const policy = await directory.authenticate('anna', 'secret');
    expect(policy?.may('observations:read').allowed).toBe(false);
    expect(directory.policy('anna')).toBe(policy);
  });

  it.each([
    ['an unknown user', 'nobody'],
    ['an account without a password', 'robot'],
  ])('cost %s as much as a wrong one', async (_, username) => {
    const directory = make();
    directory.put({ username: 'robot', roles: ['device'], rules: [], onDeny: 'ignore' });
    expect(await directory.authenticate(username, 'guess')).toBeUndefined();
    expect(await directory.authenticate(username, 'guess')).toBeUndefined();
    expect(started).toHaveLength(2);
    // against one decoy, which is the hash of no password that anybody knows
    expect(new Set(started.map(({ hash }) => hash)).size).toBe(1);
    expect(started[0]!.hash).toMatch(/^hash of [0-9a-f]{32}$/);
  });

  it('need a username and something to verify', async () => {
    const directory = make();
    expect(await directory.authenticate(undefined, 'secret')).toBeUndefined();
    expect(await directory.authenticate('anna', '')).toBeUndefined();
    expect(started).toHaveLength(0);
  });
});

describe('the queue of verifications', () => {
  it('runs two at a time, in order, and never more', async () => {
    held = true;
    const directory = make();
    for (let i = 0; i < 6; i++)
      directory.put({ ...anna, username: `user-${i}`, passwordHash: `hash of ${i}` });
    const answers = Array.from({ length: 4 }, (_, i) => directory.authenticate(`user-${i}`, String(i)));
    await settle();
    expect(started).toHaveLength(2);
    started[0]!.finish();
    // a newcomer at the very moment that a place gets free
    answers.push(
      Promise.resolve()
        .then(() => undefined)
        .then(() => directory.authenticate('user-4', '4')),
      directory.authenticate('user-5', '5'),
    );
    for (let finished = 1; finished < 6; finished++) {
      await settle();
      expect(started).toHaveLength(Math.min(6, finished + 2));
      started[finished]!.finish();
    }
    expect((await Promise.all(answers)).map((policy) => policy?.username)).toEqual(
      Array.from({ length: 6 }, (_, i) => `user-${i}`),
    );
    expect(started.slice(0, 4).map(({ hash }) => hash)).toEqual([
      'hash of 0',
      'hash of 1',
      'hash of 2',
      'hash of 3',
    ]);
  });

  it('turns away what is over its bound', async () => {
    held = true;
    const directory = make();
    const waiting = Array.from({ length: 1002 }, () => directory.authenticate('anna', 'secret'));
    expect(await directory.authenticate('anna', 'secret')).toBeUndefined();
    held = false;
    for (const { finish } of started) finish();
    expect((await Promise.all(waiting)).every((policy) => policy?.username === 'anna')).toBe(true);
  });
});

describe('tokens', () => {
  it('sign in their account alone, by name or by themselves', async () => {
    const directory = make();
    directory.put({ ...anna, username: 'bert' });
    const { token, id, hash } = createToken();
    directory.putToken({ id, hash, username: 'anna' });
    expect(directory.authenticateToken(token)?.username).toBe('anna');
    expect((await directory.authenticate('anna', token))?.username).toBe('anna');
    expect(await directory.authenticate('bert', token)).toBeUndefined();
    expect(directory.authenticateToken(`${token}x`)).toBeUndefined();
    expect(directory.authenticateToken(hash)).toBeUndefined();
    expect(started).toHaveLength(0);
    directory.removeToken(id);
    directory.removeToken(id);
    expect(directory.authenticateToken(token)).toBeUndefined();
  });

  it.each([
    ['2026-11-23T12:00:00Z', '2026-11-23T11:59:59.999Z', true],
    ['2026-11-23T12:00:00Z', '2026-11-23T12:00:00Z', false],
    ['2026-11-23T12:00:00+02:00', '2026-11-23T11:00:00Z', false],
    ['whenever', '2026-11-23T12:00:00Z', false],
  ])('that end at %s, asked at %s: %s', (expires, now, valid) => {
    const directory = make();
    const { token, id, hash } = createToken();
    directory.putToken({ id, hash, username: 'anna', expires });
    jest.useFakeTimers({ now: new Date(now) });
    expect(directory.authenticateToken(token) !== undefined).toBe(valid);
  });

  it('go with their account', () => {
    const directory = make();
    const { token, id, hash } = createToken();
    directory.putToken({ id, hash, username: 'anna' });
    directory.remove('anna');
    directory.put(anna);
    expect(directory.authenticateToken(token)).toBeUndefined();
  });

  it('are replaced by another of the same id', () => {
    const directory = make();
    const [old, fresh] = [createToken(), createToken()];
    directory.putToken({ id: 'x', hash: old.hash, username: 'anna' });
    directory.putToken({ id: 'x', hash: fresh.hash, username: 'anna' });
    expect(directory.authenticateToken(old.token)).toBeUndefined();
    expect(directory.authenticateToken(fresh.token)?.username).toBe('anna');
  });
});

describe('the admin token', () => {
  it('signs in the built-in account alone', async () => {
    const directory = make();
    expect(directory.authenticateToken('admin-token')?.username).toBe(ADMIN);
    expect((await directory.authenticate(ADMIN, 'admin-token'))?.may('accounts:write').allowed).toBe(true);
    expect(await directory.authenticate('anna', 'admin-token')).toBeUndefined();
    expect(await directory.authenticate(ADMIN, 'wrong')).toBeUndefined();
    expect(directory.authenticateToken('')).toBeUndefined();
    expect(directory.authenticateToken('admin-toke')).toBeUndefined();
  });
});

describe('changes', () => {
  it('are told, with the account', () => {
    const directory = make();
    const told: string[] = [];
    directory.onChange((username) => told.push(`${username} ${directory.policy(username) ? 'is' : 'went'}`));
    directory.put({ ...anna, roles: [] });
    directory.remove('anna');
    expect(told).toEqual(['anna is', 'anna went']);
  });
});
