import fc from 'fast-check';
import { comparePatterns, TopicPattern, type TopicVariables } from './topic-pattern.js';

function pattern(source: string): TopicPattern {
  const parsed = TopicPattern.parse(source);
  if (!(parsed instanceof TopicPattern)) throw new Error(parsed.message);
  return parsed;
}

/** What the docstring says, as a regular expression. */
function reference(source: string): (topic: string) => TopicVariables | undefined {
  const quote = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  const levels = source.split('/').map((level, i) => {
    const slash = i === 0 ? '' : '/';
    if (level === '#') return i === 0 ? '[^]*' : '(?:/[^]*)?';
    if (level === '+') return `${slash}[^/]*`;
    const named = /^(.*)\{(\w+)(\*?)\}(.*)$/.exec(level);
    if (!named) return slash + quote(level);
    const [, prefix = '', name = '', rest, suffix = ''] = named;
    return `${slash}${quote(prefix)}(?<${name}>${rest ? '[^]+' : '[^/]+'})${quote(suffix)}`;
  });
  const expression = new RegExp(`^${levels.join('')}$`);
  return (topic) => {
    if (/^(\$|(semantic|glossa)(\/|$))/.test(topic)) return undefined;
    const match = expression.exec(topic);
    return match ? { ...match.groups } : undefined;
  };
}

/** MQTT's own rule for filters [MQTT-4.7.1]. */
function filterMatches(filter: string, topic: string): boolean {
  const levels = topic.split('/');
  const parts = filter.split('/');
  for (const [i, part] of parts.entries()) {
    if (part === '#') return i <= levels.length;
    if (levels[i] === undefined || (part !== '+' && part !== levels[i])) return false;
  }
  return parts.length === levels.length;
}

const word = fc.constantFrom('a', 'b', 'ab', 'semantic', 'glossa', '$SYS', 'é', 'a.b', '');
const level = (i: number) =>
  fc.oneof(
    { weight: 3, arbitrary: word },
    { weight: 1, arbitrary: fc.constant('+') },
    {
      weight: 3,
      arbitrary: fc
        .tuple(fc.constantFrom('', '', 'a', 'b-'), fc.constantFrom('', '', 'b'))
        .map(([p, s]) => `${p}{v${i}}${s}`),
    },
  );
const sources = fc
  .tuple(
    fc.tuple(level(0), level(1), level(2)),
    fc.nat({ max: 3 }),
    fc.constantFrom('', '', '', '#', '{rest*}'),
  )
  .map(([levels, count, rest]) => [...levels.slice(0, count), ...(rest ? [rest] : [])].join('/'));
const patterns = sources
  .map((source) => TopicPattern.parse(source))
  .filter((parsed) => parsed instanceof TopicPattern);
const topics = fc
  .array(fc.oneof(word, fc.constantFrom('ab-b', 'b-x', 'xb', 'a+', 'a\nb', '{v0}')), {
    minLength: 1,
    maxLength: 5,
  })
  .map((levels) => levels.join('/'));

