import { retentionOf } from './duration.js';

const DAY = 86_400e6;

it.each([
  ['90d', 90 * DAY],
  ['forever', Infinity],
  ['30min', DAY / 48],
  ['12h', DAY / 2],
  ['2w', 14 * DAY],
  ['1y', 366 * DAY],
  ['P1Y6M', (366 + 186) * DAY],
  ['P2W', 14 * DAY],
  ['P1DT12H30M15S', DAY * 1.5 + 1815e6],
  ['PT60S', 60e6],
])('%s is so many microseconds', (text, micros) => {
  expect(retentionOf(text)).toBe(micros);
});

it.each(['', '90', '90 d', '3m', '-1d', '1.5d', 'P', 'P1DT', 'PT', 'p1d', '1dd', ' 1d', '1234567d'])(
  '%j is no duration',
  (text) => {
    expect(retentionOf(text)).toBe(
      `"${text}" is no duration. Write 90d, 12h, 30min, 2w, 1y, an ISO 8601 duration such as P1Y6M, or forever`,
    );
  },
);

it.each(['0d', 'PT59S', 'P0D'])('%s is too short to be meant', (text) => {
  expect(retentionOf(text)).toMatch(/is less than a minute/);
});
