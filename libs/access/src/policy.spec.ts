import fc from 'fast-check';
import type { AccessRule, Account } from './account.js';
import { PERMISSIONS, ROLE_RIGHTS, type Permission } from './permissions.js';
import { AccountPolicy } from './policy.js';
import { matches, overlaps } from './topic-filter.js';

const allow = (action: AccessRule['action'], topic: string): AccessRule => ({
  effect: 'allow',
  action,
  topic,
});
const deny = (action: AccessRule['action'], topic: string): AccessRule => ({ effect: 'deny', action, topic });

function policyOf(more: Partial<Account>): AccountPolicy {
  return new AccountPolicy({ username: 'anna', roles: [], rules: [], onDeny: 'ignore', ...more });
}

const SEMANTIC = 'semantic/Temperature/AirTemperature/aqara-1/temperature/home/kitchen';
const STATUS = 'glossa/devices/aqara-1/status';
const REJECTED = 'glossa/rejected/aqara-1';

describe('roles', () => {
  it.each([
    ['admin', ['zigbee2mqtt/a', SEMANTIC, STATUS, REJECTED, '$SYS/a'], []],
    ['operator', ['zigbee2mqtt/a', SEMANTIC, STATUS, REJECTED, '$SYS/a'], []],
    ['consumer', [SEMANTIC, STATUS], ['zigbee2mqtt/a', REJECTED, '$SYS/a']],
    ['device', [], ['zigbee2mqtt/a', SEMANTIC, STATUS, REJECTED, '$SYS/a']],
  ] as const)('%s reads what it should', (role, read, hidden) => {
    const policy = policyOf({ roles: [role] });
    for (const topic of read) expect([topic, policy.receive(topic)]).toEqual([topic, true]);
    for (const topic of hidden) expect([topic, policy.receive(topic)]).toEqual([topic, false]);
  });

  it.each([
    ['admin', true],
    ['operator', false],
    ['consumer', false],
    ['device', false],
  ] as const)('%s publishes: %s', (role, allowed) => {
    expect(policyOf({ roles: [role] }).publish('zigbee2mqtt/a').allowed).toBe(allowed);
  });

  it.each([
    ['admin', PERMISSIONS],
    ['operator', PERMISSIONS.filter((one) => !/^(accounts|access|backup)|^observations:delete/.test(one))],
    ['consumer', ['devices:read', 'features:read', 'observations:read']],
    ['device', []],
  ] as const)('%s may over REST', (role, expected) => {
    const policy = policyOf({ roles: [role] });
    expect(PERMISSIONS.filter((permission) => policy.may(permission).allowed)).toEqual(expected);
  });

  it('name no permission that there is not', () => {
    for (const { permissions } of Object.values(ROLE_RIGHTS))
      for (const permission of permissions) expect(PERMISSIONS).toContain(permission);
  });

  it('say which of them decides, or that none does', () => {
    const policy = policyOf({ roles: ['device', 'consumer'] });
    expect(policy.may('devices:read')).toEqual({ allowed: true, rule: 'role consumer' });
    expect(policy.may('schemas:write')).toEqual({
      allowed: false,
      rule: 'no role of anna has schemas:write',
    });
    expect(policy.check('subscribe', SEMANTIC)).toEqual({
      allowed: true,
      rule: 'role consumer: allow subscribe semantic/#',
    });
  });
});

