import { Recent } from './recent.js';

it('tells by how much a count grew in the last minute', () => {
  let now = 0;
  const recent = new Recent(60_000, () => now);
  expect(recent.look(7)).toBe(0);
  now = 15_000;
  expect([recent.look(9), recent.look(10)]).toEqual([2, 3]);
  const later = [];
  for (; now <= 90_000; now += 10_000) later.push(recent.look(10));
  expect([later[0], later.at(-1)]).toEqual([3, 0]);
});
