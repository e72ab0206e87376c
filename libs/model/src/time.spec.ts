import fc from 'fast-check';
import { formatMicros, nowMicros, parseInstant } from './time.js';

const MAX = Number.MAX_SAFE_INTEGER;
const instant = fc.oneof(
  fc.integer({ min: -MAX, max: MAX }),
  // Around the epoch and around whole seconds, where signs and carries go wrong.
  fc.integer({ min: -3_000_000, max: 3_000_000 }),
  fc.integer({ min: -9_000_000_000, max: 9_000_000_000 }).map((second) => second * 1_000_000),
);

describe('formatMicros', () => {
  it.each([
    [0, '1970-01-01T00:00:00.000Z'],
    [1, '1970-01-01T00:00:00.000001Z'],
    [-1, '1969-12-31T23:59:59.999999Z'],
    [-1000, '1969-12-31T23:59:59.999Z'],
    [-1_000_000, '1969-12-31T23:59:59.000Z'],
    [9_009, '1970-01-01T00:00:00.009009Z'],
    [10_010, '1970-01-01T00:00:00.010010Z'],
    [99_099, '1970-01-01T00:00:00.099099Z'],
    [100_100, '1970-01-01T00:00:00.100100Z'],
    [12_000, '1970-01-01T00:00:00.012Z'],
    [12_034, '1970-01-01T00:00:00.012034Z'],
    [999_100, '1970-01-01T00:00:00.999100Z'],
    [1_795_401_611_123_000, '2026-11-23T02:40:11.123Z'],
    [1_795_401_611_123_456, '2026-11-23T02:40:11.123456Z'],
    [MAX, '2255-06-05T23:47:34.740991Z'],
    [-MAX, '1684-07-28T00:12:25.259009Z'],
  ])('prints %d as %s', (t, text) => {
    expect(formatMicros(t)).toBe(text);
  });

  it('prints three fraction digits, or six where the microseconds are not zero', () => {
    fc.assert(
      fc.property(instant, (t) => {
        const digits = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.(\d+)Z$/.exec(formatMicros(t))?.[1];
        expect(digits).toHaveLength(t % 1000 === 0 ? 3 : 6);
      }),
    );
  });

  it('does not depend on what was printed before', () => {
    fc.assert(
      fc.property(instant, instant, (a, b) => {
        const alone = formatMicros(a);
        formatMicros(b);
        expect(formatMicros(a)).toBe(alone);
      }),
    );
  });
});

