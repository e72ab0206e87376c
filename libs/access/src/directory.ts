import { createHmac, randomBytes } from 'node:crypto';
import type { Account } from './account.js';
import { hashPassword, hashToken, sameSecret, verifyPassword } from './credentials.js';
import { AccountPolicy } from './policy.js';

/** A token as it is kept. */
export interface StoredToken {
  readonly id: string;
  readonly username: string;
  /** SHA-256, hexadecimal. */
  readonly hash: string;
  /** ISO 8601. */
  readonly expires?: string;
}

interface Entry {
  readonly account: Account;
  readonly policy: AccountPolicy;
}

/** The built-in account; it signs in with the admin token. */
export const ADMIN = 'admin';

/** Verifications at once: each takes 19 MiB, and the threads that sign in also serve files. */
const MAX_VERIFYING = 2;
const MAX_WAITING = 1000;
const MAX_REMEMBERED = 10_000;

/**
 * Accounts and tokens in memory, for MQTT sign-in and REST. The control plane keeps it in step with what is
 * stored. A verified password is remembered as a keyed HMAC until it changes, so that a storm of reconnects
 * costs microseconds each.
 */
export class AccessDirectory {
  readonly #entries = new Map<string, Entry>();
  readonly #tokens = new Map<string, StoredToken>();
  readonly #tokenHashes = new Map<string, string>();
  readonly #listeners = new Set<(username: string) => void>();
  readonly #verified = new Map<string, string>();
  readonly #key = randomBytes(32);
  readonly #adminToken: string;
  readonly #queue: (() => void)[] = [];
  #verifying = 0;
  /** Verified against for unknown accounts: they take as long as known ones. */
  #decoy: Promise<string> | undefined;

  constructor(options: { readonly adminToken: string }) {
    this.#adminToken = options.adminToken;
    this.#set({ username: ADMIN, roles: ['admin'], rules: [], onDeny: 'ignore' });
  }

  /** Adds or replaces an account; its rules hold at once. */
  put(account: Account): void {
    this.#set(account);
    this.#verified.delete(account.username);
    this.#tell(account.username);
  }

  /** Removes an account with its tokens. */
  remove(username: string): void {
    this.#entries.delete(username);
    this.#verified.delete(username);
    for (const token of [...this.#tokens.values()]) if (token.username === username) this.#forgetToken(token);
    this.#tell(username);
  }

  /** Adds a token, or replaces the one of its id. */
  putToken(token: StoredToken): void {
    this.removeToken(token.id);
    this.#tokens.set(token.id, token);
    this.#tokenHashes.set(token.hash, token.id);
  }

  /** Revokes a token. Connections that signed in with it stay until they sign in again. */
  removeToken(id: string): void {
    const token = this.#tokens.get(id);
    if (token) this.#forgetToken(token);
  }

  policy(username: string): AccountPolicy | undefined {
    return this.#entries.get(username)?.policy;
  }

  /** Called with the name of an account that changed or went. */
  onChange(listener: (username: string) => void): void {
    this.#listeners.add(listener);
  }

  /** Signs in with username and password or token, as MQTT does; `admin` with the admin token too. */
  async authenticate(username: string | undefined, secret: string): Promise<AccountPolicy | undefined> {
    if (username === undefined || secret === '') return undefined;
    const byToken = this.authenticateToken(secret);
    if (byToken) return byToken.username === username ? byToken : undefined;
    const entry = this.#entries.get(username);
    const { passwordHash } = entry?.account ?? {};
    const mark = createHmac('sha256', this.#key).update(`${username}\u0000${secret}`).digest('base64');
    if (passwordHash !== undefined && this.#verified.get(username) === mark) return entry?.policy;
    const known = passwordHash ?? (await (this.#decoy ??= hashPassword(randomBytes(16).toString('hex'))));
    const right = await this.#verify(known, secret);
    // The account may have changed or gone meanwhile.
    const now = this.#entries.get(username);
    if (!right || passwordHash === undefined || now?.account.passwordHash !== passwordHash) return undefined;
    if (this.#verified.size >= MAX_REMEMBERED) this.#verified.clear();
    this.#verified.set(username, mark);
    return now.policy;
  }

  /** Signs in with a token alone, as REST does. */
  authenticateToken(token: string): AccountPolicy | undefined {
    if (sameSecret(token, this.#adminToken)) return this.policy(ADMIN);
    if (!token.startsWith('gls_')) return undefined;
    const id = this.#tokenHashes.get(hashToken(token));
    const stored = id === undefined ? undefined : this.#tokens.get(id);
    // An end that cannot be read has come.
    if (!stored || (stored.expires !== undefined && !(Date.parse(stored.expires) > Date.now())))
      return undefined;
    return this.policy(stored.username);
  }

  /** One of a few verifications at a time; beyond a bound the attempt fails at once. */
  async #verify(passwordHash: string, password: string): Promise<boolean> {
    if (this.#verifying < MAX_VERIFYING) this.#verifying++;
    else if (this.#queue.length >= MAX_WAITING) return false;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    try {
      return await verifyPassword(passwordHash, password);
    } finally {
      // The place goes to the one who waits: it is never free for a newcomer in between.
      const next = this.#queue.shift();
      if (next) next();
      else this.#verifying--;
    }
  }

  #set(account: Account): void {
    this.#entries.set(account.username, { account, policy: new AccountPolicy(account) });
  }

  #forgetToken(token: StoredToken): void {
    this.#tokens.delete(token.id);
    this.#tokenHashes.delete(token.hash);
  }

  #tell(username: string): void {
    for (const listener of this.#listeners) listener(username);
  }
}
