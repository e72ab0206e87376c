import fc from 'fast-check';
import { toWindow, type WindowSums } from './windows.js';

/** The mean of directions, in a unit of which `turn` are a full one. */
function meanOf(angles: readonly number[], turn: number): number | undefined {
  const radians = angles.map((angle) => (angle * 2 * Math.PI) / turn);
  const sums = {
    count: angles.length,
    sine: radians.reduce((sum, angle) => sum + Math.sin(angle), 0),
    cosine: radians.reduce((sum, angle) => sum + Math.cos(angle), 0),
  } as WindowSums;
  return toWindow(sums, 0, 1, { type: 'circular', turn }).mean;
}

describe('the mean of directions', () => {
  it.each([
    [[350, 20], 360, 5],
    [[350, 10], 360, 0],
    [[340, 10], 360, 355],
    [[359.9, 0], 360, 359.95],
    [[390, 20], 400, 5],
    [[0.9, 0.2], 1, 0.05],
    [[6, 6.2], 2 * Math.PI, 6.1],
  ])('of %j where a turn is %d is %d', (angles, turn, mean) => {
    expect(meanOf(angles, turn)).toBe(mean);
  });

  it('lies in a turn, and is exact between two whole degrees', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 359 }), fc.integer({ min: 0, max: 179 }), (from, width) => {
        expect(meanOf([from, from + width], 360)).toBe((from + width / 2) % 360);
      }),
    );
  });
});
