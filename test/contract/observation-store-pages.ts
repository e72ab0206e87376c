import fc from 'fast-check';
import {
  decodeCursor,
  decodeDatastreamCursor,
  encodePath,
  paths,
  type LatestQuery,
  type ObservationQuery,
  type ObservationStore,
  type Series,
  type ValueAppend,
} from '#model';
import {
  cursorOf,
  messageOf,
  render,
  rowsOf,
  seriesOf,
  storePerCase,
  T0,
  valueOf,
  type MakeStore,
  type StoreUnderTest,
} from './observation-store-fixtures.js';

/** Pages, latest, single rows, statistics. */
export function pagesContract(make: MakeStore): void {
  let under: StoreUnderTest;
  let store: ObservationStore;
  storePerCase(make, (fresh) => ({ store } = under = fresh));

  const put = async (...values: ValueAppend[]) => {
    await store.append(messageOf(values));
  };
  const page = async (query: Partial<ObservationQuery> & Pick<ObservationQuery, 'series'>) => {
    const answer = await store.query({ order: 'asc', limit: 100, ...query }, render);
    return { rows: await rowsOf(answer), cursor: cursorOf(answer) };
  };
  /** All pages of a query; `between` runs before each but the first. */
  const walk = async (
    query: Partial<ObservationQuery> & Pick<ObservationQuery, 'series'>,
    between: () => Promise<void> = () => Promise.resolve(),
  ) => {
    let { rows, cursor } = await page(query);
    const all = [...rows];
    while (cursor !== undefined) {
      await between();
      ({ rows, cursor } = await page({ ...query, cursor: decodeCursor(cursor)! }));
      all.push(...rows);
    }
    return all;
  };
  const values = (rows: { value: unknown }[]) => rows.map(({ value }) => value);

  describe('pages', () => {
    const a = seriesOf(1);
    const b = seriesOf(2);

    it('orders by time, series and nth, either way', async () => {
      await put(valueOf(b, T0, 4), valueOf(a, T0 + 2, 7), valueOf(a, T0, 1), valueOf(b, T0 + 1, 6));
      await put(valueOf(a, T0, 2), valueOf(b, T0, 5), valueOf(a, T0, 3));
      expect(values((await page({ series: [2, 1, 1, 99] })).rows)).toEqual([1, 2, 3, 4, 5, 6, 7]);
      expect(values((await page({ series: [1, 2], order: 'desc' })).rows)).toEqual([7, 6, 5, 4, 3, 2, 1]);
      for (let limit = 1; limit < 8; limit++) {
        expect(values(await walk({ series: [1, 2], limit }))).toEqual([1, 2, 3, 4, 5, 6, 7]);
        expect(values(await walk({ series: [1, 2], limit, order: 'desc' }))).toEqual([7, 6, 5, 4, 3, 2, 1]);
      }
    });

    it('takes from inclusively and to exclusively', async () => {
      await put(...[0, 1, 2, 3, 4].map((i) => valueOf(a, T0 + i, i)));
      const bounds = { series: [1], from: T0 + 1, to: T0 + 3 };
      expect(values((await page(bounds)).rows)).toEqual([1, 2]);
      expect(values((await page({ ...bounds, order: 'desc' })).rows)).toEqual([2, 1]);
      expect(values(await walk({ ...bounds, order: 'desc', limit: 1 }))).toEqual([2, 1]);
      expect((await page({ series: [1], from: T0 + 3, to: T0 + 1 })).rows).toEqual([]);
    });

    it('answers an empty page for series without rows, and for none', async () => {
      expect(await page({ series: [] })).toEqual({ rows: [], cursor: undefined });
      expect(await page({ series: [5] })).toEqual({ rows: [], cursor: undefined });
    });

    it('has no next page when the limit is met exactly', async () => {
      await put(valueOf(a, T0, 1), valueOf(a, T0 + 1, 2));
      expect((await page({ series: [1], limit: 2 })).cursor).toBeUndefined();
      expect((await page({ series: [1], limit: 1 })).cursor).toBeDefined();
    });

    it('walks far more rows and series than it reads at once', async () => {
      const many = Array.from({ length: 300 }, (_, i) => seriesOf(i + 1));
      const rows = many.flatMap((series, i) =>
        Array.from({ length: i === 7 ? 1500 : 5 }, (_, k) =>
          valueOf(series, T0 + ((k * 7919 + i * 31) % 2000), k),
        ),
      );
      for (let i = 0; i < rows.length; i += 500) await put(...rows.slice(i, i + 500));
      const ids = many.map(({ id }) => id);
      const whole = await walk({ series: ids, limit: 10_000 });
      expect(whole).toHaveLength(rows.length);
      expect(await walk({ series: ids, limit: 611 })).toEqual(whole);
      expect(await walk({ series: ids, limit: 611, order: 'desc' })).toEqual([...whole].reverse());
    });

    it('names things by their paths', async () => {
      const moved = seriesOf(3, { device: 'a b/é', name: 'x:y', feature: 'home/küche' });
      await put(valueOf(moved, T0, 1), valueOf(moved, T0, 2), valueOf(a, T0, 3));
      const { rows } = await page({ series: [3, 1] });
      const [own, first, second] = rows;
      expect(own!.feature).toBe(`${render.baseUrl}${paths.device(a.device)}`);
      expect(first!.feature).toBe(`${render.baseUrl}/api/features/${encodePath(moved.feature)}`);
      expect(`/api/observations/${second!.id}`).toBe(paths.observation(moved.device, moved.name, T0, 1));
    });

    it('leaves a cursor chain as it was at its first page, whatever arrives between pages', async () => {
      const all = [seriesOf(1), seriesOf(2), seriesOf(3)];
      const row = fc.record({ at: fc.nat(2), time: fc.nat(6), value: fc.nat(3) });
      const batch = fc.array(row, { maxLength: 6 });
      const toValues = (rows: readonly { at: number; time: number; value: number }[], series: Series[]) =>
        rows.map(({ at, time, value }) => valueOf(series[at]!, T0 + time, value));
      let used = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(batch, { maxLength: 5 }),
          fc.array(batch, { maxLength: 20 }),
          fc.constantFrom('asc' as const, 'desc' as const),
          fc.integer({ min: 1, max: 5 }),
          async (before, during, order, limit) => {
            // New series each time: the store need not be made anew.
            const series = all.map((one) => seriesOf(one.id + used, { device: `run-${used}-${one.id}` }));
            used += all.length;
            const query = { series: series.map(({ id }) => id), order };
            await Promise.all(before.map((rows) => put(...toValues(rows, series))));
            const snapshot = await page(query);
            const late = [...during];
            const paged = await walk({ ...query, limit }, async () => {
              const rows = late.shift();
              if (rows) await put(...toValues(rows, series));
            });
            expect(paged).toEqual(snapshot.rows);
          },
        ),
        { numRuns: 60 },
      );
    }, 60_000);

    it('reads the same page by a cursor that is asked for again, and by one that was left for another', async () => {
      await put(...Array.from({ length: 60 }, (_, i) => valueOf(i % 2 ? a : b, T0 + i, i)));
      const first = await page({ series: [1, 2], limit: 10 });
      const next = { series: [1, 2], limit: 10, cursor: decodeCursor(first.cursor!)! };
      const second = await page(next);
      expect(values(second.rows)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
      expect(await page(next)).toEqual(second);
      const others = { limit: 10, cursor: next.cursor };
      expect(values((await page({ ...others, series: [1] })).rows)).toEqual([
        11, 13, 15, 17, 19, 21, 23, 25, 27, 29,
      ]);
      expect(values((await page({ ...next, to: T0 + 12 })).rows)).toEqual([10, 11]);
      expect(values((await page({ ...next, order: 'desc' })).rows)).toEqual([8, 7, 6, 5, 4, 3, 2, 1, 0]);
      expect(await page({ ...next, cursor: decodeCursor(second.cursor!)! })).toMatchObject({
        rows: Array.from({ length: 10 }, (_, i) => ({ value: 20 + i })),
      });
    });

    it('reads while others read, and lets a page be left unread', async () => {
      const text = seriesOf(4, { type: 'text', unit: '' });
      await put(...Array.from({ length: 200 }, (_, i) => valueOf(text, T0 + i, 'x'.repeat(2000))));
      const slow = await store.query({ series: [4], order: 'asc', limit: 200 }, render);
      const reader = slow.body[Symbol.asyncIterator]();
      await reader.next();
      const left = await store.query({ series: [4], order: 'asc', limit: 200 }, render);
      for await (const chunk of left.body) {
        expect(chunk.length).toBeGreaterThan(0);
        break;
      }
      expect((await page({ series: [4], limit: 200 })).rows).toHaveLength(200);
      let rest = 0;
      for (let next = await reader.next(); !next.done; next = await reader.next()) rest += next.value.length;
      expect(rest).toBeGreaterThan(200_000);
    });
  });

  describe('latest', () => {
    const kitchen = seriesOf(1, { device: 'd1', feature: 'kitchen' });
    const hall = seriesOf(2, { device: 'd1', feature: 'hall' });
    const other = seriesOf(3, { device: 'd0' });
    const humidity = seriesOf(4, { device: 'd1', name: 'humidity' });
    const latest = async (query: Partial<LatestQuery> = {}) => {
      const answer = await store.latest({ series: [1, 2, 3, 4], limit: 100, ...query }, render);
      return { rows: await rowsOf(answer), cursor: cursorOf(answer) };
    };

    it('is the newest by time and nth of each datastream over its series, in order of device and name', async () => {
      await put(valueOf(kitchen, T0 + 5, 1), valueOf(hall, T0 + 9, 2), valueOf(kitchen, T0 + 7, 3));
      await put(
        valueOf(hall, T0 + 9, 4),
        valueOf(hall, T0 + 8, 5),
        valueOf(other, T0, 6),
        valueOf(humidity, T0, 7),
      );
      expect(values((await latest()).rows)).toEqual([6, 7, 4]);
      expect((await store.latestRecords([1, 2, 3, 4])).map(({ value }) => value)).toEqual([6, 7, 4]);
      expect(values((await latest({ series: [1] })).rows)).toEqual([3]);
      expect(values((await latest({ from: T0 + 1, to: T0 + 9 })).rows)).toEqual([5]);
      expect(values((await latest({ to: T0 + 8 })).rows)).toEqual([6, 7, 3]);
    });

    it('pages by datastream', async () => {
      await put(
        valueOf(kitchen, T0, 1),
        valueOf(hall, T0 + 1, 2),
        valueOf(other, T0, 3),
        valueOf(humidity, T0, 4),
      );
      const found: unknown[] = [];
      let after: LatestQuery['after'];
      for (let i = 0; i < 3; i++) {
        const { rows, cursor } = await latest({ limit: 1, ...(after && { after }) });
        found.push(...values(rows));
        expect(cursor === undefined).toBe(i === 2);
        after = cursor === undefined ? undefined : decodeDatastreamCursor(cursor);
      }
      expect(found).toEqual([3, 4, 2]);
    });

    it('opens with what is retained: the newest of each datastream unless it was retired', async () => {
      await put(valueOf(kitchen, T0, 1), valueOf(other, T0, 2), valueOf(humidity, T0, 3));
      await store.retire([1, 4]);
      await put(valueOf(humidity, T0 + 1, 4));
      const { contents } = await under.reopen();
      expect(contents.latest.map(({ value }) => value)).toEqual([2, 4]);
      expect(contents.series.map(({ id }) => id).sort()).toEqual([1, 3, 4]);
    });

    it('opens with a value that came after the retirement of another series, be its time earlier', async () => {
      const cellar = seriesOf(5, { device: 'd1', feature: 'cellar' });
      await put(valueOf(cellar, T0 - 9, 1), valueOf(kitchen, T0, 2));
      await store.retire([1]);
      // What its datastream held before is not retained either.
      const left = await under.reopen();
      expect(left.contents.latest).toEqual([]);
      store = left.store;
      await put(valueOf(hall, T0 - 5, 3));
      const moved = await under.reopen();
      expect(moved.contents.latest.map(({ value, series }) => [value, series.feature])).toEqual([
        [3, 'hall'],
      ]);
    });
  });

  describe('one row', () => {
    it('is found by time and nth over the series of a datastream', async () => {
      const kitchen = seriesOf(1, { feature: 'kitchen' });
      const hall = seriesOf(2, { device: 'device-1', feature: 'hall' });
      await put(
        valueOf(kitchen, T0, 1),
        valueOf(kitchen, T0, 2),
        valueOf(hall, T0, 3),
        valueOf(hall, T0 + 1, 4),
      );
      expect((await store.get([2], T0, 2))?.value).toBe(3);
      expect(await store.get([2], T0, 0)).toBeUndefined();
      const found = await Promise.all([0, 1, 2, 3].map((nth) => store.get([1, 2], T0, nth)));
      expect(found.map((record) => record?.value)).toEqual([1, 2, 3, undefined]);
      expect(found.map((record) => record?.nth)).toEqual([0, 1, 2, undefined]);
      expect((await store.get([1, 2], T0 + 1, 0))?.series.feature).toBe('hall');
      expect(await store.get([], T0, 0)).toBeUndefined();
    });
  });

  describe('extent', () => {
    const a = seriesOf(1);
    const b = seriesOf(2);

    it('tells the first and last time over the series, of rows in [from, to)', async () => {
      await put(...[3, 5, 9].map((i) => valueOf(a, T0 + i, i)), valueOf(b, T0 - 1, 1), valueOf(b, T0 + 4, 1));
      expect(await store.extent([1])).toEqual({ first: T0 + 3, last: T0 + 9 });
      expect(await store.extent([2, 1, 1, 99])).toEqual({ first: T0 - 1, last: T0 + 9 });
      expect(await store.extent([1, 2], T0)).toEqual({ first: T0 + 3, last: T0 + 9 });
      expect(await store.extent([1, 2], T0 + 3, T0 + 5)).toEqual({ first: T0 + 3, last: T0 + 4 });
      expect(await store.extent([1, 2], undefined, T0)).toEqual({ first: T0 - 1, last: T0 - 1 });
    });

    it('is undefined where there is no row', async () => {
      await put(valueOf(a, T0, 1), valueOf(a, T0 + 9, 1));
      expect(await store.extent([])).toBeUndefined();
      expect(await store.extent([99])).toBeUndefined();
      expect(await store.extent([1], T0 + 1, T0 + 9)).toBeUndefined();
      expect(await store.extent([1], T0 + 9, T0)).toBeUndefined();
    });

    it('looks at far more series than at once, and agrees with the statistics', async () => {
      const many = Array.from({ length: 1500 }, (_, i) => seriesOf(i + 1));
      await put(...many.map((series, i) => valueOf(series, T0 + ((i * 7919) % 1500), i)));
      const ids = many.map(({ id }) => id);
      const statistics = await store.statistics(ids, T0 + 100, T0 + 1400);
      const times = statistics.flatMap(({ first, last }) => (first === undefined ? [] : [first, last!]));
      expect(await store.extent(ids, T0 + 100, T0 + 1400)).toEqual({
        first: Math.min(...times),
        last: Math.max(...times),
      });
    });
  });

  describe('statistics', () => {
    it('counts rows and tells the first and last time', async () => {
      const a = seriesOf(1);
      await put(
        ...[5, 3, 9].map((i) => valueOf(a, T0 + i, i)),
        valueOf(a, T0 + 3, 0),
        valueOf(seriesOf(2), T0, 1),
      );
      expect(await store.statistics([1])).toEqual([{ series: 1, count: 4, first: T0 + 3, last: T0 + 9 }]);
      expect(await store.statistics([1, 2], T0 + 4, T0 + 9)).toEqual([
        { series: 1, count: 1, first: T0 + 5, last: T0 + 5 },
        { series: 2, count: 0 },
      ]);
    });
  });
}
