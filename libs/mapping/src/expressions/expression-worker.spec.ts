import { jest } from '@jest/globals';
import jsonata from 'jsonata';
import { ExpressionWorker, type ExpressionResult } from './expression-worker.js';

const INPUT = {
  a: 2,
  text: 'one two  three',
  items: [
    { type: 'x', v: 3, tags: ['p', 'q'] },
    { type: 'y', v: 1, tags: [] },
    { type: 'x', v: 2 },
  ],
  nested: { deep: { v: 7, list: [1, [2, 3]] } },
};

const INFINITE = '($f := function() { $f() }; $f())';
/** What an evaluation must not do, and how it is ended. */
const HOSTILE: [string, string, string][] = [
  ['an infinite loop', INFINITE, 'timeout'],
  ['recursion without end', '($f := function($n) { 1 + $f($n + 1) }; $f(1))', 'timeout|memory'],
  [
    'a regular expression that backtracks',
    '$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a+)+$/)',
    'timeout',
  ],
  ['a text that fills the memory', '$pad("x", 2e8)', 'memory'],
  ['an array that fills the memory', '[1..9000000]', 'timeout|memory'],
  [
    'a text that doubles',
    '($f := function($s, $n) { $n = 0 ? $s : $f($s & $s, $n - 1) }; $length($f("xxxxxxxx", 40)))',
    'timeout|memory',
  ],
  [
    'a huge result',
    '($f := function($s, $n) { $n = 0 ? $s : $f($s & $s, $n - 1) }; $f("xxxxxxxx", 18))',
    'memory',
  ],
  ['an infinite sequence', '$reduce([1..100000], function($x, $y) { $append($x, $y) })', 'timeout|memory'],
  ['an error of its own', '$error("no")', 'failed'],
  ['a function', '$uppercase', 'failed'],
  ['a lambda with its world', 'function($x) { $x }', 'failed'],
];

// A thread may take seconds to start where every core is busy.
jest.setTimeout(60_000);

// What a message may take is tested below.
const worker = new ExpressionWorker({ allowanceMs: 600_000 });
afterAll(() => worker.close());

const asker = (client = 'c') => ({ client });
const job = (source: string, input: unknown = INPUT) => ({
  source,
  input,
  variables: { topic: { device: 'd1' } },
});
const evaluate = async (source: string, input?: unknown): Promise<ExpressionResult> =>
  (await worker.evaluate([job(source, input)], asker()))[0]!;
const value = async (source: string, input?: unknown): Promise<unknown> => {
  const result = await evaluate(source, input);
  if (!result.ok) throw result.error;
  return result.value;
};
const codeOf = (result: ExpressionResult) =>
  result.ok ? 'ok' : result.error.code.replace('expression-', '');