describe('publish', () => {
  const rules = [
    allow('publish', 'sensors/{username}/#'),
    deny('publish', 'sensors/+/secret'),
    allow('subscribe', 'x/#'),
  ];

  it.each([
    ['sensors/anna/temperature', true, 'rule 1 of anna: allow publish sensors/{username}/#'],
    ['sensors/anna', true, 'rule 1 of anna: allow publish sensors/{username}/#'],
    ['sensors/anna/secret', false, 'rule 2 of anna: deny publish sensors/+/secret'],
    ['sensors/bert/temperature', false, 'no rule allows it'],
    ['x/a', false, 'no rule allows it'],
  ])('%s: %s', (topic, allowed, rule) => {
    const policy = policyOf({ rules });
    expect(policy.publish(topic)).toEqual({ allowed, rule });
    expect(policy.check('publish', topic)).toEqual({ allowed, rule });
    // the second answer comes from memory
    expect(policy.publish(topic)).toEqual({ allowed, rule });
  });

  it('answers the same of the longest topics, and of more of them than it remembers', () => {
    const policy = policyOf({ rules: [...rules, allow('subscribe', 'sensors/{username}/#')] });
    const long = 'x'.repeat(60_000);
    for (let round = 0; round < 2; round++) {
      expect(policy.publish(`sensors/anna/${long}`).allowed).toBe(true);
      expect(policy.publish(`sensors/bert/${long}`).allowed).toBe(false);
      expect(policy.receive(`sensors/anna/${long}`)).toBe(true);
      expect(policy.receive(`sensors/bert/${long}`)).toBe(false);
      for (let i = 0; i < 20_001; i++) policy.receive(`sensors/anna/${i}`);
      for (let i = 0; i < 20_001; i++) policy.publish(`sensors/anna/${i}`);
      expect(policy.receive('sensors/anna/1')).toBe(true);
      expect(policy.publish('sensors/anna/secret').allowed).toBe(false);
    }
  });

  it('lets deny win in whatever order the rules stand', () => {
    for (const order of [rules, [...rules].reverse()]) {
      expect(policyOf({ rules: order }).publish('sensors/anna/secret').allowed).toBe(false);
    }
    expect(policyOf({ roles: ['admin'], rules }).publish('sensors/bert/secret')).toEqual({
      allowed: false,
      rule: 'rule 2 of anna: deny publish sensors/+/secret',
    });
  });

  it.each(['semantic', 'semantic/', SEMANTIC, 'glossa', STATUS, '$SYS/x', '$share/g/a', '$'])(
    'lets nobody to %s',
    (topic) => {
      const policy = policyOf({
        roles: ['admin'],
        rules: [allow('publish', '#'), allow('publish', '$SYS/#'), allow('publish', topic)],
      });
      expect(policy.publish(topic).allowed).toBe(false);
      expect(policy.publish(topic).rule).toMatch(/belong to the (gateway|broker)/);
    },
  );

  it.each(['semantics/a', 'glossary', 'a/semantic/b', 'a/$b'])('but to %s', (topic) => {
    expect(policyOf({ roles: ['admin'] }).publish(topic).allowed).toBe(true);
  });

  it.each(['', 'a/+', 'a/#', 'a\u0000'])('refuses what is no topic: %j', (topic) => {
    expect(policyOf({ roles: ['admin'] }).publish(topic).allowed).toBe(false);
  });

  it.each(['$&', '$$', "$'", '$1', 'a$`b'])('takes the name %s as it is', (username) => {
    const policy = policyOf({ username, rules: [allow('publish', 'sensors/{username}/{username}')] });
    expect(policy.publish(`sensors/${username}/${username}`).allowed).toBe(true);
  });
});

