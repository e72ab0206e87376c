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
    expect((await directory.authenticate('anna', 'secret', 'there'))?.policy.username).toBe('anna');
    expect((await directory.authenticate('anna', 'secret', 'there'))?.policy.username).toBe('anna');
    expect(started).toHaveLength(1);
    expect(await directory.authenticate('anna', 'wrong', 'there')).toBeUndefined();
    expect(started).toHaveLength(2);
    expect((await directory.authenticate('anna', 'secret', 'there'))?.policy.username).toBe('anna');
    expect(started).toHaveLength(2);
  });

  it('that were wrong are verified again each time', async () => {
    const directory = make();
    for (let i = 1; i <= 3; i++) {
      expect(await directory.authenticate('anna', 'wrong', 'there')).toBeUndefined();
      expect(started).toHaveLength(i);
    }
  });

  it('are forgotten when they change', async () => {
    const directory = make();
    await directory.authenticate('anna', 'secret', 'there');
    directory.put({ ...anna, passwordHash: 'hash of changed' });
    expect(await directory.authenticate('anna', 'secret', 'there')).toBeUndefined();
    expect((await directory.authenticate('anna', 'changed', 'there'))?.policy.username).toBe('anna');
  });

  it('do not sign in an account that changed or went while they were verified', async () => {
    held = true;
    const directory = make();
    const first = directory.authenticate('anna', 'secret', 'there');
    await settle();
    directory.put({ ...anna, passwordHash: 'hash of changed' });
    started[0]!.finish();
    expect(await first).toBeUndefined();
    const second = directory.authenticate('anna', 'changed', 'there');
    await settle();
    directory.remove('anna');
    started[1]!.finish();
    expect(await second).toBeUndefined();
    held = false;
    directory.put(anna);
    // nothing of it was remembered
    expect(await directory.authenticate('anna', 'changed', 'there')).toBeUndefined();
  });

  it('answer with the rights of now', async () => {
    const directory = make();
    await directory.authenticate('anna', 'secret', 'there');
    directory.put({ ...anna, roles: ['device'] });
    const policy = (await directory.authenticate('anna', 'secret', 'there'))?.policy;
    expect(policy?.may('observations:read').allowed).toBe(false);
    expect(directory.policy('anna')).toBe(policy);
  });

  it.each([
    ['an unknown user', 'nobody'],
    ['an account without a password', 'robot'],
  ])('cost %s as much as a wrong one', async (_, username) => {
    const directory = make();
    directory.put({ username: 'robot', roles: ['device'], rules: [], onDeny: 'ignore' });
    expect(await directory.authenticate(username, 'guess', 'there')).toBeUndefined();
    expect(await directory.authenticate(username, 'guess', 'there')).toBeUndefined();
    expect(started).toHaveLength(2);
    // against one decoy, which is the hash of no password that anybody knows
    expect(new Set(started.map(({ hash }) => hash)).size).toBe(1);
    expect(started[0]!.hash).toMatch(/^hash of [0-9a-f]{32}$/);
  });

  it('need a username and something to verify', async () => {
    const directory = make();
    expect(await directory.authenticate(undefined, 'secret', 'there')).toBeUndefined();
    expect(await directory.authenticate('anna', '', 'there')).toBeUndefined();
    expect(started).toHaveLength(0);
  });
});

