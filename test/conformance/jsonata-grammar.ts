import fc from 'fast-check';

/** Members of the payloads that are made; `a` is in nearly all of them. */
const MEMBERS = ['a', 'a', 'b', 'c', 'items', '`odd name`'];
const name = fc.constantFrom(...MEMBERS);
const key = name.map((member) => member.replaceAll('`', ''));

const TEXTS = ['', 'x', 'a', 'x,y,,z', 'é🌡️ x', '  two  words ', 'undefined', '$1'];
const NUMBERS_AS_TEXT = [
  '12',
  '-3.5e2',
  '0x1F',
  '1e999',
  '21,4',
  '2026-11-23T02:40:11.5Z',
  '2026-11-23',
  'NaN',
];
const text = fc.oneof(fc.constantFrom(...TEXTS), fc.constantFrom(...NUMBERS_AS_TEXT));
const number = fc.oneof(
  fc.integer({ min: -3, max: 12 }),
  fc.constantFrom(0.5, 1.5, -2.5, 21.45, 1e21, 1e-7, 255, 1_700_000_000_123, -0),
  { weight: 1, arbitrary: fc.constantFrom(Infinity, 1e308, -1e308) },
);

/** What a device may send, numbers beyond double range included. */
export const payloads: fc.Arbitrary<unknown> = fc
  .letrec<{ value: unknown; object: unknown; list: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { weight: 4, arbitrary: number },
      { weight: 4, arbitrary: text },
      { weight: 1, arbitrary: fc.constantFrom(true, false, null) },
      { weight: 3, arbitrary: tie('object') },
      { weight: 3, arbitrary: tie('list') },
    ),
    object: fc.dictionary(key, tie('value'), { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
    list: fc.oneof(
      fc.array(tie('value'), { maxLength: 4 }),
      fc.array(tie('object'), { maxLength: 4 }),
      fc.array(number, { maxLength: 4 }),
      fc.array(text, { maxLength: 3 }),
    ),
  }))
  .object.chain((object) =>
    fc.oneof(
      { weight: 8, arbitrary: fc.constant(object) },
      { weight: 1, arbitrary: fc.array(fc.constant(object), { maxLength: 3 }) },
      { weight: 1, arbitrary: fc.oneof(number, text, fc.constantFrom(true, null, undefined, [])) },
    ),
  );

/** Functions of one argument, of two, and of three; `$f()` of the context too. */
const UNARY =
  'exists boolean not type string uppercase lowercase length trim number abs floor ceil round sqrt sum max min average count keys reverse toMillis base64encode base64decode';
const BINARY =
  'string substring substringBefore substringAfter contains split join pad round power formatBase lookup append';
const TERNARY = 'substring split pad replace';
const OPERATORS = ['+', '-', '*', '/', '%', '=', '!=', '<', '<=', '>', '>=', '&', 'and', 'or', 'in'];

type Rule = 'any' | 'path' | 'filter' | 'call' | 'literal';

const quoted = text.map((value) => JSON.stringify(value));
const finite = number.filter(Number.isFinite).map((value) => String(Object.is(value, -0) ? 0 : value));

