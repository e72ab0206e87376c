import { pointer, problem, type Problem } from '#model';
import { filterProblem } from './topic-filter.js';

/** Built-in sets of rights. */
export const ROLES = ['admin', 'operator', 'consumer', 'device'] as const;

/** A name of {@link ROLES}. */
export type Role = (typeof ROLES)[number];

/** One rule of an account. `{username}` in the topic stands for the account's name. */
export interface AccessRule {
  readonly effect: 'allow' | 'deny';
  readonly action: 'publish' | 'subscribe';
  readonly topic: string;
}

/** An account as it is kept. */
export interface Account {
  readonly username: string;
  /** argon2id, in PHC form. */
  readonly passwordHash?: string;
  readonly roles: readonly Role[];
  readonly rules: readonly AccessRule[];
  /** What becomes of the connection of a client whose publish is denied. */
  readonly onDeny: 'ignore' | 'disconnect';
}

/** Usernames stand in topic filters, so they hold nothing that would widen one. */
const USERNAME = /^[^\p{Cc}\p{Cs}/+#\s][^\p{Cc}\p{Cs}/+#]{0,63}$/u;

/** The topic filter of a rule for an account. */
export function ruleFilter(rule: AccessRule, username: string): string {
  return expand(rule.topic, username);
}

/** By a function: `$&` and the like in a name are no patterns. */
function expand(topic: string, username: string): string {
  return topic.replaceAll('{username}', () => username);
}

/** A rule as people read it. */
export function ruleText({ effect, action, topic }: AccessRule): string {
  return `${effect} ${action} ${topic}`;
}

/**
 * Checks an account document and names every problem:
 * `{ "username", "password"?, "roles"?, "rules"?, "onDeny"? }`.
 */
export function checkAccount(body: unknown): Problem[] {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return [fail('', 'an account is an object', 'Give { "username", "password", "roles", "rules" }.')];
  }
  const errors: Problem[] = [];
  const { username, password, roles, rules, onDeny, ...others } = body as Record<string, unknown>;
  for (const name of Object.keys(others)) {
    errors.push(
      fail(
        pointer(name),
        `an account has no member ${name}`,
        'It takes username, password, roles, rules and onDeny.',
      ),
    );
  }
  if (typeof username !== 'string' || !USERNAME.test(username)) {
    errors.push(
      fail(
        '/username',
        'the username is missing or not usable',
        '1 to 64 characters, without /, + and #, not beginning with a space.',
      ),
    );
  }
  if (
    password !== undefined &&
    (typeof password !== 'string' || password.length < 8 || password.length > 1024)
  ) {
    errors.push(
      fail(
        '/password',
        'the password is not usable',
        'Give 8 to 1,024 characters, or none for an account that signs in with tokens.',
      ),
    );
  }
  if (onDeny !== undefined && onDeny !== 'ignore' && onDeny !== 'disconnect') {
    errors.push(
      fail(
        '/onDeny',
        'onDeny is neither ignore nor disconnect',
        'ignore acknowledges and drops a denied publish.',
      ),
    );
  }
  errors.push(...checkRoles(roles), ...checkRules(rules, typeof username === 'string' ? username : 'x'));
  return errors;
}

function* checkRoles(roles: unknown): Generator<Problem> {
  if (roles === undefined) return;
  if (!Array.isArray(roles)) {
    yield fail('/roles', 'roles is no array', `Give some of ${ROLES.join(', ')}.`);
    return;
  }
  for (const [i, role] of roles.entries()) {
    if (!ROLES.includes(role as Role))
      yield fail(
        pointer('roles', i),
        `there is no role ${JSON.stringify(role)}`,
        `There are ${ROLES.join(', ')}.`,
      );
  }
}

function* checkRules(rules: unknown, username: string): Generator<Problem> {
  if (rules === undefined) return;
  if (!Array.isArray(rules) || rules.length > 1000) {
    yield fail(
      '/rules',
      'rules is no array of at most 1,000 rules',
      'Give [{ "effect", "action", "topic" }].',
    );
    return;
  }
  for (const [i, rule] of rules.entries()) {
    const { effect, action, topic, ...others } = (rule ?? {}) as Record<string, unknown>;
    const at = (name: string) => pointer('rules', i, name);
    for (const name of Object.keys(others))
      yield fail(at(name), `a rule has no member ${name}`, 'It takes effect, action and topic.');
    if (effect !== 'allow' && effect !== 'deny')
      yield fail(at('effect'), 'effect is neither allow nor deny', 'Deny wins over allow.');
    if (action !== 'publish' && action !== 'subscribe')
      yield fail(at('action'), 'action is neither publish nor subscribe', 'Give one rule for each.');
    const wrong = typeof topic === 'string' ? filterProblem(expand(topic, username)) : 'the topic is missing';
    if (wrong !== undefined)
      yield fail(at('topic'), wrong, 'Give a topic filter such as sensors/{username}/#.');
  }
}

function fail(at: string, message: string, hint: string): Problem {
  return problem(at, 'body-invalid', message, hint);
}