describe('the worker', () => {
  it('agrees with jsonata', async () => {
    const sources = [
      '$map(items, function($i, $k) { $i.v * $k })',
      '$filter(items, function($i) { $i.v > 1 }).type',
      '$reduce(items.v, function($a, $b) { $a + $b }, 10)',
      '$contains(text, /t.o/)',
      '$match(text, /(\\w)o/).groups',
      '$split(text, /\\s+/)',
      '$replace(text, /(\\w+) (\\w+)/, "$2 $1")',
      '$sum(items[v > 1].(v * 2))',
      'nested.*',
      '**.v',
      'nested.deep.list',
      'items.v ~> $sum()',
      'text ~> $uppercase ~> $length',
      'items^(>v).type',
      'items^(type, v).v',
      'items ~> |$|{"v": v * 10}, ["tags"]|',
      'items{type: $sum(v)}',
      'items@$i.{"t": $i.type, "a": $$.a}',
      'items#$k.{"k": $k, "v": v}',
      'items.tags.(% ).v',
      '{"a": a, "list": [items.v]}',
      'items[]. v[0]',
      '[1..5][$ % 2 = 1]',
      '$sort(items.v)',
      '$each(nested.deep, function($v, $k) { $k })',
      '$distinct(items.type)',
      '$merge([{"a": 1}, {"b": 2}])',
      '$spread(nested.deep)',
      '$zip([1, 2], ["a", "b"])',
      '$sift(nested.deep, function($v) { $v = 7 })',
      '$formatNumber(1234.567, "#,##0.00")',
      '$formatInteger(14, "I")',
      '$parseInteger("1,234", "#,##0")',
      '$toMillis("23/11/2026", "[D]/[M]/[Y]")',
      '$fromMillis(1795401611000, "[Y]-[M01]-[D01] [H01]:[m] [Z]", "+0530")',
      '$encodeUrlComponent("a b/é")',
      '$decodeUrl("a%20b")',
      '$base64encode("hi there") & $base64decode("AP9/")',
      '$eval("a + 1")',
      '$single(items, function($i) { $i.v = 1 }).type',
      '$topic.device',
      '$type(function() { 1 })',
      '$assert(a = 2, "no")',
      'nope.nothing',
      '$not(nope)',
      '[]',
      '"é🌡" & $string({"a": [1.10, null, true]})',
      'a + "x"',
      '$number("x")',
      '-text',
      '$map(items, function($i) { $i.type + 1 })',
      '$nope2 := 5',
    ];
    const results = await worker.evaluate(
      sources.map((source) => job(source)),
      asker(),
    );
    for (const [i, source] of sources.entries()) {
      const expected = await jsonata(source)
        .evaluate(INPUT, { topic: { device: 'd1' } })
        .then(
          (found: unknown) => ({
            value: found === undefined ? undefined : (JSON.parse(JSON.stringify(found)) as unknown),
          }),
          (error: unknown) => ({ error: (error as { code?: string }).code }),
        );
      const result = results[i]!;
      expect({ source, ...(result.ok ? { value: result.value } : { error: result.error.jsonata }) }).toEqual({
        source,
        ...expected,
      });
    }
  });

  it.each(HOSTILE)('ends %s, and answers the next', async (_what, source, code) => {
    const [ended, next] = await worker.evaluate(
      [job(source), job('$map([a], function($v) { $v + 1 })')],
      asker(),
    );
    expect(codeOf(ended!)).toMatch(new RegExp(`^(${code})$`));
    expect(next).toEqual({ ok: true, value: 3 });
    expect(worker.restarts).toBe(0);
  });

  it('loses none of many jobs, whatever stands between them', async () => {
    const jobs = Array.from({ length: 300 }, (_, i) =>
      i % 60 === 30 ? job(INFINITE) : job('$map([a], function($v) { $v })', { a: i }),
    );
    const results = await worker.evaluate(jobs, asker());
    expect(
      results.map((result, i) =>
        result.ok ? result.value === i : i % 60 === 30 && codeOf(result) === 'timeout',
      ),
    ).toEqual(jobs.map(() => true));
  });

  it('stays of one size, however often it fails', async () => {
    await worker.evaluate([job('1')], asker());
    const before = process.memoryUsage().rss;
    const results = await worker.evaluate(
      Array.from({ length: 30 }, () => job('$pad("x", 2e8)')),
      asker(),
    );
    expect(new Set(results.map(codeOf))).toEqual(new Set(['memory']));
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1024 * 1024);
  });

  it('keeps this thread free', async () => {
    await worker.evaluate([job('1')], asker());
    let turns = 0;
    let done = false;
    const turn = () => {
      turns++;
      if (!done) setImmediate(turn);
    };
    turn();
    await worker.evaluate([job(INFINITE)], asker());
    done = true;
    expect(turns).toBeGreaterThan(100);
  });

  it('does not take a busy main thread for a stuck expression', async () => {
    await worker.evaluate([job('1')], asker());
    const results = worker.evaluate(
      [job('$map([1, 2], function($v) { $v })'), job(INFINITE), job('$map([a], function($v) { $v })')],
      asker(),
    );
    const until = performance.now() + 1500;
    while (performance.now() < until);
    expect((await results).map(codeOf)).toEqual(['ok', 'timeout', 'ok']);
    expect(worker.restarts).toBe(0);
  });
});

describe('clients', () => {
  const SIMPLE = '$map([a], function($v) { $v })';
  let small: ExpressionWorker;
  beforeAll(async () => {
    small = new ExpressionWorker();
    await small.evaluate([job('1')], asker());
  });
  afterAll(() => small.close());

  it('take turns: one that asks for much delays no other', async () => {
    const order: string[] = [];
    const ask = (client: string, source: string, times: number) =>
      worker
        .evaluate(
          Array.from({ length: times }, () => job(source)),
          asker(client),
        )
        .then(() => order.push(client));
    await Promise.all([ask('slow', INFINITE, 8), ask('quick', SIMPLE, 3), ask('late', SIMPLE, 4)]);
    expect(order).toEqual(['quick', 'late', 'slow']);
  });

  it('have a second for each message, whatever else it asks for', async () => {
    const message = asker();
    const start = performance.now();
    const results = await small.evaluate(
      Array.from({ length: 300 }, () => job(INFINITE)),
      message,
    );
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(new Set(results.map(codeOf))).toEqual(new Set(['timeout']));
    expect(results.at(-1)).toMatchObject({
      error: { message: 'the expressions for one message took longer than 1000 ms' },
    });
    const [more] = await small.evaluate([job(SIMPLE)], message);
    expect(codeOf(more!)).toBe('timeout');
    const [next] = await small.evaluate([job(SIMPLE)], asker());
    expect(codeOf(next!)).toBe('ok');
  });

  it('pay for the QuickJS that they break', async () => {
    const start = performance.now();
    const results = await small.evaluate(
      Array.from({ length: 1000 }, () => job('$pad("x", 2e8)')),
      asker(),
    );
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(codeOf(results.at(-1)!)).toBe('timeout');
  });

  it('may have the payload in each evaluation', async () => {
    const payload = { text: 'x'.repeat(1 << 20) };
    const jobs = Array.from({ length: 5000 }, (_, a) => ({
      ...job('$map([a], function($v) { $v })', { a }),
      variables: { topic: {}, payload },
    }));
    const before = process.memoryUsage().rss;
    await small.evaluate(jobs, asker());
    expect(process.memoryUsage().rss - before).toBeLessThan(1024 ** 3);
  });
});

