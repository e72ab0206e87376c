import { checkAccount, createToken, hashPassword, type AccessDirectory, type Account } from '#access';
import { GlossaError, nowMicros, parseInstant, pointer, problem, type Problem } from '#model';
import type { ControlStore } from '#storage';
import { Turns } from './turns.js';

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
  readonly #turns = new Turns();

  constructor(
    private readonly store: ControlStore,
    private readonly directory: AccessDirectory,
  ) {}

  async load(): Promise<void> {
    for (const account of await this.store.accounts.all()) this.directory.put(account);
    for (const token of await this.store.tokens.all()) this.directory.putToken(token);
  }

  /** @throws GlossaError `body-invalid`, `already-exists` */
  create(body: unknown): Promise<PublicAccount> {
    return this.#turns.take(async () => {
      const input = checked(body);
      if (this.directory.policy(input.username))
        throw new GlossaError('already-exists', `the account ${input.username} exists`);
      return this.#put(input, undefined);
    });
  }

  /** Replaces roles, rules and onDeny; the password stays unless a new one is given. */
  replace(username: string, body: unknown): Promise<PublicAccount> {
    return this.#turns.take(async () => {
      const { passwordHash } = await this.#account(username);
      return this.#put(checked(isObject(body) ? ofPath(username, body) : body), passwordHash);
    });
  }

  async list(limit: number, cursor?: string): Promise<{ items: PublicAccount[]; next?: string }> {
    const page = await this.store.accounts.list({ limit, ...(cursor !== undefined && { cursor }) });
    return { ...page, items: page.items.map(show) };
  }

  async get(username: string): Promise<PublicAccount> {
    return show(await this.#account(username));
  }

  remove(username: string): Promise<void> {
    return this.#turns.take(async () => {
      await this.#account(username);
      await this.store.accounts.delete(username);
      this.directory.remove(username);
    });
  }

  setPassword(username: string, body: unknown): Promise<void> {
    return this.#turns.take(async () => {
      const account = await this.#account(username);
      const errors = [...unknownMembers(body, ['password'], 'Give { "password": ... }.')];
      const password = isObject(body) ? body.password : undefined;
      const usable = typeof password === 'string' && password.length >= 8 && password.length <= 1024;
      if (!usable && isObject(body))
        errors.push(problem('/password', 'body-invalid', 'a password of 8 to 1,024 characters is required'));
      if (!usable || errors.length > 0) throw new GlossaError('body-invalid', errors[0]!.message, errors);
      await this.#store({ ...account, passwordHash: await hashPassword(password) });
    });
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

  async #put(input: AccountInput, before: string | undefined): Promise<PublicAccount> {
    const { username, password, roles = [], rules = [], onDeny = 'ignore' } = input;
    const passwordHash = password === undefined ? before : await hashPassword(password);
    const account: Account = {
      username,
      roles,
      rules,
      onDeny,
      ...(passwordHash !== undefined && { passwordHash }),
    };
    await this.#store(account);
    return show(account);
  }

  async #store(account: Account): Promise<void> {
    await this.store.accounts.put(account);
    this.directory.put(account);
  }

  async #account(username: string): Promise<Account> {
    const account = await this.store.accounts.get(username);
    if (!account) throw new GlossaError('not-found', `there is no account ${username}`);
    return account;
  }
}

type AccountInput = Pick<Account, 'username'> &
  Partial<Pick<Account, 'roles' | 'rules' | 'onDeny'>> & { readonly password?: string };

function checked(body: unknown): AccountInput {
  const errors = checkAccount(body);
  if (errors.length > 0) throw new GlossaError('body-invalid', errors[0]!.message, errors);
  return body as AccountInput;
}

/** The document of an account's path. Answers say only whether there is a password: then it stays. */
function ofPath(username: string, { password, ...document }: Record<string, unknown>): object {
  if (document.username !== undefined && document.username !== username) {
    const message = `the username is ${JSON.stringify(document.username)}, the path says ${username}`;
    throw new GlossaError('body-invalid', message, [problem('/username', 'body-invalid', message)]);
  }
  return {
    ...document,
    username,
    ...(password !== undefined && typeof password !== 'boolean' && { password }),
  };
}

function show({ username, roles, rules, onDeny, passwordHash }: Account): PublicAccount {
  return { username, roles, rules, onDeny, password: passwordHash !== undefined };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function* unknownMembers(body: unknown, known: readonly string[], hint: string): Generator<Problem> {
  if (!isObject(body)) yield problem('', 'body-invalid', 'the body is no object', hint);
  else
    for (const name of Object.keys(body))
      if (!known.includes(name))
        yield problem(pointer(name), 'body-invalid', `there is no member ${name} here`, hint);
}

function expiry(body: unknown): string | undefined {
  if (body === undefined || body === null) return undefined;
  const errors = [
    ...unknownMembers(body, ['expires'], 'Give { "expires": "2099-12-31T00:00:00Z" }, or nothing.'),
  ];
  const expires = isObject(body) ? (body.expires ?? undefined) : undefined;
  const time = typeof expires === 'string' ? parseInstant(expires)?.t : undefined;
  if (expires !== undefined && (time === undefined || time <= nowMicros()))
    errors.push(problem('/expires', 'body-invalid', 'expires must be an ISO 8601 time in the future'));
  if (errors.length > 0) throw new GlossaError('body-invalid', errors[0]!.message, errors);
  return time === undefined ? undefined : new Date(time / 1000).toISOString();
}
