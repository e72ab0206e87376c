import { Tally } from './tally.js';

it('counts by name, and tells the names it knows from the start', () => {
  const tally = new Tally(['slow']);
  tally.add('full');
  tally.add('full', 4);
  expect([...tally]).toEqual([
    ['slow', 0],
    ['full', 5],
  ]);
  expect([tally.get('full'), tally.get('never')]).toEqual([5, 0]);
});

it('holds no more names than it may, and loses no count', () => {
  const tally = new Tally([], 3);
  for (let i = 0; i < 100; i++) tally.add(`name ${i}`);
  tally.add('other');
  expect([...tally]).toEqual([
    ['name 0', 1],
    ['name 1', 1],
    ['name 2', 1],
    ['other', 98],
  ]);
});
