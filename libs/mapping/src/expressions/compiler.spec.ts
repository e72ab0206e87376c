import { compileExpression } from './expression.js';
import { ExpressionError } from './expression-error.js';

function run(
  source: string,
  input: unknown = {},
  variables: object = { topic: { device: 'd1' }, payload: input },
): unknown {
  const result = compileExpression(source);
  if (!result.ok) throw new Error(result.error.message);
  if (result.expression.mode === 'worker') throw new Error(`${source} does not compile`);
  return result.expression.evaluate(input, variables as Record<string, unknown>);
}

function failure(source: string, input?: unknown, variables?: object): ExpressionError {
  try {
    run(source, input, variables);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error(`${source.slice(0, 80)} has a value`);
}

const PAYLOAD = {
  temperature: 215,
  battery: '87 %',
  'relative humidity': 48.25,
  csv: '21.5,48,1013',
  ok: 'ON',
  ts: '2026-11-23T02:40:11Z',
  rssi: -71,
  readings: [
    { type: 'temperature', value: 21.5, unit: 'C' },
    { type: 'humidity', value: 48 },
    { type: 'pressure', value: '1013.2' },
  ],
  tags: ['a', 'b'],
  data: 'AQI=',
};

describe('compiled', () => {
  it.each<[string, unknown]>([
    ['temperature / 10', 21.5],
    ['$round(temperature / 10, 0)', 22],
    ['$round(temperature / 9, 2)', 23.89],
    ['`relative humidity`', 48.25],
    ['$number($split(csv, ",")[1])', 48],
    ['$split(csv, ",")[-1]', '1013'],
    ['$number($substringBefore(battery, " "))', 87],
    ['$replace(battery, " %", "")', '87'],
    ['$replace("a.b.c", ".", "$1", 1)', 'a$1b.c'],
    ['$substring(csv, 0, 4)', '21.5'],
    ['$substring(csv, -4)', '1013'],
    ['$join(tags, "-")', 'a-b'],
    ['$pad($string(temperature), -6, "0")', '000215'],
    ['ok = "ON" ? 1 : 0', 1],
    ['ok in ["ON", "on", true]', true],
    ['$lookup($, "ok")', 'ON'],
    ['$power(10, rssi / 20)', 10 ** (-71 / 20)],
    ['$toMillis(ts) / 1000', 1_795_401_611],
    ['readings[type = "temperature"].value', 21.5],
    ['readings[type = "pressure"].$number(value)', 1013.2],
    ['readings[type = "temperature" and unit = "C"].value', 21.5],
    ['readings[type = "wind"][0].value', undefined],
    ['readings[1].value', 48],
    ['readings[-1].type', 'pressure'],
    ['readings.value[0]', [21.5, 48, '1013.2']],
    ['(readings.value)[0]', 21.5],
    ['$count(readings)', 3],
    ['$max(readings[type != "pressure"].value)', 48],
    ['[temperature, rssi]', [215, -71]],
    ['($t := temperature / 10; $t * 2)', 43],
    ['missing ?? temperature', 215],
    ['$exists(missing) or rssi < -70', true],
    ['$topic.device & "-" & temperature', 'd1-215'],
    ['readings.(type & "=" & value)', ['temperature=21.5', 'humidity=48', 'pressure=1013.2']],
    ['$base64decode(data) = "\u0001\u0002"', true],
    ['$uppercase($substring(ok, 0, 1)) & $lowercase(ok)', 'Oon'],
    ['$payload.rssi', -71],
  ])('%s is %j', (source, value) => expect(run(source, PAYLOAD)).toEqual(value));

  it.each([
    '$map(a, function($v) { $v })',
    '$filter(a, $exists)',
    '$contains(a, /x/)',
    'a.*',
    '**.a',
    'a ~> $sum()',
    'a^(b)',
    'a{b: c}',
    '{"a": b}',
    'a[]',
    'a@$v.b',
    'a#$i.b',
    'a.%.b',
    '$now()',
    '$formatNumber(a, "0.0")',
    '$toMillis(a, "[Y]")',
    'a[b = $$.c]',
    '[1..3]',
    '[[a], [b]]',
    '[-a, -b]',
    '$exists($string)',
    '$eval("a")',
    '($string := 1; $string)',
    '$x := a',
  ])('not: %s', (source) =>
    expect(compileExpression(source)).toMatchObject({ ok: true, expression: { mode: 'worker' } }),
  );

  it('a time without a zone is UTC, wherever the service runs', () => {
    expect(run('$toMillis("2026-11-23T02:40:11")')).toBe(Date.UTC(2026, 10, 23, 2, 40, 11));
    expect(run('$toMillis("2026-11-23T02:40:11.5+01:00")')).toBe(Date.UTC(2026, 10, 23, 1, 40, 11, 500));
    expect(run('$toMillis("2026-11-23")')).toBe(Date.UTC(2026, 10, 23));
  });

  it("errors name the function, the place and JSONata's code", () => {
    expect(failure('a + $number(b)', { a: 1, b: 'x' })).toMatchObject({
      code: 'expression-failed',
      jsonata: 'D3030',
      position: 12,
      message: '$number: the value cannot be read as a number (D3030)',
    });
    expect(failure('a * 2', { a: 'x' })).toMatchObject({ jsonata: 'T2001', position: 3 });
    expect(failure('a > 2', { a: 'x' })).toMatchObject({ jsonata: 'T2009', position: 3 });
  });

  it('numbers beyond double range are told as such', () => {
    expect(run('a', { a: Infinity })).toBe(Infinity);
    expect(failure('a + 1', { a: Infinity }).jsonata).toBe('D1001');
    expect(run('a / 0', { a: 1 })).toBe(Infinity);
  });
});

describe('prototypes', () => {
  const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'length', '__defineGetter__'];

  it.each(names)('%s is nothing', (name) => {
    for (const input of [{}, { a: {} }, { a: 'text' }, { a: 5 }, { a: [{}, []] }, [], 'text', 5, true]) {
      for (const source of [
        name,
        `a.${name}`,
        `$.${name}`,
        `$$.${name}`,
        `\`${name}\``,
        `$payload.${name}`,
        `$lookup($, "${name}")`,
        `$topic.${name}`,
        `a[${name}]`,
      ])
        expect(run(source, input)).toBeUndefined();
    }
  });

  it('own members of such names are data', () => {
    const input: unknown = JSON.parse('{"__proto__": {"a": 1}, "constructor": [2, 3], "toString": "x"}');
    expect(run('__proto__.a', input)).toBe(1);
    expect(run('constructor[1]', input)).toBe(3);
    expect(run('toString', input)).toBe('x');
    expect(run('$keys($)', input)).toEqual(['__proto__', 'constructor', 'toString']);
  });

  it('bound names reach none', () => {
    expect(run('($__proto__ := a; $constructor := 2; $__proto__.b + $constructor)', { a: { b: 1 } })).toBe(3);
    expect(({} as Record<string, unknown>).b).toBeUndefined();
    expect(run('($x := 1; $topic.constructor)')).toBeUndefined();
  });
});
