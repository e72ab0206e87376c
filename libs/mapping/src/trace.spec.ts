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
    const start = performance.now();
    for (let i = 0; i < 500; i++) for (const value of [large, { wide }, 'x'.repeat(1 << 20)]) brief(value);
    expect(performance.now() - start).toBeLessThan(1500);
    expect(brief(large)).toBe(`${JSON.stringify(large.slice(0, 5)).slice(0, 79)}…`);
  });
});
