import fc from 'fast-check';
import { compileExpression, type ExpressionProblem } from './expression.js';

function problem(source: string): ExpressionProblem {
  const result = compileExpression(source);
  if (result.ok) throw new Error(`${source.slice(0, 80)} is an expression`);
  return result.error;
}

function reads(source: string): string[] {
  const result = compileExpression(source);
  if (!result.ok) throw new Error(result.error.message);
  return [...result.expression.reads].sort();
}

describe('what is no expression', () => {
  it.each([
    ['', 'empty'],
    [' \n\t', 'empty'],
    ['a'.repeat(16_385), '16384 characters'],
    [`"${'a'.repeat(20_000)}"`, '16384 characters'],
  ])('%#: says why', (source, why) => expect(problem(source).message).toContain(why));

  it.each([
    ['1 +', 3, 'Unexpected end of expression', undefined],
    ['a..b', 3, '', 'Look at "..".'],
    ['temp > ) 5', 8, '', 'Look at ")".'],
    ['"abc', 4, 'must be terminated', undefined],
    ['a.`b', 4, 'backquote', undefined],
    ['a[', 2, '', undefined],
    ['$x := ', 6, '', undefined],
    ['/(/.a', 3, '', undefined],
    ['5.a', 1, '', undefined],
  ])('%s: says where and shows it', (source, position, message, hint) => {
    const error = problem(source);
    expect(error.code).toBe('expression-invalid');
    expect(error.message).toContain(message);
    expect(error.message).not.toBe('');
    if (hint !== undefined) expect(error.hint).toBe(hint);
    expect(error.position === undefined || error.position <= source.length).toBe(true);
    if (message !== '' || hint !== undefined) expect(error.position).toBe(position);
  });

  it.each([
    ['$toUpperCase(name)', '$toUpperCase', '$uppercase'],
    ['a & $substr(b, 1)', '$substr', '$substring'],
    ['$Round(a)', '$Round', '$round'],
    ['$map(a, $nope)', 'variable $nope', ''],
    ['$qqqqqq(a)', '$qqqqqq', 'docs.jsonata.org'],
    ['a ~> $nope', 'variable $nope', ''],
    ['$topik.device', 'variable $topik', '$topic'],
    ['a[b = $device]', 'variable $device', ''],
    ['$constructor', 'variable $constructor', ''],
    ['($f := function($x) { $x }; $g(1))', 'function $g', ''],
  ])('%s: names what is not known and what is like it', (source, name, hint) => {
    const error = problem(source);
    expect(error.message).toContain(`there is no `);
    expect(error.message).toContain(name);
    expect(error.hint).toContain(hint);
    expect(error.position).toBeGreaterThan(0);
  });

  it.each([
    '($f := function($x) { $x }; $f(1))',
    '($x := 1; $y := $x; $x + $y)',
    '$map(a, function($v, $i) { $v + $i })',
    'a@$v.b#$i.{"v": $v, "i": $i}',
    '$map(a, $string)',
    '$substring(?, 1)',
    '$payload.a + $$.b + $.c + $topic.d',
  ])('%s knows its names', (source) => expect(compileExpression(source).ok).toBe(true));
});

describe('a bomb', () => {
  const bombs: [string, string][] = [
    ['parentheses', `${'('.repeat(8000)}1${')'.repeat(8000)}`],
    ['parentheses, not so many', `${'('.repeat(300)}1${')'.repeat(300)}`],
    ['arrays', `${'['.repeat(8000)}${']'.repeat(8000)}`],
    ['objects', `${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`],
    ['calls', `${'$not('.repeat(2500)}1${')'.repeat(2500)}`],
    ['lambdas', `${'function($x){'.repeat(1000)}1${'}'.repeat(1000)}`],
    ['a sum', `a${'+a'.repeat(8000)}`],
    ['a path', `a${'.a'.repeat(8000)}`],
    ['filters', `${'a['.repeat(5000)}1${']'.repeat(5000)}`],
    ['conditions', `${'a?b:'.repeat(4000)}c`],
    ['bindings', `${'$a:='.repeat(4000)}1`],
    ['minus signs', `${'-'.repeat(16_000)}a`],
    ['in a comment and a string', `/* " */ ${'('.repeat(8000)}"`],
    ['defaults in defaults', Array.from({ length: 60 }).reduce<string>((inner) => `(${inner} ?? a)`, 'a')],
    ['elvis in elvis', Array.from({ length: 60 }).reduce<string>((inner) => `(${inner} ?: a)`, 'a')],
  ];

  it.each(bombs)('of %s is refused at once', (_what, source) => {
    const start = process.cpuUsage();
    expect(problem(source).message).toMatch(/nested deeper|too many|dots/);
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(4000);
  });

  it('is none of what people write', () => {
    for (const source of [
      `a${' & "," & b'.repeat(60)}`,
      `${'a = 1 ? "x" : '.repeat(60)}"y"`,
      `${'('.repeat(50)}a${')'.repeat(50)}`,
      'a ?? b ?? c ?? d ?? "none"',
      `a - ${'b - '.repeat(120)}c`,
      '"((((((((((" & a',
    ]) {
      expect(compileExpression(source)).toMatchObject({ ok: true });
    }
  });
});

it('any text is an expression or told why not', () => {
  const tokens = [
    'a',
    '.',
    '[',
    ']',
    '(',
    ')',
    '{',
    '}',
    '"',
    '$',
    '?',
    ':',
    '=',
    '`',
    '/',
    '*',
    '%',
    '1',
    '~>',
    '|',
    '^',
    '@',
    '#',
    ' ',
    '\\',
  ];
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...tokens), maxLength: 24 }), (source) => {
      const result = compileExpression(source);
      if (result.ok) expect(result.expression.source).toBe(source);
      else expect(result.error.message).not.toBe('');
    }),
    { numRuns: 2000 },
  );
});

describe('an expression reads', () => {
  it.each<[string, string[]]>([
    ['a', ['/a']],
    ['a.b + c', ['/a/b', '/c']],
    ['`a/b`.`~c`', ['/a~1b/~0c']],
    ['a[0].b', ['/a/b']],
    ['a[type = "x"].b', ['/a/b', '/a/type']],
    ['a[b = $$.c].d', ['/a/b', '/a/d', '/c']],
    ['$.a', ['/a']],
    ['$', ['']],
    ['$$.a', ['/a']],
    ['$payload.a.b', ['$payload/a/b']],
    ['$payload', ['$payload']],
    ['$topic.a', []],
    ['"a"', []],
    ['a.*', ['/a']],
    ['**.a', ['', '/a']],
    ['a.(b + c)', ['/a', '/a/b', '/a/c']],
    ['a{b: c}', ['/a', '/a/b', '/a/c']],
    ['a^(>b)', ['/a', '/a/b']],
    ['$map(a, function($v) { $v.b + c })', ['/a', '/c']],
    ['$lookup(a, "b")', ['/a']],
    ['$string()', ['']],
    ['a.$string()', ['/a']],
    ['$lookup("a")', ['']],
    ['$substringBefore(a, ",")', ['/a']],
    ['$now()', []],
    ['$eval(a)', ['', '/a']],
    ['a.%.b', ['', '/a/b']],
    ['($x := a; $x.b)', ['/a']],
    ['a ? b : c', ['/a', '/b', '/c']],
    ['a ?? b', ['/a', '/b']],
  ])('%s: %j', (source, pointers) => expect(reads(source)).toEqual(pointers));
});
