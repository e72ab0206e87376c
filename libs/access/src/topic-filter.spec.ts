import fc from 'fast-check';
import { compileFilter, covers, filterProblem, matches, overlaps, topicProblem } from './topic-filter.js';

const level = fc.constantFrom('a', 'b', 'ab', '', '$SYS', '$', 'ü');
const topic = fc
  .array(level, { minLength: 1, maxLength: 5 })
  .map((levels) => levels.join('/'))
  .filter((text) => text !== '');
const filter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 4 }), fc.boolean())
  .map(([levels, rest]) => [...levels, ...(rest ? ['#'] : [])].join('/'))
  .filter((text) => text !== '');

/** MQTT 3.1.1, 4.7, as it reads; the filter is valid. */
function matchesNaively(one: string, name: string): boolean {
  if (name.startsWith('$') && /^[+#]/.test(one)) return false;
  const walk = (levels: string[], names: string[]): boolean => {
    const [first, ...rest] = levels;
    if (first === undefined) return names.length === 0;
    if (first === '#') return true;
    // "sport/tennis/#" matches "sport/tennis" as well [4.7.1.2].
    if (names.length === 0) return false;
    return (first === '+' || first === names[0]) && walk(rest, names.slice(1));
  };
  return walk(one.split('/'), name.split('/'));
}

/** Topics that tell filters apart: their levels with words in the place of wildcards, up to one level deeper. */
function topicsOf(...filters: string[]): string[] {
  const all = filters.map((one) => one.split('/'));
  const depth = Math.max(...all.map((levels) => levels.length)) + 1;
  let found: string[][] = [[]];
  const topics: string[][] = [];
  for (let i = 0; i < depth; i++) {
    const words = new Set([
      'other',
      ...all.map((levels) => levels[i]).filter((one) => one !== undefined && !/[+#]/.test(one)),
    ]);
    found = found.flatMap((names) => [...words].map((word) => [...names, word!]));
    topics.push(...found);
  }
  return topics.map((names) => names.join('/')).filter((name) => name !== '');
}

describe('filterProblem', () => {
  it.each([
    'a',
    '/',
    'a/b',
    '+',
    '#',
    '+/#',
    'a/+/b',
    'a/#',
    '/+',
    '+/',
    '$SYS/#',
    'a b/ü/🌡',
    '$',
    'x'.repeat(65_535),
    '/'.repeat(99),
  ])('takes %j', (text) => expect(filterProblem(text)).toBeUndefined());

  it.each([
    ['', /not empty/],
    ['a#', /# stands alone/],
    ['#/a', /# stands alone/],
    ['a/#/b', /# stands alone/],
    ['a/b#', /# stands alone/],
    ['##', /# stands alone/],
    ['a+', /\+ stands alone/],
    ['a/+b/c', /\+ stands alone/],
    ['++', /\+ stands alone/],
    ['a\u0000', /control/],
    ['a\nb', /control/],
    ['a/\u0085', /control/],
    ['/'.repeat(100), /100 levels/],
    ['+/'.repeat(100) + '#', /100 levels/],
    ['x'.repeat(65_536), /65,535/],
    ['ü'.repeat(32_768), /65,535/],
  ])('refuses %j', (text, why) => expect(filterProblem(text)).toMatch(why));
});

describe('topicProblem', () => {
  it('takes what names a topic', () => {
    fc.assert(fc.property(topic, (name) => expect(topicProblem(name)).toBeUndefined()));
  });

  it.each(['', 'a/+', '#', 'a/b#', 'a\u0000'])('refuses %j', (text) =>
    expect(topicProblem(text)).toBeDefined(),
  );
});

describe('matching', () => {
  it.each([
    // examples of the standard, 4.7.1.2 to 4.7.2
    ['sport/tennis/player1/#', 'sport/tennis/player1', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/ranking', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
    ['sport/tennis/player1/#', 'sport/tennis/player10', false],
    ['sport/#', 'sport', true],
    ['sport/tennis/+', 'sport/tennis/player1', true],
    ['sport/tennis/+', 'sport/tennis/player1/ranking', false],
    ['sport/+', 'sport', false],
    ['sport/+', 'sport/', true],
    ['+/+', '/finance', true],
    ['/+', '/finance', true],
    ['+', '/finance', false],
    ['#', '$SYS/broker', false],
    ['+/monitor/Clients', '$SYS/monitor/Clients', false],
    ['$SYS/#', '$SYS/', true],
    ['$SYS/monitor/+', '$SYS/monitor/Clients', true],
    ['a/#', 'a', true],
    ['a/#', 'ab', false],
    ['a/+/#', 'a/b', true],
    ['+/#', 'a', true],
    ['a', 'A', false],
    ['a', 'a/', false],
  ])('%s on %s: %s', (one, name, expected) => {
    expect(matches(one, name)).toBe(expected);
    expect(matchesNaively(one, name)).toBe(expected);
  });

  it('is what the standard says of any filter and topic', () => {
    fc.assert(
      fc.property(filter, topic, (one, name) => {
        expect(compileFilter(one)(name)).toBe(matchesNaively(one, name));
      }),
      { numRuns: 3000 },
    );
  });
});

describe('overlaps', () => {
  it.each([
    ['semantic/#', '#', true],
    ['semantic/#', '+', true],
    ['semantic/#', '+/+/AirTemperature/#', true],
    ['semantic/+/+/a/#', 'semantic/Temperature/#', true],
    ['semantic/+/+/a', 'semantic/+/+/b', false],
    ['a/#', 'a', true],
    ['a/+', 'a', false],
    ['a/+/#', 'a', false],
    ['$SYS/#', '#', false],
    ['$SYS/#', '+/a', false],
    ['$SYS/#', '$SYS/a', true],
  ])('%s and %s: %s', (a, b, expected) => {
    expect(overlaps(a, b)).toBe(expected);
    expect(overlaps(b, a)).toBe(expected);
  });

  it('holds where, and only where, some topic fits both', () => {
    fc.assert(
      fc.property(filter, filter, (a, b) => {
        const both = topicsOf(a, b).filter((name) => matchesNaively(a, name) && matchesNaively(b, name));
        expect({ a, b, overlaps: overlaps(a, b) }).toEqual({ a, b, overlaps: both.length > 0 });
      }),
      { numRuns: 2000 },
    );
  });
});

describe('covers', () => {
  it.each([
    ['#', 'a/+/b', true],
    ['#', '$SYS/a', false],
    ['+/#', '#', true],
    ['+/+/#', '/#', true],
    ['+/+/#', '#', false],
    ['a/#', 'a', true],
    ['a/#', 'a/b/#', true],
    ['a/+', 'a/#', false],
    ['a/b', 'a/+', false],
    ['a/+', 'a/b', true],
    ['+', '#', false],
  ])('%s over %s: %s', (outer, inner, expected) => expect(covers(outer, inner)).toBe(expected));

  it('holds where, and only where, every topic of the narrow one fits the wide one', () => {
    fc.assert(
      fc.property(filter, filter, (outer, inner) => {
        const beyond = topicsOf(outer, inner).filter(
          (name) => matchesNaively(inner, name) && !matchesNaively(outer, name),
        );
        expect({ outer, inner, beyond: beyond.length > 0 }).toEqual({
          outer,
          inner,
          beyond: !covers(outer, inner),
        });
      }),
      { numRuns: 2000 },
    );
  });
});
