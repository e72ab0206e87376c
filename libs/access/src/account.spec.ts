import { ERRORS } from '#model';
import { checkAccount, ROLES, ruleFilter, ruleText } from './account.js';

const at = (body: unknown) => checkAccount(body).map((problem) => problem.pointer);

describe('checkAccount', () => {
  it.each([
    { username: 'anna' },
    { username: 'plant 7', password: '8 signs.' },
    { username: 'plant 8', password: 'x'.repeat(1024) },
    { username: '設備-1', roles: [...ROLES], onDeny: 'disconnect' },
    {
      username: 'a@b:c',
      roles: [],
      rules: [{ effect: 'allow', action: 'publish', topic: 'sensors/{username}/#' }],
    },
    { username: 'x'.repeat(64), rules: [{ effect: 'deny', action: 'subscribe', topic: '#' }] },
    { username: '$&', rules: [{ effect: 'allow', action: 'subscribe', topic: '{username}' }] },
  ])('takes %j', (body) => {
    expect(checkAccount(body)).toEqual([]);
  });

  it.each([null, undefined, [], 'anna', 7])('refuses %j', (body) => {
    expect(at(body)).toEqual(['']);
  });

  it.each(['', ' anna', 'a/b', 'a+', '#', 'a\u0000', 'a\ud800', 'x'.repeat(65), 7, null])(
    'refuses the username %j',
    (username) => {
      expect(at({ username })).toEqual(['/username']);
    },
  );

  it.each(['7 signs', '', 'x'.repeat(1025), 12_345_678, null])('refuses the password %j', (password) => {
    expect(at({ username: 'anna', password })).toEqual(['/password']);
  });

  it('names every problem at once, each with a way out', () => {
    const problems = checkAccount({
      username: 'a/b',
      password: 'short',
      roles: ['admin', 'root'],
      rules: [
        { effect: 'allow', action: 'publish', topic: 'a/#/b' },
        { effect: 'perhaps', action: 'read', topic: '', extra: 1 },
        'allow everything',
        null,
      ],
      onDeny: 'shout',
      'e/mail': 'x',
    });
    expect(problems.map(({ pointer }) => pointer).filter((one) => !one.startsWith('/rules/2'))).toEqual([
      '/e~1mail',
      '/username',
      '/password',
      '/onDeny',
      '/roles/1',
      '/rules/0/topic',
      '/rules/1/extra',
      '/rules/1/effect',
      '/rules/1/action',
      '/rules/1/topic',
      '/rules/3/effect',
      '/rules/3/action',
      '/rules/3/topic',
    ]);
    expect(problems.map(({ pointer }) => pointer)).toEqual(
      expect.arrayContaining(['/rules/2/effect', '/rules/2/action', '/rules/2/topic']),
    );
    for (const { code, message, hint } of problems) {
      expect(Object.keys(ERRORS)).toContain(code);
      expect(message).not.toBe('');
      expect(hint).not.toBe('');
    }
  });

  it.each([[{}], ['admin'], [null]])('refuses the roles %j', (roles) => {
    expect(at({ username: 'anna', roles })).toEqual(['/roles']);
  });

  it('refuses more rules than it would check at each message', () => {
    const rules = Array.from({ length: 1001 }, () => ({ effect: 'allow', action: 'publish', topic: 'a' }));
    expect(at({ username: 'anna', rules })).toEqual(['/rules']);
    expect(at({ username: 'anna', rules: rules.slice(1) })).toEqual([]);
  });
});

describe('a rule', () => {
  const rule = { effect: 'allow', action: 'publish', topic: '{username}/a/{username}' } as const;

  it('has the account in its filter', () => {
    expect(ruleFilter(rule, 'anna')).toBe('anna/a/anna');
    expect(ruleFilter(rule, "$'$&$$")).toBe("$'$&$$/a/$'$&$$");
  });

  it('is read as it was written', () => {
    expect(ruleText(rule)).toBe('allow publish {username}/a/{username}');
  });
});
