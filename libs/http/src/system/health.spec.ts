import { Since } from './health.js';

it('tells since when something holds without a break', () => {
  let now = 0;
  const since = new Since(() => now);
  const looks = [false, true, true, false, true].map((holds) => {
    now += 1000;
    return since.look(holds);
  });
  expect(looks).toEqual([
    undefined,
    '1970-01-01T00:00:02.000Z',
    '1970-01-01T00:00:02.000Z',
    undefined,
    '1970-01-01T00:00:05.000Z',
  ]);
});
