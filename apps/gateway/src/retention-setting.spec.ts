import { readRetention } from './retention-setting.js';

const DAY = 86_400e6;
const rules = (otherwise: number, properties: Record<string, number> = {}) => ({
  otherwise,
  properties: new Map(Object.entries(properties)),
});

it.each([
  [undefined, rules(Infinity)],
  ['90d', rules(90 * DAY)],
  ['forever', rules(Infinity)],
  ['30min', rules(DAY / 48)],
  ['12h', rules(DAY / 2)],
  ['2w', rules(14 * DAY)],
  ['1y', rules(366 * DAY)],
  ['P1Y6M', rules((366 + 186) * DAY)],
  ['P2W', rules(14 * DAY)],
  ['P1DT12H30M15S', rules(DAY * 1.5 + 1815e6)],
  ['PT60S', rules(60e6)],
  [
    '365d, Acceleration=7d ,quantitykind:Temperature = P90D,Position=forever',
    rules(365 * DAY, { Acceleration: 7 * DAY, 'quantitykind:Temperature': 90 * DAY, Position: Infinity }),
  ],
  ['Acceleration=7d', rules(Infinity, { Acceleration: 7 * DAY })],
  ['https://example.org/x?a=b=1d', rules(Infinity, { 'https://example.org/x?a=b': DAY })],
])('reads %j', (text, expected) => {
  expect(readRetention(text)).toEqual(expected);
});

it.each([
  ['90', '"90" is no duration. Write 90d,'],
  ['90 d', '"90 d" is no duration.'],
  ['3m', '"3m" is no duration.'],
  ['-1d', '"-1d" is no duration.'],
  ['1.5d', '"1.5d" is no duration.'],
  ['P', '"P" is no duration.'],
  ['P1DT', '"P1DT" is no duration.'],
  ['PT', '"PT" is no duration.'],
  ['p1d', '"p1d" is no duration.'],
  ['Acceleration', '"Acceleration" is no duration.'],
  ['Acceleration=', '"" is no duration.'],
  ['=1d', '"=1d" is no entry.'],
  ['1d,', '"" is no entry.'],
  ['1d,,A=1d', '"" is no entry.'],
  ['0d', '"0d" is less than a minute'],
  ['PT59S', '"PT59S" is less than a minute'],
  ['1d, 2d', '"2d" is a second duration for all.'],
  ['A=1d, A=2d', 'A is given twice'],
])('refuses %j: %s', (text, sentence) => {
  expect(readRetention(text)).toEqual(expect.stringContaining(sentence));
});
