import { FLAGS, flagNames, type FlagName } from './observation.js';

const names = Object.keys(FLAGS) as FlagName[];

describe('FLAGS', () => {
  it('gives each flag a bit of its own', () => {
    const bits = Object.values(FLAGS);
    expect(bits).toEqual(bits.map((_, i) => 1 << i));
  });
});

describe('flagNames', () => {
  it('names the bits set, in the order of the flags', () => {
    for (let bits = 0; bits < 1 << names.length; bits++) {
      const expected = names.filter((_, i) => ((bits >> i) & 1) === 1);
      expect(flagNames(bits)).toEqual(expected);
      expect(expected.reduce((sum, name) => sum | FLAGS[name], 0)).toBe(bits);
    }
  });

  it('passes over bits that it does not know', () => {
    expect(flagNames(1 << 20)).toEqual([]);
    expect(flagNames((1 << 20) | FLAGS.clock)).toEqual(['clock']);
  });
});