describe('subscribe', () => {
  const rules = [
    allow('subscribe', 'semantic/#'),
    deny('subscribe', 'semantic/+/BodyTemperature/#'),
    allow('subscribe', 'own/{username}/+'),
  ];
  const policy = policyOf({ rules });

  it.each([
    ['semantic/#', true, 1],
    ['#', true, 1],
    ['+/+/AirTemperature/#', true, 1],
    ['own/anna/x', true, 3],
    ['own/+/+', true, 3],
    ['semantic/Temperature/BodyTemperature/#', false, 2],
    ['semantic/+/BodyTemperature/band/#', false, 2],
    ['own/bert/x', false, 0],
    ['glossa/#', false, 0],
    ['$SYS/#', false, 0],
  ])('%s: %s by rule %d', (filter, granted, number) => {
    const expected = number === 0 ? 'no rule allows it' : new RegExp(`^rule ${number} of anna: `);
    expect(policy.subscribe(filter)).toEqual({ granted, rule: expect.stringMatching(expected) });
    expect(policy.check('subscribe', filter)).toEqual({
      allowed: granted,
      rule: policy.subscribe(filter).rule,
    });
  });

  it.each(['', 'a#', 'a/#/b', '+a'])('refuses what is no filter: %j', (filter) => {
    expect(policyOf({ roles: ['admin'] }).subscribe(filter).granted).toBe(false);
  });

  it('receives topic by topic what the rules allow', () => {
    expect(policy.receive(SEMANTIC)).toBe(true);
    expect(policy.receive('semantic/Temperature/BodyTemperature/band/temperature')).toBe(false);
    expect(policy.receive('own/anna/x')).toBe(true);
    expect(policy.receive('own/anna/x/y')).toBe(false);
    expect(policy.receive('zigbee2mqtt/a')).toBe(false);
  });

  it('grants a wide subscription where, and only where, it may receive something of it', () => {
    const word = fc.constantFrom('a', 'b', 'c');
    const filter = fc
      .tuple(fc.array(fc.oneof(word, fc.constant('+')), { minLength: 1, maxLength: 2 }), fc.boolean())
      .map(([levels, rest]) => [...levels, ...(rest ? ['#'] : [])].join('/'));
    const rule = fc.record({ effect: fc.constantFrom('allow' as const, 'deny' as const), topic: filter });
    const topics = ['a', 'b', 'c'].flatMap((x) => [
      x,
      ...['a', 'b', 'c', 'd'].flatMap((y) => [`${x}/${y}`, `${x}/${y}/z`]),
    ]);
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 4 }), filter, (some, asked) => {
        const one = policyOf({ rules: some.map((each) => ({ ...each, action: 'subscribe' as const })) });
        const { granted } = one.subscribe(asked);
        for (const topic of topics) {
          const fits = some.filter((each) => matches(each.topic, topic));
          const expected = fits.length > 0 && fits.every(({ effect }) => effect === 'allow');
          expect(one.receive(topic)).toBe(expected);
          // Nothing that may be received is refused as a subscription.
          if (expected && matches(asked, topic)) expect(granted).toBe(true);
        }
        if (!some.some(({ effect, topic }) => effect === 'allow' && overlaps(topic, asked)))
          expect(granted).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

describe('semantic topics over REST', () => {
  it.each([
    ['role consumer', { roles: ['consumer'] }, true, true],
    ['role operator', { roles: ['operator'] }, true, true],
    ['role device', { roles: ['device'] }, false, false],
    ['#', { rules: [allow('subscribe', '#')] }, true, true],
    ['+/#', { rules: [allow('subscribe', '+/#')] }, true, true],
    ['one kind', { rules: [allow('subscribe', 'semantic/Temperature/#')] }, true, false],
    [
      'a deny within',
      { roles: ['consumer'], rules: [deny('subscribe', 'semantic/+/+/band/#')] },
      true,
      false,
    ],
    [
      'a wide deny',
      { roles: ['consumer'], rules: [deny('subscribe', '+/+/BodyTemperature/#')] },
      true,
      false,
    ],
    ['a deny elsewhere', { roles: ['consumer'], rules: [deny('subscribe', 'zigbee2mqtt/#')] }, true, true],
    ['publishing alone', { rules: [allow('publish', '#')] }, false, false],
  ] as [string, Partial<Account>, boolean, boolean][])(
    '%s: reads %s, everything %s',
    (_, account, reads, everything) => {
      const policy = policyOf(account);
      expect(policy.may('observations:read' satisfies Permission).allowed).toBe(reads);
      expect(policy.seesEverySemantic).toBe(everything);
    },
  );
});