describe('closing', () => {
  it('settles what waits, and what comes after', async () => {
    const closed = new ExpressionWorker();
    const waiting = closed.evaluate(
      Array.from({ length: 20 }, () => job(INFINITE)),
      asker(),
    );
    await closed.close();
    const late = closed.evaluate([job('1')], asker());
    for (const result of [...(await waiting), ...(await late)]) {
      expect(result).toMatchObject({
        ok: false,
        error: { code: 'expression-failed', message: 'the service stops' },
      });
    }
  });

  it('is quick where nothing ever ran', async () => {
    const closed = new ExpressionWorker();
    await closed.close();
    await closed.close();
    expect(closed.restarts).toBe(0);
  });
});

describe('a thread that does not answer', () => {
  it('is ended after the deadline, and another one takes up what waits', async () => {
    const patient = new ExpressionWorker({ deadlineMs: 60_000 });
    await patient.evaluate([job('1')], asker());
    jest.useFakeTimers({ doNotFake: ['nextTick', 'performance', 'queueMicrotask', 'setImmediate'] });
    const results = patient.evaluate([job(INFINITE), job('$map([a], function($v) { $v })')], asker());
    jest.advanceTimersByTime(60_000);
    expect(patient.restarts).toBe(0);
    jest.advanceTimersByTime(5_000);
    expect(patient.restarts).toBe(1);
    jest.useRealTimers();
    expect((await results).map(codeOf)).toEqual(['timeout', 'ok']);
    await patient.close();
  });
});

describe('a thread that cannot start', () => {
  it('fails what waits, and is tried again for what comes', async () => {
    const starved = new ExpressionWorker({ memoryBytes: 100_000 });
    for (let i = 1; i <= 2; i++) {
      const results = await starved.evaluate([job('1'), job('2')], asker());
      for (const result of results)
        expect(result).toMatchObject({
          ok: false,
          error: { message: 'the expression worker does not start' },
        });
      expect(starved.restarts).toBe(i);
    }
    await starved.close();
  });
});

describe('an expression', () => {
  it.each([
    '$eval("$process")',
    '$eval("process")',
    '$eval("globalThis")',
    '$eval("require")',
    '$.constructor',
    '$.constructor.constructor',
    '"x".constructor',
    '$lookup($, "__proto__")',
    '$lookup($lookup, "implementation")',
    '$string.implementation',
    '$eval("window.atob")',
    '**.constructor',
    '$map.constructor("return globalThis")',
    '$spread($string)[0].implementation.constructor',
    '($f := $string.signature.validate; $f)',
    '($f := $map.implementation; $f("x"))',
  ])('%s reaches nothing of its host', async (source) => {
    const result = await evaluate(source);
    expect(result.ok ? result.value : undefined).toBeUndefined();
  });

  it('leaves nothing behind for the next', async () => {
    await worker.evaluate(
      [
        job('$x := 5'),
        job('($string := function($v) { "mine" }; $string(1))'),
        job('$each($, function($v, $k) { $k := 1 })'),
      ],
      asker(),
    );
    expect(await value('$x')).toBeUndefined();
    expect(await value('$map([1], $string)')).toBe('1');
    expect(await value('$map([$], function($v) { $v })')).toEqual(INPUT);
  });

  it('sees numbers beyond double range, and yields them', async () => {
    expect(await value('$map([a], function($v) { $v })', { a: Infinity, b: null })).toBe(Infinity);
    expect(await value('$map([a, b], function($v) { $v / 0 })', { a: 1, b: -1 })).toEqual([
      Infinity,
      -Infinity,
    ]);
    expect(await value('{"a": null, "b": "null"}')).toEqual({ a: null, b: 'null' });
    expect(
      await value('$map([a], function($v) { $v + 1 })', { a: -Infinity }).catch(
        (error: unknown) => (error as { jsonata: string }).jsonata,
      ),
    ).toBe('D1001');
  });

  it('takes any input', async () => {
    for (const input of [null, 0, '', 'text', [], [1], [[]], false])
      expect(await value('$map([$], function($v) { $v })', input)).toEqual(
        await jsonata('$map([$], function($v) { $v })').evaluate(input),
      );
    expect(await value('$keys($)', JSON.parse('{"__proto__": 1, "constructor": 2}'))).toEqual([
      '__proto__',
      'constructor',
    ]);
  });
});
