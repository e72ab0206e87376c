import { readRetention } from './retention-setting.js';

const DAY = 86_400e6;
const rules = (otherwise: number, properties: Record<string, number> = {}) => ({
  otherwise,
  properties: new Map(Object.entries(properties)),
});

it.each([
  [undefined, rules(Infinity)],
  ['90d', rules(90 * DAY)],
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
  ['Acceleration', '"Acceleration" is no duration.'],
  ['Acceleration=', '"" is no duration.'],
  ['=1d', '"=1d" is no entry.'],
  ['1d,', '"" is no entry.'],
  ['1d,,A=1d', '"" is no entry.'],
  ['A=0d', '"0d" is less than a minute'],
  ['1d, 2d', '"2d" is a second duration for all.'],
  ['A=1d, A=2d', 'A is given twice'],
])('refuses %j: %s', (text, sentence) => {
  expect(readRetention(text)).toEqual(expect.stringContaining(sentence));
});
