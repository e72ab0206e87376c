import fc from 'fast-check';
import { parseInstant } from '#model';
import { tiling, type Tiling } from './tiling.js';

const t = (text: string) => parseInstant(text)!.t;
const iso = (micros: number) => new Date(micros / 1000).toISOString().replace('.000Z', 'Z');

/** Boundaries from the window of one instant to that of another. */
function bounds(interval: string, zone: string, from: string, to: string): string[] {
  const found: string[] = [];
  for (const start of tiling(interval, zone).from(t(from))) {
    found.push(iso(start));
    if (start >= t(to)) break;
  }
  return found;
}

/** Start and end of the window that holds an instant. */
function windowOf(windows: Tiling, at: number): [number, number] {
  const [start, end] = windows.from(at);
  return [start!, end!];
}

const hours = (list: readonly string[]) =>
  list.slice(1).map((end, i) => (Date.parse(end) - Date.parse(list[i]!)) / 3_600_000);

describe('tiling', () => {
  it.each([
    ['PT15M', 'UTC', '2026-03-01T10:20:00Z', '2026-03-01T10:15:00Z', '2026-03-01T10:30:00Z'],
    ['PT1H', 'Asia/Kolkata', '2026-03-01T10:20:00Z', '2026-03-01T09:30:00Z', '2026-03-01T10:30:00Z'],
    ['PT0.5S', 'UTC', '2026-03-01T10:20:00.7Z', '2026-03-01T10:20:00.500Z', '2026-03-01T10:20:01Z'],
    ['P1D', 'Europe/Berlin', '2026-01-01T23:30:00Z', '2026-01-01T23:00:00Z', '2026-01-02T23:00:00Z'],
    ['P1D', 'America/New_York', '2026-01-01T03:00:00Z', '2025-12-31T05:00:00Z', '2026-01-01T05:00:00Z'],
    ['P1W', 'UTC', '2026-03-01T10:20:00Z', '2026-02-23T00:00:00Z', '2026-03-02T00:00:00Z'],
    ['P1M', 'UTC', '2026-02-28T23:59:59Z', '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z'],
    ['P3M', 'UTC', '2026-02-28T23:59:59Z', '2026-01-01T00:00:00Z', '2026-04-01T00:00:00Z'],
    ['P1Y', 'UTC', '2026-02-28T23:59:59Z', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['P10Y', 'UTC', '1999-02-28T00:00:00Z', '1990-01-01T00:00:00Z', '2000-01-01T00:00:00Z'],
    ['PT7H', 'UTC', '2000-01-03T08:00:00Z', '2000-01-03T07:00:00Z', '2000-01-03T14:00:00Z'],
    ['PT24H', 'Europe/Berlin', '2026-07-01T12:00:00Z', '2026-06-30T23:00:00Z', '2026-07-01T23:00:00Z'],
    ['PT36H', 'UTC', '2000-01-04T00:00:00Z', '2000-01-03T00:00:00Z', '2000-01-04T12:00:00Z'],
    ['P1D', 'Pacific/Apia', '2011-12-30T09:59:59Z', '2011-12-29T10:00:00Z', '2011-12-30T10:00:00Z'],
    ['P1Y6M', 'UTC', '2000-01-04T00:00:00Z', '2000-01-01T00:00:00Z', '2001-07-01T00:00:00Z'],
  ])('%s in %s puts %s between %s and %s', (interval, zone, at, start, end) => {
    const windows = tiling(interval, zone);
    expect(windowOf(windows, t(at)).map(iso)).toEqual([start, end]);
    expect(windowOf(windows, t(start)).map(iso)).toEqual([start, end]);
    expect(windowOf(windows, t(end) - 1).map(iso)).toEqual([start, end]);
    expect(windowOf(windows, t(start) - 1)[1]).toBe(t(start));
  });

  it('makes a day of 23 hours in spring and 25 in autumn', () => {
    const spring = bounds('P1D', 'Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-31T00:00:00Z');
    expect(hours(spring)).toEqual([24, 23, 24, 24]);
    const autumn = bounds('P1D', 'America/New_York', '2026-10-31T12:00:00Z', '2026-11-02T12:00:00Z');
    expect(hours(autumn)).toEqual([24, 25, 24]);
  });

  it('has 23 or 25 hours in such a day', () => {
    expect(bounds('PT1H', 'Europe/Berlin', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z')).toHaveLength(24);
    const autumn = bounds('PT1H', 'Europe/Berlin', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z');
    expect(autumn).toHaveLength(26);
    expect(new Set(hours(autumn))).toEqual(new Set([1]));
  });

  it('begins windows of several hours at the same times of the clock', () => {
    const list = bounds('PT6H', 'Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-30T10:00:00Z');
    const local = list.map((text) =>
      new Date(text).toLocaleTimeString('en-GB', { timeZone: 'Europe/Berlin', hour: '2-digit' }),
    );
    expect(local).toEqual(['12', '18', '00', '06', '12', '18', '00', '06', '12']);
    expect(hours(list)).toEqual([6, 6, 5, 6, 6, 6, 6, 6]);
  });

  it.each([
    '',
    'x',
    '1h',
    'PT',
    'P',
    'PT0S',
    'P0D',
    '-PT1H',
    'PT-1H',
    'P0.5D',
    'P1.5M',
    'PT0.0001S',
    'P2000Y',
    'PT99999999999999H',
    'P1D/P2D',
    'P1DT12H',
    'P1M2D',
  ])('refuses the interval %j', (interval) => {
    expect(() => tiling(interval, 'UTC')).toThrow(
      expect.objectContaining({
        code: 'query-invalid',
        errors: [expect.objectContaining({ pointer: 'interval' })],
      }),
    );
  });

  it('names a wrong interval and a wrong zone at once', () => {
    expect(() => tiling('x', 'Mars/Olympus')).toThrow(
      expect.objectContaining({
        errors: [
          expect.objectContaining({ pointer: 'interval' }),
          expect.objectContaining({ pointer: 'timezone' }),
        ],
      }),
    );
  });

  it('holds every instant in one window, without gaps, whatever interval and zone', () => {
    const interval = fc.constantFrom(
      'PT1M',
      'PT45M',
      'PT1H',
      'PT2H',
      'PT8H',
      'PT7H',
      'P1D',
      'P2D',
      'P1W',
      'P1M',
      'P1Y',
      'P17D',
      'PT36H',
      'P5M',
    );
    const zone = fc.constantFrom(
      'UTC',
      'Europe/Berlin',
      'America/St_Johns',
      'Australia/Lord_Howe',
      'America/Sao_Paulo',
      'Asia/Beirut',
      'Pacific/Apia',
    );
    const instant = fc.integer({
      min: t('1990-01-01T00:00:00Z') / 1e6,
      max: t('2040-01-01T00:00:00Z') / 1e6,
    });
    fc.assert(
      fc.property(interval, zone, instant, (one, where, seconds) => {
        const windows = tiling(one, where);
        const at = seconds * 1e6 + 1;
        const [start, end] = windowOf(windows, at);
        expect(start).toBeLessThanOrEqual(at);
        expect(end).toBeGreaterThan(at);
        expect(windowOf(windows, start)).toEqual([start, end]);
        expect(windowOf(windows, end - 1)).toEqual([start, end]);
        expect(windowOf(windows, end)[0]).toBe(end);
      }),
      { numRuns: 1000 },
    );
  });
});
