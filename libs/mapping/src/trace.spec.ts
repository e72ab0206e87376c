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
});
