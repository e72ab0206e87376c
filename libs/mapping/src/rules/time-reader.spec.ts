import fc from 'fast-check';
import { FLAGS, formatMicros, TIME_FORMATS, type TimeFormat } from '#model';
import { compileExpression } from '../expressions/index.js';
import { readerOf } from './reader.js';
import { clockFlag, readTime, TimeReader } from './time-reader.js';

const UNREADABLE = { time: undefined, flags: FLAGS['time-unreadable'] };
const iso = (text: string) => Date.parse(text) * 1000;

/** The instant in print with its flags' names. */
function read(value: unknown, format: TimeFormat, timezone?: string): string {
  const { time, flags } = readTime(value, format, timezone);
  return `${time === undefined ? 'none' : formatMicros(time)}${flags === 0 ? '' : ` ${flags}`}`;
}

describe('ISO 8601', () => {
  it.each([
    ['2026-11-23T02:40:11Z', '2026-11-23T02:40:11.000Z'],
    ['2026-11-23T02:40:11.123456Z', '2026-11-23T02:40:11.123456Z'],
    ['2026-11-23T02:40:11.123456789Z', '2026-11-23T02:40:11.123456Z'],
    ['2026-11-23T02:40:11,5+01:00', '2026-11-23T01:40:11.500Z'],
    ['2026-11-23 02:40-0530', '2026-11-23T08:10:00.000Z'],
    [' 2026-11-23T24:00:00Z ', '2026-11-24T00:00:00.000Z'],
    ['2016-12-31T23:59:60Z', '2016-12-31T23:59:59.000Z'],
    ['1969-12-31T23:59:59.999999Z', '1969-12-31T23:59:59.999999Z'],
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
    ['2150-06-01T00:00:00Z', '2150-06-01T00:00:00.000Z'],
  ])('%j is %s', (text, time) => {
    expect(read(text, 'iso8601')).toBe(time);
    expect(read(text, 'auto')).toBe(time);
    // A zone that the text names wins over the document's.
    expect(read(text, 'iso8601', 'America/New_York')).toBe(time);
  });

  it('without a zone is UTC, and says so', () => {
    const flagged = ` ${FLAGS['zone-assumed']}`;
    expect(read('2026-11-23T02:40:11', 'iso8601')).toBe(`2026-11-23T02:40:11.000Z${flagged}`);
    expect(read('2026-11-23', 'auto')).toBe(`2026-11-23T00:00:00.000Z${flagged}`);
    expect(read('2026-11-23T02:40:11', 'iso8601', 'UTC')).toBe('2026-11-23T02:40:11.000Z');
  });

  it.each([
    ['winter', '2026-01-15T12:00:00.123456', 'Europe/Berlin', '2026-01-15T11:00:00.123456Z'],
    ['summer', '2026-07-15T12:00:00', 'Europe/Berlin', '2026-07-15T10:00:00.000Z'],
    ['half an hour', '2026-07-15T12:00:00', 'Asia/Kolkata', '2026-07-15T06:30:00.000Z'],
    ['before 1970', '1969-12-31T12:00:00.000001', 'Europe/Berlin', '1969-12-31T11:00:00.000001Z'],
    // 02:00-03:00 does not exist: the clock that was not set forward yet.
    ['the gap', '2026-03-29T02:30:00', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'],
    ['after the gap', '2026-03-29T03:30:00', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'],
    // 02:00-03:00 happens twice: the first.
    ['the overlap', '2026-10-25T02:30:00', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'],
    ['after the overlap', '2026-10-25T03:30:00', 'Europe/Berlin', '2026-10-25T02:30:00.000Z'],
    ['the gap of New York', '2026-03-08T02:30:00', 'America/New_York', '2026-03-08T07:30:00.000Z'],
    ['the overlap of New York', '2026-11-01T01:30:00', 'America/New_York', '2026-11-01T05:30:00.000Z'],
  ])('takes the zone of the document: %s', (_what, text, timezone, time) => {
    expect(read(text, 'iso8601', timezone)).toBe(time);
    expect(read(text, 'auto', timezone)).toBe(time);
  });

  it.each<unknown>([
    '',
    'yesterday',
    '2026-02-30',
    '2026-13-01',
    '2026-11-23T25:00:00Z',
    '23.11.2026',
    '1700000000',
    1_700_000_000,
    true,
    {},
    [],
  ])('%j is not', (value) => expect(readTime(value, 'iso8601')).toEqual(UNREADABLE));

  it('is unreadable in a zone that is none', () => {
    expect(readTime('2026-11-23T02:40:11', 'iso8601', 'Europe/Nowhere')).toEqual(UNREADABLE);
  });
});

describe('Unix times', () => {
  it.each<[unknown, TimeFormat, string]>([
    [1_700_000_000, 'unix-s', '2023-11-14T22:13:20.000Z'],
    [1_700_000_000.123456, 'unix-s', '2023-11-14T22:13:20.123456Z'],
    ['1700000000.123456', 'unix-s', '2023-11-14T22:13:20.123456Z'],
    [' 1700000000 ', 'unix-s', '2023-11-14T22:13:20.000Z'],
    [1_700_000_000_123, 'unix-ms', '2023-11-14T22:13:20.123Z'],
    [1_700_000_000_123_456, 'unix-us', '2023-11-14T22:13:20.123456Z'],
    ['1700000000123456', 'unix-us', '2023-11-14T22:13:20.123456Z'],
    ['1700000000123456789', 'unix-ns', '2023-11-14T22:13:20.123456Z'],
    ['-1000000', 'unix-ns', '1969-12-31T23:59:59.999Z'],
    [0, 'unix-s', '1970-01-01T00:00:00.000Z'],
    [-1.5, 'unix-s', '1969-12-31T23:59:58.500Z'],
    [5_680_281_600, 'unix-s', '2150-01-01T00:00:00.000Z'],
    // `auto` tells the unit by the magnitude, of numbers and of digits.
    [1_700_000_000, 'auto', '2023-11-14T22:13:20.000Z'],
    ['1700000000.5', 'auto', '2023-11-14T22:13:20.500Z'],
    [5_680_281_600, 'auto', '2150-01-01T00:00:00.000Z'],
    [5_680_281_600_000, 'auto', '2150-01-01T00:00:00.000Z'],
    ['1700000000123', 'auto', '2023-11-14T22:13:20.123Z'],
    [1_700_000_000_123_456, 'auto', '2023-11-14T22:13:20.123456Z'],
    [' 1700000000123456789 ', 'auto', '2023-11-14T22:13:20.123456Z'],
    [0, 'auto', '1970-01-01T00:00:00.000Z'],
  ])('%j as %s is %s', (value, format, time) => expect(read(value, format)).toBe(time));

  it.each<unknown>([
    '',
    'NaN',
    'Infinity',
    '1e9',
    '0x10',
    '1,5',
    '1_000',
    NaN,
    Infinity,
    1e300,
    '9'.repeat(31),
    true,
    {},
    [1_700_000_000],
  ])('%j is none', (value) => {
    for (const format of TIME_FORMATS) expect(readTime(value, format)).toEqual(UNREADABLE);
  });

  it('beyond what microseconds hold exactly are unreadable', () => {
    expect(readTime(9_007_199_254, 'unix-s').time).toBe(9_007_199_254_000_000);
    expect(readTime(9_007_199_255, 'unix-s')).toEqual(UNREADABLE);
    expect(readTime('9999-01-01T00:00:00Z', 'auto')).toEqual(UNREADABLE);
  });

  it('as digits of any length take no time', () => {
    const start = performance.now();
    for (const format of TIME_FORMATS) readTime('1'.repeat(1_000_000), format);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it.each<[string, unknown]>([
    ['digits', '1'.repeat(900_000)],
    ['spaces', `${' '.repeat(900_000)}x`],
    ['a list', Array(300_000).fill(0)],
  ])('are told from %s without reading them, as each item may say them', (_what, large) => {
    const from = process.cpuUsage();
    for (let i = 0; i < 400; i++)
      for (const format of TIME_FORMATS) expect(readTime(large, format).time).toBeUndefined();
    expect(process.cpuUsage(from).user).toBeLessThan(500_000);
  });
});

it('whatever stands for a time yields an exact time or the flag', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.jsonValue(),
        fc.double(),
        fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      ),
      fc.constantFrom(...TIME_FORMATS),
      fc.constantFrom(undefined, 'UTC', 'Europe/Berlin'),
      (value, format, zone) => {
        const { time, flags } = readTime(value, format, zone);
        if (time === undefined) expect(flags).toBe(FLAGS['time-unreadable']);
        else expect(Number.isSafeInteger(time)).toBe(true);
      },
    ),
    { numRuns: 1000 },
  );
});

describe('a clock', () => {
  const received = iso('2026-11-23T00:00:00Z');

  it.each([
    ['2026-11-24T00:00:00Z', false],
    ['2026-11-24T00:00:00.001Z', true],
    ['2000-01-01T00:00:00Z', false],
    ['1999-12-31T23:59:59.999Z', true],
    ['1970-01-01T00:00:00Z', true],
  ])('at %s is implausible: %s', (time, flagged) => expect(clockFlag(iso(time), received)).toBe(flagged));
});

describe('a time reader', () => {
  function reader(source: string): TimeReader {
    const compiled = compileExpression(source);
    if (!compiled.ok) throw new Error(compiled.error.message);
    return new TimeReader(compiled.expression, readerOf(compiled.expression), 'unix-s', undefined);
  }

  it('reads the item, else the whole payload, else nothing', () => {
    const item = { ts: 1 };
    const other = { t: 0 };
    const payload = { ts: 2, items: [item, other] };
    const at = (input: unknown) => reader('ts').at(input, { payload }, undefined);
    expect(at(item)).toEqual({ time: 1_000_000, flags: 0 });
    expect(at(other)).toEqual({ time: 2_000_000, flags: 0 });
    expect(at(payload)).toEqual({ time: 2_000_000, flags: 0 });
    expect(reader('nope').at(item, { payload }, undefined)).toEqual({ time: undefined, flags: 0 });
    expect(reader('ts').at({ ts: null }, { payload: {} }, undefined)).toEqual({ time: undefined, flags: 0 });
  });
});
