import { tiling } from './tiling.js';
import { windowBounds } from './windows.js';

const HOUR = 3_600_000_000;
const windows = tiling('PT1H', 'UTC');

describe('bounds of windows', () => {
  it('are whole where no time was asked for', () => {
    expect([...windowBounds({ first: 1.5 * HOUR, last: 3.5 * HOUR }, windows)]).toEqual(
      [1, 2, 3, 4].map((hour) => hour * HOUR),
    );
  });

  it('are cut to the times asked for', () => {
    const span = { from: 1.25 * HOUR, to: 3.75 * HOUR, first: 1.5 * HOUR, last: 3.5 * HOUR };
    expect([...windowBounds(span, windows)]).toEqual([1.25, 2, 3, 3.75].map((hour) => hour * HOUR));
  });

  it('begin and end with what is stored, however much was asked for', () => {
    const span = { from: -1e6 * HOUR, to: 1e6 * HOUR, first: 5 * HOUR, last: 6 * HOUR };
    expect([...windowBounds(span, windows)]).toEqual([5, 6, 7].map((hour) => hour * HOUR));
  });

  it('hold a single value', () => {
    expect([...windowBounds({ first: 5 * HOUR, last: 5 * HOUR }, windows)]).toEqual([5 * HOUR, 6 * HOUR]);
    const span = { from: 5 * HOUR, to: 5 * HOUR + 1, first: 5 * HOUR, last: 5 * HOUR };
    expect([...windowBounds(span, windows)]).toEqual([5 * HOUR, 5 * HOUR + 1]);
  });

  it('are at most 100,000 windows', () => {
    expect(windowBounds({ first: 0, last: 99_999 * HOUR }, windows)).toHaveLength(100_001);
    expect(() => windowBounds({ first: 0, last: 100_000 * HOUR }, windows)).toThrow(
      /more than 100000 windows/,
    );
  });
});
