import { checkAccount, createToken, hashPassword, type AccessDirectory, type Account } from '#access';
import { GlossaError, problem } from '#model';
import type { ControlStore } from '#storage';

/** An account as it is shown: never with its password. */
export type PublicAccount = Pick<Account, 'username' | 'roles' | 'rules' | 'onDeny'> & {
  readonly password: boolean;
};

/** A token as it is listed: never with its secret. */
export interface TokenInfo {
  readonly id: string;
  readonly createdAt: string;
  readonly expires?: string;
}

/** Accounts and tokens: stored, and effective in the access directory at once. */
export class AccountRegistry {
  readonly #creating = new Set<string>();

  constructor(
    private readonly store: ControlStore,
    private readonly directory: AccessDirectory,
  ) {}

  async load(): Promise<void> {
    for (const account of await this.store.accounts.all()) this.directory.put(account);
    for (const token of await this.store.tokens.all()) this.directory.putToken(token);
  }

  /** @throws GlossaError `body-invalid`, `already-exists` */
  async create(body: unknown): Promise<PublicAccount> {
    const errors = checkAccount(body);
    if (errors.length > 0) throw new GlossaError('body-invalid', errors[0]!.message, errors);
    const input = body as Partial<Account> & { username: string; password?: string };
    const { username } = input;
    // Hashing takes a while: the name is taken from now on.
    if (this.directory.policy(username) || this.#creating.has(username))
      throw new GlossaError('already-exists', `the account ${username} exists`);
    this.#creating.add(username);
    try {
      return await this.#add(input);
    } finally {
      this.#creating.delete(username);
    }
  }

  async #add({
    username,
    password,
    roles,
    rules,
    onDeny,
  }: Partial<Account> & { username: string; password?: string }): Promise<PublicAccount> {
    const account: Account = {
      username,
      roles: roles ?? [],
      rules: rules ?? [],
      onDeny: onDeny ?? 'ignore',
      ...(password !== undefined && { passwordHash: await hashPassword(password) }),
    };
    await this.store.accounts.put(account);
    this.directory.put(account);
    return show(account);
  }

  /** Replaces roles, rules and onDeny; the password stays unless a new one is given. */
  async replace(username: string, body: unknown): Promise<PublicAccount> {
    const before = await this.#account(username);
    const input =
      typeof body === 'object' && body !== null && !Array.isArray(body) ? { ...body, username } : body;
    const errors = checkAccount(input);
    if (errors.length > 0) throw new GlossaError('body-invalid', errors[0]!.message, errors);
    const { password, roles, rules, onDeny } = input as Partial<Account> & { password?: string };
    const passwordHash = password === undefined ? before.passwordHash : await hashPassword(password);
    const account: Account = {
      username,
      roles: roles ?? [],
      rules: rules ?? [],
      onDeny: onDeny ?? 'ignore',
      ...(passwordHash !== undefined && { passwordHash }),
    };
    await this.store.accounts.put(account);
    this.directory.put(account);
    return show(account);
  }

  async list(limit: number, cursor?: string): Promise<{ items: PublicAccount[]; next?: string }> {
    const page = await this.store.accounts.list({ limit, ...(cursor !== undefined && { cursor }) });
    return { ...page, items: page.items.map(show) };
  }

  async get(username: string): Promise<PublicAccount> {
    return show(await this.#account(username));
  }

  async remove(username: string): Promise<void> {
    await this.#account(username);
    await this.store.accounts.delete(username);
    this.directory.remove(username);
  }

  async setPassword(username: string, body: unknown): Promise<void> {
    const account = await this.#account(username);
    const password = (body as { password?: unknown } | null)?.password;
    if (typeof password !== 'string' || password.length < 8 || password.length > 1024) {
      const error = problem('/password', 'body-invalid', 'a password of 8 to 1,024 characters is required');
      throw new GlossaError('body-invalid', error.message, [error]);
    }
    const changed: Account = { ...account, passwordHash: await hashPassword(password) };
    await this.store.accounts.put(changed);
    this.directory.put(changed);
  }

  /** @returns the token, which is shown this once */
  async createToken(username: string, body: unknown): Promise<TokenInfo & { token: string }> {
    await this.#account(username);
    const expires = expiry(body);
    const { token, id, hash } = createToken();
    const createdAt = new Date().toISOString();
    const stored = { id, username, hash, createdAt, ...(expires !== undefined && { expires }) };
    await this.store.tokens.create(stored);
    this.directory.putToken(stored);
    return { token, id, createdAt, ...(expires !== undefined && { expires }) };
  }

  async tokens(username: string): Promise<TokenInfo[]> {
    await this.#account(username);
    const tokens = await this.store.tokens.list(username);
    return tokens.map(({ id, createdAt, expires }) => ({
      id,
      createdAt,
      ...(expires !== undefined && { expires }),
    }));
  }

  /** Removes one token, or every token of the account. */
  async removeTokens(username: string, id?: string): Promise<void> {
    const tokens = await this.tokens(username);
    const gone = id === undefined ? tokens : tokens.filter((token) => token.id === id);
    if (id !== undefined && gone.length === 0)
      throw new GlossaError('not-found', `${username} has no token ${id}`);
    for (const token of gone) {
      await this.store.tokens.delete(token.id);
      this.directory.removeToken(token.id);
    }
  }

  async #account(username: string): Promise<Account> {
    const account = await this.store.accounts.get(username);
    if (!account) throw new GlossaError('not-found', `there is no account ${username}`);
    return account;
  }
}

function show({ username, roles, rules, onDeny, passwordHash }: Account): PublicAccount {
  return { username, roles, rules, onDeny, password: passwordHash !== undefined };
}

function expiry(body: unknown): string | undefined {
  const expires = (body as { expires?: unknown } | null | undefined)?.expires;
  if (expires === undefined || expires === null) return undefined;
  const time = typeof expires === 'string' ? Date.parse(expires) : Number.NaN;
  if (Number.isNaN(time) || time <= Date.now()) {
    const error = problem('/expires', 'body-invalid', 'expires must be an ISO 8601 time in the future');
    throw new GlossaError('body-invalid', error.message, [error]);
  }
  return new Date(time).toISOString();
}