describe('the queue of verifications', () => {
  it('runs two at a time, in order, and never more', async () => {
    held = true;
    const directory = make();
    for (let i = 0; i < 6; i++)
      directory.put({ ...anna, username: `user-${i}`, passwordHash: `hash of ${i}` });
    const answers = Array.from({ length: 4 }, (_, i) =>
      directory.authenticate(`user-${i}`, String(i), 'there'),
    );
    await settle();
    expect(started).toHaveLength(2);
    started[0]!.finish();
    // a newcomer at the very moment that a place gets free
    answers.push(
      Promise.resolve()
        .then(() => undefined)
        .then(() => directory.authenticate('user-4', '4', 'there')),
      directory.authenticate('user-5', '5', 'there'),
    );
    for (let finished = 1; finished < 6; finished++) {
      await settle();
      expect(started).toHaveLength(Math.min(6, finished + 2));
      started[finished]!.finish();
    }
    expect((await Promise.all(answers)).map((signIn) => signIn?.policy.username)).toEqual(
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
    const wrong = (i: number) => directory.authenticate(`user-${i}`, `guess ${i}`, 'there');
    const waiting = Array.from({ length: 1002 }, (_, i) => wrong(i));
    await settle();
    let turnedAway = false;
    const late = wrong(1002).then(() => (turnedAway = true));
    await settle();
    expect(turnedAway).toBe(true);
    held = false;
    for (const { finish } of started) finish();
    await Promise.all([...waiting, late]);
    expect(started).toHaveLength(1002);
  });

  it('lets nobody be kept out by wrong attempts from another address', async () => {
    held = true;
    const directory = make();
    const wrong = Array.from({ length: 1500 }, (_, i) =>
      directory.authenticate(`user-${i % 100}`, `guess ${i}`, 'attacker'),
    );
    await settle();
    const right = directory.authenticate('anna', 'secret', 'home');
    await settle();
    // one of the attacker's at most comes first
    for (let i = 0; i < 3; i++) {
      started[i]!.finish();
      await settle();
    }
    held = false;
    for (const { finish } of started) finish();
    expect((await right)?.policy.username).toBe('anna');
    expect(started.slice(0, 4).map(({ hash }) => hash)).toContain('hash of secret');
    await Promise.all(wrong);
    expect(started.length).toBeLessThanOrEqual(1003);
  });

  it('holds few attempts of one address at one account', async () => {
    held = true;
    const directory = make();
    const wrong = Array.from({ length: 100 }, (_, i) =>
      directory.authenticate('anna', `guess ${i}`, 'there'),
    );
    const other = directory.authenticate('robot', 'guess', 'there');
    const elsewhere = directory.authenticate('anna', 'secret', 'home');
    await settle();
    held = false;
    for (const { finish } of started) finish();
    await Promise.all([...wrong, other]);
    expect((await elsewhere)?.policy.username).toBe('anna');
    expect(started).toHaveLength(2 + 20 + 1 + 1);
  });

  it('verifies once what many try at once', async () => {
    held = true;
    const directory = make();
    const answers = Array.from({ length: 1500 }, () => directory.authenticate('anna', 'secret', 'there'));
    await settle();
    expect(started).toHaveLength(1);
    started[0]!.finish();
    expect((await Promise.all(answers)).every((signIn) => signIn?.policy.username === 'anna')).toBe(true);
  });

  it('keeps nobody waiting who was right before', async () => {
    const directory = make();
    await directory.authenticate('anna', 'secret', 'there');
    held = true;
    const wrong = Array.from({ length: 50 }, (_, i) => directory.authenticate('anna', `guess ${i}`, 'there'));
    expect((await directory.authenticate('anna', 'secret', 'there'))?.policy.username).toBe('anna');
    held = false;
    for (const { finish } of started) finish();
    await Promise.all(wrong);
  });
});

describe('tokens', () => {
  it('sign in their account alone, by name or by themselves', async () => {
    const directory = make();
    directory.put({ ...anna, username: 'bert' });
    const { token, id, hash } = createToken();
    directory.putToken({ id, hash, username: 'anna' });
    expect(directory.authenticateToken(token)?.username).toBe('anna');
    expect((await directory.authenticate('anna', token, 'there'))?.policy.username).toBe('anna');
    expect(await directory.authenticate('bert', token, 'there')).toBeUndefined();
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
    expect(
      (await directory.authenticate(ADMIN, 'admin-token', 'there'))?.policy.may('accounts:write').allowed,
    ).toBe(true);
    expect(await directory.authenticate('anna', 'admin-token', 'there')).toBeUndefined();
    expect(await directory.authenticate(ADMIN, 'wrong', 'there')).toBeUndefined();
    expect(directory.authenticateToken('')).toBeUndefined();
    expect(directory.authenticateToken('admin-toke')).toBeUndefined();
  });
});

describe('changes', () => {
  it('are told, with the account', () => {
    const directory = make();
    const told: string[] = [];
    directory.onChange((usernames) =>
      usernames.forEach((username) => told.push(`${username} ${directory.policy(username) ? 'is' : 'went'}`)),
    );
    directory.put({ ...anna, roles: [] });
    directory.remove('anna');
    expect(told).toEqual(['anna is', 'anna went']);
  });
});

describe('what was signed in with', () => {
  const signIn = async (directory: InstanceType<typeof AccessDirectory>, username: string, secret: string) =>
    (await directory.authenticate(username, secret, 'there'))!.credential;

  it('holds until it changes, whatever else does', async () => {
    const directory = make();
    const [one, other] = [createToken(), createToken()];
    directory.putToken({ id: 'one', hash: one.hash, username: 'anna' });
    directory.putToken({ id: 'other', hash: other.hash, username: 'anna' });
    const password = await signIn(directory, 'anna', 'secret');
    const [byOne, byOther] = [
      await signIn(directory, 'anna', one.token),
      await signIn(directory, 'anna', other.token),
    ];
    const admin = await signIn(directory, ADMIN, 'admin-token');
    const holding = () => [password, byOne, byOther].map((credential) => directory.holds('anna', credential));
    directory.put({ ...anna, roles: ['device'] });
    expect(holding()).toEqual([true, true, true]);
    const told: string[] = [];
    directory.onChange((usernames) => told.push(...usernames));
    directory.removeToken('one');
    expect([holding(), told]).toEqual([[true, false, true], ['anna']]);
    directory.put({ ...anna, passwordHash: 'hash of changed' });
    expect(holding()).toEqual([false, false, true]);
    expect(directory.holds(ADMIN, admin)).toBe(true);
    expect(directory.holds('anna', admin)).toBe(false);
    expect(directory.holds(ADMIN, byOther)).toBe(false);
    directory.remove('anna');
    expect(holding()).toEqual([false, false, false]);
  });

  it('ends when its token expires, many together', async () => {
    jest.useFakeTimers({ now: new Date('2026-11-23T12:00:00Z') });
    const directory = make();
    const end = (seconds: number) =>
      new Date(Date.parse('2026-11-23T12:00:00Z') + seconds * 1000).toISOString();
    const { token, hash } = createToken();
    directory.putToken({ id: 'far', hash: 'far', username: 'anna', expires: '2099-01-01T00:00:00Z' });
    directory.putToken({ id: 'near', hash, username: 'anna', expires: end(60) });
    for (let i = 0; i < 1000; i++)
      directory.putToken({ id: `${i}`, hash: `${i}`, username: `user-${i}`, expires: end(60 + i / 20_000) });
    const credential = await signIn(directory, 'anna', token);
    const told: ReadonlySet<string>[] = [];
    directory.onChange((usernames) => told.push(usernames));
    jest.advanceTimersByTime(59_900);
    expect([told, directory.holds('anna', credential)]).toEqual([[], true]);
    jest.advanceTimersByTime(300);
    expect(directory.holds('anna', credential)).toBe(false);
    expect(told.reduce((sum, { size }) => sum + size, 0)).toBe(1001);
    expect(told.length).toBeLessThan(5);
    expect(jest.getTimerCount()).toBe(1);
  });
});
