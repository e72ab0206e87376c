import { brief } from './trace.js';

describe('a value in brief', () => {
  it.each<[unknown, string]>([
    [undefined, 'nothing'],
    [null, 'null'],
    [Infinity, 'Infinity'],
    ['a "b"', '"a \\"b\\""'],
    [{ a: [1, { b: 'c' }], d: null }, '{"a":[1,{"b":"c"}],"d":null}'],
    [JSON.parse('{"__proto__":{"a":1}}'), '{"__proto__":{"a":1}}'],
    ['x'.repeat(100), `"${'x'.repeat(78)}…`],
  ])('%j', (value, text) => expect(brief(value)).toBe(text));

  it('reads little of what is large', () => {
    const large = Array.from({ length: 100_000 }, (_, i) => ({ key: `value ${i}`, list: [i, i, i] }));
    const wide = Object.fromEntries(large.map((one, i) => [`member ${i}`, one]));
    const values = [large, { wide }, 'x'.repeat(1 << 20)];
    const timed = (read: (value: unknown) => void) => {
      const start = performance.now();
      values.forEach(read);
      return performance.now() - start;
    };
    const whole = timed((value) => JSON.stringify(value));
    // The first time is of code that is not compiled yet.
    const read = Math.min(...Array.from({ length: 50 }, () => timed(brief)));
    expect(read).toBeLessThan(whole / 20);
    expect(brief(large)).toBe(`${JSON.stringify(large.slice(0, 5)).slice(0, 79)}…`);
  });

  it.each<[string, (large: unknown[], wide: object) => unknown]>([
    ['an array behind an array', (large) => [Array(78).fill(0), large]],
    ['an array behind objects', (large) => [{ a: { b: 'x'.repeat(70) } }, { list: large }]],
    ['an array behind a text', (large) => ['x'.repeat(100), large]],
    ['an object behind an array', (_, wide) => [Array(90).fill(0), wide]],
    ['many arrays', (large) => Array(90).fill([large, large])],
  ])('reads little, however it is nested: %s', (_what, nest) => {
    let reads = 0;
    const counted = <T extends object>(value: T): T =>
      new Proxy(value, {
        get: (target, key) => ((reads += 1), Reflect.get(target, key) as unknown),
        ownKeys: (target) => ((reads += 100_000), Reflect.ownKeys(target)),
      });
    const text = brief(nest(counted(Array(100_000).fill(0)), counted({ a: 1 })));
    expect([text.length, text.at(-1)]).toEqual([80, '…']);
    expect(reads).toBeLessThan(300);
  });
});