describe('a topic pattern', () => {
  it.each<[string, string, TopicVariables | undefined]>([
    ['zigbee2mqtt/{device}', 'zigbee2mqtt/kitchen', { device: 'kitchen' }],
    ['zigbee2mqtt/{device}', 'zigbee2mqtt/kitchen/set', undefined],
    ['zigbee2mqtt/{device}', 'zigbee2mqtt/', undefined],
    ['zigbee2mqtt/{device}', 'zigbee2mqtt', undefined],
    ['tele/{device}/SENSOR', 'tele/plug 1/SENSOR', { device: 'plug 1' }],
    ['shellies/shelly-{id}/x', 'shellies/shelly-1/x', { id: '1' }],
    ['shellies/shelly-{id}/x', 'shellies/shelly-/x', undefined],
    ['{a}/{b}-c', 'x/c-c', { a: 'x', b: 'c' }],
    ['p{a}s', 'ps', undefined],
    ['ab{a}ba', 'aba', undefined],
    ['a/+/c', 'a//c', {}],
    ['a/#', 'a', {}],
    ['a/#', 'a/', {}],
    ['a/#', 'a/b/c', {}],
    ['a/#', 'ab', undefined],
    ['#', 'anything/at all', {}],
    ['a/{rest*}', 'a', undefined],
    ['a/{rest*}', 'a/', undefined],
    ['a/{rest*}', 'a/b', { rest: 'b' }],
    ['a/{rest*}', 'a/b//c/', { rest: 'b//c/' }],
    ['{rest*}', 'a/b', { rest: 'a/b' }],
    ['{constructor}/{toString}', 'a/b', { constructor: 'a', toString: 'b' }],
  ])('%s and %s', (source, topic, variables) => expect(pattern(source).match(topic)).toEqual(variables));

  it.each(['#', '+/x', '{a}/x', '{rest*}', '+/#'])("%s takes nothing that is the gateway's", (source) => {
    for (const topic of ['semantic/x', 'glossa/x', '$SYS/x', 'semantic', 'glossa', '$'])
      expect(pattern(source).match(topic)).toBeUndefined();
  });

  it('matches as the reference does', () => {
    fc.assert(
      fc.property(patterns, topics, (parsed, topic) => {
        expect(parsed.match(topic)).toEqual(reference(parsed.source)(topic));
      }),
      { numRuns: 5000 },
    );
  });

  it('has a filter that covers whatever it matches, and names for all that it binds', () => {
    fc.assert(
      fc.property(patterns, topics, (parsed, topic) => {
        const variables = parsed.match(topic);
        if (!variables) return;
        expect(filterMatches(parsed.filter, topic)).toBe(true);
        expect(Object.keys(variables).sort()).toEqual(parsed.names.sort());
      }),
      { numRuns: 5000 },
    );
  });

  it('has a key that leaves out names alone', () => {
    expect(pattern('a/{x}/p{y}/{z*}').key).toBe(pattern('a/{b}/p{c}/{d*}').key);
    expect(pattern('a/{x}/p{y}/{z*}').filter).toBe('a/+/+/#');
    const keys = ['a/{x}', 'a/p{x}', 'a/{x}p', 'a/x', 'a/{x*}', 'b/{x}', 'a/{x}/'].map(
      (one) => pattern(one).key,
    );
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('what is no pattern', () => {
  it.each([
    ['', 'characters'],
    ['a'.repeat(1025), 'characters'],
    ['a\u0000b', 'control'],
    ['a\nb', 'control'],
    ['a\u0085b', 'control'],
    [`${'a/'.repeat(100)}a`, 'levels'],
    ['a/#/b', 'last level'],
    ['a/{rest*}/b', 'last level'],
    ['a/x{rest*}', 'stands alone'],
    ['a/b+', 'stand alone'],
    ['a/#b', 'stand alone'],
    ['a/+{x}', 'stand alone'],
    ['a/{x}{y}', 'one name'],
    ['a/{x', 'one name'],
    ['a/x}', 'one name'],
    ['a/{}', 'variable name'],
    ['a/{*}', 'variable name'],
    ['a/{1x}', 'variable name'],
    ['a/{x y}', 'variable name'],
    ['a/{__proto__}', 'variable name'],
    [`a/{${'x'.repeat(65)}}`, 'variable name'],
    ['{x}/{x}', 'bound twice'],
    ['{x}/{x*}', 'bound twice'],
  ])('%j is refused', (source, why) => {
    expect(TopicPattern.parse(source)).toMatchObject({
      code: 'topic-invalid',
      message: expect.stringContaining(why),
    });
  });

  it.each([
    'semantic/x',
    'semantic',
    'semantic/#',
    'glossa/{x}',
    'glossa',
    '$SYS/x',
    '$share/g/a',
    '$',
    '$/{x}',
  ])('%s is reserved', (source) =>
    expect(TopicPattern.parse(source)).toMatchObject({ code: 'topic-reserved' }),
  );

  it.each(['semantics/x', 'a/semantic', 'glossary', 'a/$x', '/semantic'])('%s is not', (source) =>
    expect(pattern(source).source).toBe(source),
  );

  it('is told for any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '/', '{', '}', '*', '+', '#', '$', '_') }),
        (source) => {
          const parsed = TopicPattern.parse(source);
          if (!(parsed instanceof TopicPattern)) expect(parsed.message).not.toBe('');
        },
      ),
    );
  });
});

describe('specificity', () => {
  it.each([
    ['a/b', 'a/{x}'],
    ['a/{x}', 'a/{rest*}'],
    ['a/{x}', '{y}/b'],
    ['a/#', '+/b'],
    ['a/p-{x}', 'a/{x}'],
    ['a/p', 'a/p{x}'],
    ['a/{x}/c', 'a/{x}/{y}'],
    ['a/{x}/{y}', 'a/{x}/#'],
    ['a/{x}', 'a/#'],
    ['a', 'a/#'],
    ['a/{x}', 'a/{x}/#'],
    ['{x}', '#'],
  ])('%s comes before %s', (first, second) => {
    expect(comparePatterns(pattern(first), pattern(second))).toBeLessThan(0);
    expect(comparePatterns(pattern(second), pattern(first))).toBeGreaterThan(0);
  });

  it('does not tell names, nor a name from none', () => {
    expect(comparePatterns(pattern('a/{x}/{y*}'), pattern('a/{b}/{c*}'))).toBe(0);
    expect(comparePatterns(pattern('a/{x}/{y*}'), pattern('a/+/#'))).toBe(0);
  });

  it('is a strict weak order', () => {
    const sign = (a: TopicPattern, b: TopicPattern) => Math.sign(comparePatterns(a, b));
    fc.assert(
      fc.property(patterns, patterns, patterns, (a, b, c) => {
        expect(sign(a, a)).toBe(0);
        expect(sign(a, b) + sign(b, a)).toBe(0);
        if (sign(a, b) < 0 && sign(b, c) < 0) expect(sign(a, c)).toBe(-1);
        if (sign(a, b) === 0 && sign(b, c) === 0) expect(sign(a, c)).toBe(0);
      }),
      { numRuns: 3000 },
    );
  });
});
