import { createHash } from 'node:crypto';
import { createToken, hashPassword, hashToken, sameSecret, verifyPassword } from './credentials.js';

describe('passwords', () => {
  it('are argon2id with a salt of their own', async () => {
    const [one, other] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(other).not.toBe(one);
    expect(one).not.toContain('correct');
    expect(await verifyPassword(one, 'correct horse')).toBe(true);
    expect(await verifyPassword(one, 'correct horses')).toBe(false);
    expect(await verifyPassword(one, '')).toBe(false);
  });

  it.each(['', 'plain', '$argon2id$v=19$broken', '$2b$10$abcdefghijklmnopqrstuv'])(
    'do not verify against %j',
    async (hash) => {
      expect(await verifyPassword(hash, 'plain')).toBe(false);
    },
  );
});

describe('tokens', () => {
  it('have 256 random bits and are kept as SHA-256', () => {
    const { token, id, hash } = createToken();
    expect(token).toMatch(/^gls_[\w-]{43}$/);
    expect(hash).toBe(createHash('sha256').update(token).digest('hex'));
    expect(hashToken(token)).toBe(hash);
    expect(id).toMatch(/^[0-9a-f]{12}$/);
    expect(token).not.toContain(id);
  });

  it('do not repeat', () => {
    const made = Array.from({ length: 200 }, createToken);
    expect(new Set(made.map(({ token }) => token)).size).toBe(200);
    expect(new Set(made.map(({ id }) => id)).size).toBe(200);
  });
});

describe('sameSecret', () => {
  it.each([
    ['a', 'a', true],
    ['', '', true],
    ['a', 'b', false],
    ['a', 'aa', false],
    ['a', '', false],
    ['é', 'e\u0301', false],
  ])('%j and %j: %s', (a, b, same) => {
    expect(sameSecret(a, b)).toBe(same);
  });
});
