import fc from 'fast-check';
import { DateTime } from 'luxon';
import type { ValueAppend } from '#model';
import {
  messageOf,
  seriesOf,
  sharedStore,
  T0,
  valueOf,
  type MakeStore,
} from './observation-store-fixtures.js';

/** Windows of time. */
export function aggregateContract(make: MakeStore): void {
  const store = sharedStore(make);

  const put = async (...values: ValueAppend[]) => {
    await store().append(messageOf(values));
  };
  const bounds = (...times: number[]) => Float64Array.from(times, (time) => T0 + time);

  describe('aggregate', () => {
    const a = seriesOf(1);

    it('gives count, mean, min, max, first and last of each window that has rows', async () => {
      await put(...[0, 9, 10, 25, 29, 30].map((time, i) => valueOf(a, T0 + time, i + 0.1)));
      expect(await store().aggregate({ series: [1], bounds: bounds(0, 10, 20, 30) })).toEqual([
        {
          series: a,
          windows: [
            {
              from: T0,
              to: T0 + 10,
              count: 2,
              mean: 0.6,
              min: 0.1,
              max: 1.1,
              first: 0.1,
              firstTime: T0,
              last: 1.1,
              lastTime: T0 + 9,
            },
            {
              from: T0 + 10,
              to: T0 + 20,
              count: 1,
              mean: 2.1,
              min: 2.1,
              max: 2.1,
              first: 2.1,
              firstTime: T0 + 10,
              last: 2.1,
              lastTime: T0 + 10,
            },
            {
              from: T0 + 20,
              to: T0 + 30,
              count: 2,
              mean: 3.6,
              min: 3.1,
              max: 4.1,
              first: 3.1,
              firstTime: T0 + 25,
              last: 4.1,
              lastTime: T0 + 29,
            },
          ],
        },
      ]);
    });

    it('takes the first and last by time and nth', async () => {
      await put(valueOf(a, T0 + 1, 5), valueOf(a, T0 + 1, 6), valueOf(a, T0 + 1, 1));
      const [stream] = await store().aggregate({ series: [1], bounds: bounds(0, 10) });
      expect(stream!.windows).toMatchObject([{ count: 3, mean: 4, first: 5, last: 1 }]);
    });

    it('has a mean of numbers whose sum is too great', async () => {
      const mean = async (...numbers: number[]) => {
        await store().delete([1]);
        await put(...numbers.map((value, i) => valueOf(a, T0 + i, value)));
        return (await store().aggregate({ series: [1], bounds: bounds(0, 100) }))[0]!.windows[0]!.mean;
      };
      expect(await mean(1e307, 1.5e308, 1.6e308)).toBe(1.06666666667e308);
      expect(await mean(-1.5e308, -1.7e308)).toBe(-1.6e308);
      expect(await mean(1.7e308, 1.7e308, -1.7e308, -1.7e308, 4e300)).toBeCloseTo(8e299, -297);
      expect(await mean(...Array.from({ length: 7 }, (_, i) => Number.MAX_VALUE - i))).toBe(
        1.79769313486e308,
      );
      expect(await mean(5e-324, 5e-324)).toBe(5e-324);
    });

    it('merges the series of a datastream, and answers datastreams in order of device and name', async () => {
      const kitchen = seriesOf(2, { device: 'd', feature: 'kitchen' });
      const hall = seriesOf(3, { device: 'd', feature: 'hall' });
      const humidity = seriesOf(4, { device: 'd', name: 'humidity' });
      await put(
        valueOf(a, T0, 1),
        valueOf(kitchen, T0 + 3, 10),
        valueOf(hall, T0 + 1, 20),
        valueOf(hall, T0 + 5, 3),
      );
      await put(valueOf(humidity, T0 + 20, 1));
      const found = await store().aggregate({ series: [1, 2, 3, 4], bounds: bounds(0, 10) });
      expect(found.map(({ series }) => [series.device, series.name])).toEqual([
        ['d', 'temperature'],
        ['device-1', 'temperature'],
      ]);
      expect(found[0]!.windows).toMatchObject([
        { count: 3, mean: 11, min: 3, max: 20, first: 20, firstTime: T0 + 1, last: 3, lastTime: T0 + 5 },
      ]);
    });

    it('averages directions around the circle', async () => {
      const direction = seriesOf(5, {
        property: 'WindDirection',
        kind: 'Angle',
        unit: 'DEG',
        circular: true,
      });
      const windows = async (...angles: number[]) => {
        await store().delete([5]);
        await put(...angles.map((angle, i) => valueOf(direction, T0 + i, angle)));
        return (await store().aggregate({ series: [5], bounds: bounds(0, 100) }))[0]!.windows[0]!;
      };
      expect((await windows(350, 10)).mean).toBe(0);
      expect((await windows(350, 20)).mean).toBe(5);
      expect((await windows(340, 10)).mean).toBe(355);
      expect((await windows(90, 90, 90)).mean).toBe(90);
      expect((await windows(280, 300)).mean).toBe(290);
      expect(await windows(0, 180)).toMatchObject({ count: 2, min: 0, max: 180 });
      expect('mean' in (await windows(0, 180))).toBe(false);
    });

    it('gives states and texts count, first and last only', async () => {
      const state = seriesOf(6, { type: 'state', unit: '' });
      const text = seriesOf(7, { type: 'concept', unit: '' });
      await put(
        valueOf(state, T0, true),
        valueOf(state, T0 + 1, false),
        valueOf(text, T0, 'b'),
        valueOf(text, T0 + 2, 'a'),
      );
      const found = await store().aggregate({ series: [6, 7], bounds: bounds(0, 10) });
      expect(found.map(({ windows }) => windows)).toEqual([
        [{ from: T0, to: T0 + 10, count: 2, first: true, firstTime: T0, last: false, lastTime: T0 + 1 }],
        [{ from: T0, to: T0 + 10, count: 2, first: 'b', firstTime: T0, last: 'a', lastTime: T0 + 2 }],
      ]);
    });

    it('follows the days of a time zone, the one of 25 hours too', async () => {
      const midnight = DateTime.fromISO('2026-10-24T00:00', { zone: 'Europe/Berlin' });
      const days = Float64Array.from([0, 1, 2, 3], (days) => midnight.plus({ days }).toMillis() * 1000);
      const hour = 3_600_000_000;
      const hours = Array.from({ length: 73 }, (_, i) => valueOf(a, days[0]! + i * hour, i));
      await put(...hours);
      const [stream] = await store().aggregate({ series: [1], bounds: days });
      expect(stream!.windows.map(({ count }) => count)).toEqual([24, 25, 24]);
    });

    it('agrees with the rows added up one by one', async () => {
      const row = fc.record({ at: fc.nat(1), time: fc.nat(60), value: fc.integer({ min: -500, max: 500 }) });
      let used = 10;
      await fc.assert(
        fc.asyncProperty(
          fc.array(row, { maxLength: 60 }),
          fc.uniqueArray(fc.nat(70), { minLength: 2, maxLength: 8 }),
          async (rows, cuts) => {
            const both = [seriesOf(++used, { device: `run-${used}` })];
            both.push(seriesOf(++used, { device: both[0]!.device, feature: 'elsewhere' }));
            const ids = both.map(({ id }) => id);
            await put(...rows.map(({ at, time, value }) => valueOf(both[at]!, T0 + time, value / 10)));
            const edges = bounds(...cuts.sort((x, y) => x - y));
            const unique = new Map(rows.map((one) => [`${one.at} ${one.time} ${one.value}`, one]));
            const expected = [...edges.slice(0, -1)].flatMap((from, i) => {
              const to = edges[i + 1]!;
              const inside = [...unique.values()].filter(({ time }) => T0 + time >= from && T0 + time < to);
              const values = inside.map(({ value }) => value / 10);
              if (values.length === 0) return [];
              return [{ from, to, count: values.length, min: Math.min(...values), max: Math.max(...values) }];
            });
            const [stream] = await store().aggregate({ series: ids, bounds: edges });
            const windows = stream?.windows ?? [];
            expect(windows).toMatchObject(expected);
            expect(windows).toHaveLength(expected.length);
            for (const { from, to, mean } of windows) {
              const inside = [...unique.values()].filter(({ time }) => T0 + time >= from && T0 + time < to);
              expect(mean).toBeCloseTo(
                inside.reduce((sum, { value }) => sum + value / 10, 0) / inside.length,
                9,
              );
            }
          },
        ),
        { numRuns: 60 },
      );
    }, 60_000);
  });
}
