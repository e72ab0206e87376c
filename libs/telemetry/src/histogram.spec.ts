import fc from 'fast-check';
import { Histogram, SIZES, TIMES_MS } from './histogram.js';

const buckets = (one: Histogram) => Array.from({ length: one.bounds.length + 1 }, (_, i) => one.at(i));

describe('a histogram', () => {
  it('counts a value in the first bucket whose bound it does not exceed', () => {
    const one = new Histogram([1, 10]);
    for (const value of [-1, 0, 1, 1.0001, 10, 10.5, Infinity]) one.observe(value);
    expect(buckets(one)).toEqual([3, 2, 2]);
    expect([one.count, one.sum]).toEqual([7, Infinity]);
  });

  it('counts a value of a batch as often as it was seen', () => {
    const one = new Histogram([1, 10]);
    one.observe(4, 500);
    one.observe(0.5);
    expect([buckets(one), one.count, one.sum]).toEqual([[1, 500, 0], 501, 2000.5]);
  });

  it('leaves out what is no number', () => {
    const one = new Histogram([1]);
    one.observe(Number.NaN);
    one.observe(2);
    expect([one.count, one.sum]).toEqual([1, 2]);
  });

  it.each([TIMES_MS, SIZES, [5]])('finds the bucket that a look at each bound finds', (...bounds) => {
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...bounds), fc.double({ noNaN: true })), (value) => {
        const one = new Histogram(bounds);
        one.observe(value);
        const first = bounds.findIndex((bound) => value <= bound);
        expect(one.at(first < 0 ? bounds.length : first)).toBe(1);
        expect(one.count).toBe(1);
      }),
    );
  });

  it('is the sum of what several threads counted', () => {
    const here = new Histogram(SIZES);
    const there = new Histogram(SIZES);
    here.observe(3);
    there.observe(3, 2);
    there.observe(4000);
    here.add(there.snapshot());
    there.observe(1);
    expect([here.count, here.sum, here.at(2)]).toEqual([4, 4009, 3]);
    expect(() => here.add(new Histogram([1]).snapshot())).toThrow('3 cells do not fit 18');
    there.clear();
    expect([there.count, there.sum]).toEqual([0, 0]);
  });

  it('tells the bound that a share does not exceed', () => {
    const one = new Histogram([1, 10, 100]);
    expect(one.quantile(0.5)).toBeUndefined();
    one.observe(0.5, 98);
    one.observe(50);
    one.observe(5000);
    expect([0.5, 0.98, 0.99, 1].map((share) => one.quantile(share))).toEqual([1, 1, 100, Infinity]);
  });

  it.each([[[]], [[1, 1]], [[2, 1]], [[Number.NaN]]])('wants bounds that ascend: %j', (bounds) => {
    expect(() => new Histogram(bounds)).toThrow(RangeError);
  });
});