describe('parseInstant', () => {
  it('reads back what formatMicros prints', () => {
    fc.assert(
      fc.property(instant, (t) => {
        expect(parseInstant(formatMicros(t))).toEqual({ t, zoned: true });
      }),
    );
  });

  it('reads what Date prints, to the microsecond', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date('1700'), max: new Date('2200'), noInvalidDate: true }), (date) => {
        expect(parseInstant(date.toISOString())?.t).toBe(date.getTime() * 1000);
      }),
    );
  });

  it.each([
    ['2026-11-23T02:40:11.123Z', '2026-11-23T02:40:11.123Z', true],
    ['2026-11-23t02:40:11z', '2026-11-23T02:40:11.000Z', true],
    ['2026-11-23 02:40:11', '2026-11-23T02:40:11.000Z', false],
    ['2026-11-23T02:40', '2026-11-23T02:40:00.000Z', false],
    ['2026-11-23', '2026-11-23T00:00:00.000Z', false],
    ['  2026-11-23T02:40:11Z ', '2026-11-23T02:40:11.000Z', true],
    ['2026-11-23T02:40:11,5Z', '2026-11-23T02:40:11.500Z', true],
    ['2026-11-23T02:40:11.1234569Z', '2026-11-23T02:40:11.123456Z', true],
    ['2026-11-23T02:40:11.000000999Z', '2026-11-23T02:40:11.000Z', true],
    // offsets
    ['2026-11-23T02:40:11+01:00', '2026-11-23T01:40:11.000Z', true],
    ['2026-11-23T02:40:11 +0530', '2026-11-22T21:10:11.000Z', true],
    ['2026-11-23T02:40:11-08', '2026-11-23T10:40:11.000Z', true],
    ['2026-01-01T00:00:00+14:00', '2025-12-31T10:00:00.000Z', true],
    ['2026-11-23T02:40:11-00:00', '2026-11-23T02:40:11.000Z', true],
    // calendar
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z', true],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z', true],
    ['2026-12-31T24:00:00Z', '2027-01-01T00:00:00.000Z', true],
    ['2024-02-29T24:00Z', '2024-03-01T00:00:00.000Z', true],
    ['+002026-11-23T02:40:11Z', '2026-11-23T02:40:11.000Z', true],
    // A leap second has no instant of its own: the second before it stands for it.
    ['2016-12-31T23:59:60Z', '2016-12-31T23:59:59.000Z', true],
    ['2017-01-01T00:59:60.250+01:00', '2016-12-31T23:59:59.250Z', true],
    // before the epoch
    ['1969-12-31T23:59:59.9999991Z', '1969-12-31T23:59:59.999999Z', true],
    ['1700-01-01T00:00:00.000001Z', '1700-01-01T00:00:00.000001Z', true],
    // as far as doubles are exact
    ['2255-06-05T23:47:34.740991Z', '2255-06-05T23:47:34.740991Z', true],
    ['1684-07-28T00:12:25.259009Z', '1684-07-28T00:12:25.259009Z', true],
  ])('reads %s', (text, printed, zoned) => {
    const parsed = parseInstant(text);
    expect(parsed && { text: formatMicros(parsed.t), zoned: parsed.zoned }).toEqual({ text: printed, zoned });
  });

  it.each([
    '',
    'yesterday',
    '2026',
    '2026-11',
    '23.11.2026',
    '2026-13-01',
    '2026-00-10',
    '2026-11-00',
    '2026-02-30',
    '2026-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-11-31T12:00:00Z',
    '2026-02-30T24:00:00Z',
    '2026-13-01T24:00:00Z',
    '2026-11-23T24:00:01Z',
    '2026-11-23T24:01Z',
    '2026-11-23T24:00:00.5Z',
    '2026-11-23T25:00:00Z',
    '2026-11-23T12:60:00Z',
    '2026-11-23T12:00:61Z',
    '2026-11-23T12:00:00.Z',
    '2026-11-23T12:00:00.1234567890Z',
    '2026-11-23T12:00:00+24:00',
    '2026-11-23T12:00:00+01:60',
    '2026-11-23T12:00:00+1',
    '2026-11-23T12:00:00 CET',
    '2026-11-23T12:00:00ZZ',
    // beyond the microseconds that a double holds
    '2255-06-05T23:47:34.740992Z',
    '2256-01-01T00:00:00Z',
    '1684-07-28T00:12:25.259008Z',
    '0001-01-01T00:00:00Z',
    '+275761-01-01T00:00:00Z',
    '-271822-01-01T00:00:00Z',
  ])('refuses %j', (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });

  it('answers for any text, and only with instants that print', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-6]\d:[0-6]\d[Z+-].{0,5}$/)),
        (text) => {
          const parsed = parseInstant(text);
          if (parsed) expect(parseInstant(formatMicros(parsed.t))?.t).toBe(parsed.t);
        },
      ),
    );
  });
});

describe('nowMicros', () => {
  it('is the present, an integer', () => {
    const before = Date.now() * 1000;
    const now = nowMicros();
    expect(Number.isSafeInteger(now)).toBe(true);
    expect(Math.abs(now - before)).toBeLessThan(1_000_000);
  });

  it('follows a clock that was set', () => {
    const year = Date.UTC(2031, 0, 1);
    const clock = import.meta.jest.spyOn(Date, 'now').mockReturnValue(year);
    try {
      expect(nowMicros()).toBe(year * 1000);
    } finally {
      clock.mockRestore();
    }
  });

  it('stays finer than milliseconds after that', () => {
    const real = Date.now;
    let shift = 0;
    const clock = import.meta.jest.spyOn(Date, 'now').mockImplementation(() => real() + shift);
    try {
      for (shift of [3_600_000, -3_600_000, 5, 0]) {
        const times = Array.from({ length: 2000 }, nowMicros);
        expect(Math.abs(times.at(-1)! / 1000 - Date.now())).toBeLessThan(3);
        expect(new Set(times.map((time) => time % 1000)).size).toBeGreaterThan(20);
      }
    } finally {
      clock.mockRestore();
    }
  });
});