/** Expressions of the subset that compiles, as source. */
export const expressions: fc.Arbitrary<string> = fc.letrec((loose) => {
  const tie = (rule: Rule) => loose(rule) as fc.Arbitrary<string>;
  const any = tie('any');
  const pick = (names: string) => fc.constantFrom(...names.split(' '));
  const step = fc.tuple(
    fc.oneof(
      { weight: 12, arbitrary: name },
      { weight: 1, arbitrary: any.map((inner) => `(${inner})`) },
      { weight: 1, arbitrary: tie('call') },
    ),
    fc.oneof({ weight: 4, arbitrary: fc.constant('') }, { weight: 2, arbitrary: tie('filter') }),
    fc.oneof({ weight: 6, arbitrary: fc.constant('') }, { weight: 1, arbitrary: tie('filter') }),
  );
  return {
    literal: fc.oneof(quoted, finite, fc.constantFrom('true', 'false', 'null')),
    path: fc
      .tuple(
        fc.oneof(
          { weight: 10, arbitrary: fc.constant('') },
          {
            weight: 3,
            arbitrary: fc.constantFrom(
              '$',
              '$$',
              '$topic',
              '$payload',
              '$x',
              '$[0]',
              '$x[a=1]',
              '$topic.device',
            ),
          },
        ),
        fc.array(step, { minLength: 1, maxLength: 3 }),
      )
      .map(([start, steps]) => {
        const path = steps.map((parts) => parts.join('')).join('.');
        return start === '' ? path : `${start}.${path}`;
      }),
    filter: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('[0]', '[1]', '[-1]', '[-2]', '[1.5]', '[[0,1]]') },
      {
        weight: 4,
        arbitrary: fc
          .tuple(name, fc.constantFrom('=', '!=', '<', '>=', 'in', '&'), tie('literal'))
          .map(([member, sign, value]) => `[${member} ${sign} ${value}]`),
      },
      { weight: 2, arbitrary: any.map((inner) => `[${inner}]`) },
    ),
    call: fc.oneof(
      fc.tuple(pick(UNARY), any).map(([f, a]) => `$${f}(${a})`),
      fc.tuple(pick(BINARY), any, tie('literal')).map(([f, a, b]) => `$${f}(${a}, ${b})`),
      fc.tuple(pick(BINARY), tie('path'), any).map(([f, a, b]) => `$${f}(${a}, ${b})`),
      fc.tuple(pick(TERNARY), any, tie('literal'), any).map(([f, a, b, c]) => `$${f}(${a}, ${b}, ${c})`),
      fc
        .tuple(tie('path'), quoted, quoted, fc.constantFrom('', ', 0', ', 1', ', -1'))
        .map(([a, b, c, limit]) => `$replace(${a}, ${b}, ${c}${limit})`),
      fc.tuple(tie('path'), quoted).map(([a, b]) => `$split(${a}, ${b})`),
      fc.tuple(tie('path'), quoted).map(([a, b]) => `$join(${a}, ${b})`),
      fc.tuple(pick(`${UNARY} ${BINARY} ${TERNARY}`)).map(([f]) => `$${f}()`),
    ),
    any: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { weight: 6, arbitrary: tie('path') },
      { weight: 3, arbitrary: tie('literal') },
      { weight: 1, arbitrary: fc.constantFrom('$', '$$', '$x', '$topic.device', '$topic.nope', '()') },
      {
        weight: 6,
        arbitrary: fc.tuple(any, fc.constantFrom(...OPERATORS), any).map((parts) => parts.join(' ')),
      },
      { weight: 2, arbitrary: fc.tuple(any, any).map(([a, b]) => `(${a}) - ${b}`) },
      { weight: 4, arbitrary: tie('call') },
      { weight: 2, arbitrary: fc.tuple(any, any, any).map(([a, b, c]) => `(${a} ? ${b} : ${c})`) },
      { weight: 1, arbitrary: fc.tuple(any, any).map(([a, b]) => `(${a} ? ${b})`) },
      {
        weight: 1,
        arbitrary: fc.tuple(any, fc.constantFrom('??', '?:'), any).map(([a, o, b]) => `(${a} ${o} ${b})`),
      },
      { weight: 1, arbitrary: any.map((a) => `-(${a})`) },
      { weight: 1, arbitrary: any.map((a) => `(${a})`) },
      { weight: 1, arbitrary: fc.tuple(any, tie('filter')).map(([a, f]) => `(${a})${f}`) },
      {
        weight: 1,
        arbitrary: fc.array(tie('literal'), { maxLength: 3 }).map((list) => `[${list.join(', ')}]`),
      },
      { weight: 1, arbitrary: fc.array(tie('path'), { maxLength: 3 }).map((list) => `[${list.join(', ')}]`) },
      { weight: 1, arbitrary: fc.tuple(tie('path'), tie('literal')).map(([a, b]) => `[${a}, [${b}], 1]`) },
      { weight: 2, arbitrary: fc.tuple(any, any).map(([a, b]) => `($x := ${a}; ${b})`) },
      {
        weight: 1,
        arbitrary: fc.tuple(any, any, any).map(([a, b, c]) => `($x := ${a}; $y := ${b}; $x & $y; ${c})`),
      },
    ),
  };
}).any;
