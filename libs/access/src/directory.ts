import { createHmac, randomBytes } from 'node:crypto';
import type { Account } from './account.js';
import { hashPassword, hashToken, sameSecret, verifyPassword } from './credentials.js';
import { AccountPolicy } from './policy.js';
import { Verifications } from './verifications.js';

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

const MAX_REMEMBERED = 10_000;
/** The longest that a timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Tokens that expire about the same time are looked for together. */
const EXPIRY_MS = 100;

/** A sign-in that succeeded: by what is for {@link AccessDirectory.holds} alone. */
export interface SignIn {
  readonly policy: AccountPolicy;
  readonly credential: string;
}

const byToken = (id: string) => `token ${id}`;
const byPassword = (passwordHash: string) => `password ${passwordHash}`;
const BY_ADMIN_TOKEN = 'admin token';

/**
 * Accounts and tokens in memory, for MQTT sign-in and REST. The control plane keeps it in step with what is
 * stored. A verified password is remembered as a keyed HMAC until it changes, so that a storm of reconnects
 * costs microseconds each.
 */
export class AccessDirectory {
  readonly #entries = new Map<string, Entry>();
  readonly #tokens = new Map<string, StoredToken>();
  readonly #tokenHashes = new Map<string, string>();
  readonly #listeners = new Set<(usernames: ReadonlySet<string>) => void>();
  readonly #verified = new Map<string, string>();
  readonly #key = randomBytes(32);
  readonly #adminToken: string;
  readonly #verifications = new Verifications();
  /** Verifications that wait or run: the same attempt made again shares the answer. */
  readonly #pending = new Map<string, Promise<boolean>>();
  #expiry: NodeJS.Timeout | undefined;
  /** When the timer fires. */
  #nextExpiry = Infinity;
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
    if (token.expires !== undefined) this.#expectExpiry(Date.parse(token.expires));
  }

  /** Revokes a token: who signed in with it is told to the listeners. */
  removeToken(id: string): void {
    const token = this.#tokens.get(id);
    if (!token) return;
    this.#forgetToken(token);
    this.#tell(token.username);
  }

  policy(username: string): AccountPolicy | undefined {
    return this.#entries.get(username)?.policy;
  }

  /** Called with the names of accounts that changed or went, or of whose credentials one is no longer good. */
  onChange(listener: (usernames: ReadonlySet<string>) => void): void {
    this.#listeners.add(listener);
  }

  /** Whether what an account signed in with is still good. */
  holds(username: string, credential: string): boolean {
    const entry = this.#entries.get(username);
    if (!entry) return false;
    if (credential === BY_ADMIN_TOKEN) return username === ADMIN;
    const { passwordHash } = entry.account;
    if (passwordHash !== undefined && credential === byPassword(passwordHash)) return true;
    const token = this.#tokens.get(credential.slice(byToken('').length));
    return token?.username === username && credential === byToken(token.id) && isGood(token);
  }

  /**
   * Signs in with username and password or token, as MQTT does; `admin` with the admin token too.
   * @param remote address of the client: addresses take turns where many wait
   */
  async authenticate(
    username: string | undefined,
    secret: string,
    remote: string,
  ): Promise<SignIn | undefined> {
    if (username === undefined || secret === '') return undefined;
    const withToken = this.#signInWithToken(secret);
    if (withToken) return withToken.policy.username === username ? withToken : undefined;
    const entry = this.#entries.get(username);
    const { passwordHash } = entry?.account ?? {};
    const mark = createHmac('sha256', this.#key).update(`${username}\u0000${secret}`).digest('base64');
    if (entry && passwordHash !== undefined && this.#verified.get(username) === mark)
      return { policy: entry.policy, credential: byPassword(passwordHash) };
    const known = passwordHash ?? (await (this.#decoy ??= hashPassword(randomBytes(16).toString('hex'))));
    const right = await this.#verify(known, secret, mark, username, remote);
    // The account may have changed or gone meanwhile.
    const now = this.#entries.get(username);
    if (!right || passwordHash === undefined || now?.account.passwordHash !== passwordHash) return undefined;
    if (this.#verified.size >= MAX_REMEMBERED) this.#verified.clear();
    this.#verified.set(username, mark);
    return { policy: now.policy, credential: byPassword(passwordHash) };
  }

  /** Signs in with a token alone, as REST does. */
  authenticateToken(token: string): AccountPolicy | undefined {
    return this.#signInWithToken(token)?.policy;
  }

  #signInWithToken(secret: string): SignIn | undefined {
    if (sameSecret(secret, this.#adminToken)) {
      const policy = this.policy(ADMIN);
      return policy && { policy, credential: BY_ADMIN_TOKEN };
    }
    if (!secret.startsWith('gls_')) return undefined;
    const id = this.#tokenHashes.get(hashToken(secret));
    const token = id === undefined ? undefined : this.#tokens.get(id);
    const policy = token && isGood(token) ? this.policy(token.username) : undefined;
    return token && policy && { policy, credential: byToken(token.id) };
  }

  /** One of a few verifications at a time; where too many wait the attempt fails at once. */
  #verify(
    passwordHash: string,
    password: string,
    mark: string,
    username: string,
    remote: string,
  ): Promise<boolean> {
    const key = `${mark} ${passwordHash}`;
    let pending = this.#pending.get(key);
    if (!pending) {
      pending = this.#verifications
        .run(remote, username, () => verifyPassword(passwordHash, password))
        .then((right) => right ?? false)
        .finally(() => this.#pending.delete(key));
      this.#pending.set(key, pending);
    }
    return pending;
  }

  /** One timer for all tokens, set for the one that ends first. */
  #expectExpiry(time: number): void {
    if (Number.isNaN(time) || time >= this.#nextExpiry) return;
    clearTimeout(this.#expiry);
    this.#nextExpiry = time;
    const wait = Math.min(MAX_TIMER_MS, Math.max(EXPIRY_MS, time - Date.now()));
    this.#expiry = setTimeout(() => this.#expire(), wait).unref();
  }

  #expire(): void {
    this.#nextExpiry = Infinity;
    const usernames = new Set<string>();
    let next = Infinity;
    for (const token of this.#tokens.values()) {
      if (token.expires === undefined) continue;
      if (isGood(token)) next = Math.min(next, Date.parse(token.expires));
      else {
        this.#forgetToken(token);
        usernames.add(token.username);
      }
    }
    if (next !== Infinity) this.#expectExpiry(next);
    if (usernames.size > 0) this.#tellAll(usernames);
  }

  #set(account: Account): void {
    this.#entries.set(account.username, { account, policy: new AccountPolicy(account) });
  }

  #forgetToken(token: StoredToken): void {
    this.#tokens.delete(token.id);
    this.#tokenHashes.delete(token.hash);
  }

  #tell(username: string): void {
    this.#tellAll(new Set([username]));
  }

  #tellAll(usernames: ReadonlySet<string>): void {
    for (const listener of this.#listeners) listener(usernames);
  }
}

/** An end that cannot be read has come. */
function isGood({ expires }: StoredToken): boolean {
  return expires === undefined || Date.parse(expires) > Date.now();
}
