import { compileExpression } from './expression.js';
import { ExpressionError } from './expression-error.js';

const MEBIBYTE = 1024 * 1024;
const LARGE: Readonly<Record<string, unknown>> = {
  text: 'x'.repeat(MEBIBYTE),
  same: `${'x'.repeat(MEBIBYTE - 1)}y`,
  numbers: Array.from({ length: 400_000 }, (_, i) => i % 10),
  arrays: Array.from({ length: 300_000 }, () => []),
  objects: Array.from({ length: 40_000 }, (_, i) => ({ v: i, t: 'x' })),
};

function compiled(source: string) {
  const result = compileExpression(source);
  if (!result.ok || result.expression.mode === 'worker')
    throw new Error(`${source.slice(0, 80)} does not compile`);
  return result.expression.evaluate;
}

/** The code of the failure, or the value. */
function outcome(
  source: string,
  input: unknown = LARGE,
  variables: Record<string, unknown> = { payload: input },
): unknown {
  try {
    return compiled(source)(input, variables);
  } catch (error) {
    if (error instanceof ExpressionError) return error.code;
    throw error;
  }
}

const repeat = (part: string, sign: string, times: number) =>
  Array.from({ length: times }, () => part).join(sign);

describe('the budget of a message', () => {
  it.each<[string, unknown]>([
    ['$sum(numbers)', 1_800_000],
    ['$max(numbers)', 9],
    ['$count(arrays)', 300_000],
    ['$length(text)', MEBIBYTE],
    ['$sum(objects.v)', 799_980_000],
    ['$count(objects[v >= 20000])', 20_000],
    ['text = same', false],
    ['$contains(same, "y")', true],
    ['$length($string(objects)) > 600000', true],
  ])('is enough for a mebibyte: %s', (source, value) => expect(outcome(source)).toBe(value));

  // Each would hold the broker's thread for seconds to hours, or fill its memory.
  it.each<[string, string, string]>([
    ['texts of the payload, often', repeat('$string($)', '&', 200), 'expression-(timeout|memory)'],
    [
      'a text that doubles',
      `($a := text; ${Array.from({ length: 30 }, () => '$a := $a & $a').join('; ')}; $a)`,
      'expression-memory',
    ],
    [
      'an array that doubles',
      `($a := numbers; ${Array.from({ length: 30 }, () => '$a := [$a, $a]').join('; ')}; $count($a))`,
      'expression-timeout',
    ],
    [
      'appending that doubles',
      `($a := numbers; ${Array.from({ length: 30 }, () => '$a := $append($a, $a)').join('; ')}; $count($a))`,
      'expression-timeout',
    ],
    ['padding', '$pad("x", 2e8)', 'expression-memory'],
    ['padding with much', '$pad("x", 4000000, text)', 'expression-memory'],
    ['a text replaced by a long one', '$replace(text, "x", text)', 'expression-memory'],
    ['a join', '$join($split(text, ""), "xxxxxxxxxxxxxxxx")', 'expression-memory'],
    ['each with each', 'numbers[$count($payload.numbers[$ > 1]) > 0]', 'expression-timeout'],
    ['each with the payload', 'numbers[$payload = $payload.text]', 'expression-timeout|undefined'],
    ['long texts compared', `numbers[$payload.text < $payload.same]`, 'expression-timeout'],
    ['long texts made equal', `numbers[$payload.text & "" = $payload.text & ""]`, 'expression-timeout'],
    ['many indexes', `numbers[[${repeat('0', ',', 500)}]]`, 'expression-timeout'],
    ['a product of sequences', 'numbers.($payload.numbers)', 'expression-timeout'],
    ['a long predicate', `numbers[${repeat('$ + 1', '+', 60)} > 1000]`, 'expression-timeout'],
    ['members of all', `arrays[$keys($payload.objects) = "x"]`, 'expression-timeout'],
  ])('ends %s', (_what, source, expected) => {
    const start = process.cpuUsage();
    expect(String(outcome(source))).toMatch(new RegExp(`^(${expected})$`));
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(5000);
  });

  it('is one for the expressions of a message, and anew for the next', () => {
    const variables = { payload: LARGE };
    let evaluations = 0;
    while (outcome('$sum(numbers)', LARGE, variables) === 1_800_000) evaluations++;
    expect(outcome('$sum(numbers)', LARGE, variables)).toBe('expression-timeout');
    expect(evaluations).toBeGreaterThan(5);
    expect(evaluations).toBeLessThan(100);
    expect(outcome('$sum(numbers)', LARGE, { payload: LARGE })).toBe(1_800_000);
  });

  it('is not spent by the truth of a large object, whose members are listed once', () => {
    let listed = 0;
    const members = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`m${i}`, i]));
    const config = new Proxy(members, { ownKeys: (target) => ((listed += 1), Reflect.ownKeys(target)) });
    const variables = { payload: { config, none: {} } };
    const evaluate = compiled('$payload.config ? 1 : 2');
    for (let i = 0; i < 1000; i++) expect(evaluate({}, variables)).toBe(1);
    expect(listed).toBe(1);
    expect(compiled('$payload.none ? 1 : 2')({}, variables)).toBe(2);
  });

  it('is not spent by plain paths and arithmetic', () => {
    const variables = { payload: LARGE };
    const evaluate = compiled('a.b * 1.8 + 32 > c[0] ? "x" : d');
    for (let i = 0; i < 500_000; i++) evaluate({ a: { b: i }, c: [5] }, variables);
    expect(outcome('$sum(numbers)', LARGE, variables)).toBe(1_800_000);
  });
});
