import { hash, verify, type Options } from '@node-rs/argon2';
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** OWASP's minimum for argon2id (this library's default), which a small machine bears: 19 MiB, two passes, one lane. */
const ARGON2ID: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashes a password with argon2id. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, ARGON2ID);
}

/** Whether a password is the hashed one; false for a hash that cannot be read. */
export async function verifyPassword(passwordHash: string, password: string): Promise<boolean> {
  try {
    return await verify(passwordHash, password);
  } catch {
    return false;
  }
}

/** A new token. Only its SHA-256 is kept: it has 256 random bits, so a slow hash would add nothing. */
export function createToken(): { readonly token: string; readonly id: string; readonly hash: string } {
  const token = `gls_${randomBytes(32).toString('base64url')}`;
  return { token, id: randomBytes(6).toString('hex'), hash: hashToken(token) };
}

/** SHA-256 of a token, hexadecimal. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Compares two secrets in a time that tells nothing of them. */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
}
