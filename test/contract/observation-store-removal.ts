import {
  decodeCursor,
  type DeadLetterQuery,
  type ObservationStore,
  type RenderedPage,
  type ValueAppend,
} from '#model';
import {
  cursorOf,
  letterOf,
  messageOf,
  rejectedOf,
  render,
  rowsOf,
  seriesOf,
  storePerCase,
  T0,
  valueOf,
  type MakeStore,
  type StoreUnderTest,
} from './observation-store-fixtures.js';

/** Deletion, purge, retirement, dead letters, the end. */
export function removalContract(make: MakeStore): void {
  let under: StoreUnderTest;
  let store: ObservationStore;
  storePerCase(make, (fresh) => ({ store } = under = fresh));

  const put = async (...values: ValueAppend[]) => {
    await store.append(messageOf(values));
  };
  const a = seriesOf(1);
  const b = seriesOf(2);

  describe('deletion', () => {
    it('removes the rows of the series in [from, to) and leaves the ledger', async () => {
      await put(...[0, 1, 2, 3].map((i) => valueOf(a, T0 + i, i)), valueOf(b, T0 + 1, 1));
      const before = await store.ledger();
      expect(await store.delete([1], T0 + 1, T0 + 3)).toBe(2);
      expect(await store.statistics([1, 2])).toMatchObject([
        { count: 2, first: T0, last: T0 + 3 },
        { count: 1 },
      ]);
      expect(await store.delete([1, 2, 9])).toBe(3);
      expect(await store.delete([1])).toBe(0);
      expect(await store.ledger()).toEqual(before);
    });

    it('takes what was appended before, committed or not, and nothing that comes after', async () => {
      const early = store.append(messageOf([valueOf(a, T0, 1)]));
      const deleted = store.delete([1]);
      const late = store.append(messageOf([valueOf(a, T0 + 1, 2)]));
      expect(await deleted).toBe(1);
      await Promise.all([early, late]);
      expect(await store.statistics([1])).toMatchObject([{ count: 1, first: T0 + 1 }]);
    });

    it('spares what was appended after it was given, however long it waits for its turn', async () => {
      const many = Array.from({ length: 12_000 }, (_, i) => valueOf(b, T0 + i, i));
      await put(...many, valueOf(a, T0, 1));
      const long = store.delete([2]);
      const deleted = store.delete([1]);
      await put(valueOf(a, T0 + 1, 2));
      const purged = store.purge([2]);
      expect(await Promise.all([long, deleted, purged])).toEqual([12_000, 1, 0]);
      expect(await store.statistics([1])).toMatchObject([{ count: 1, first: T0 + 1 }]);
    });

    it.each(['delete', 'purge'] as const)('%s is seen by the pages that follow', async (how) => {
      await put(...Array.from({ length: 60 }, (_, i) => valueOf(i % 2 ? a : b, T0 + i, i)));
      const query = { series: [1, 2], order: 'asc', limit: 10 } as const;
      const valuesOf = async (answer: RenderedPage) => (await rowsOf(answer)).map(({ value }) => value);
      const first = await store.query(query, render);
      const second = await store.query({ ...query, cursor: decodeCursor(cursorOf(first)!)! }, render);
      expect(await valuesOf(second)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
      await store[how]([1]);
      const third = await store.query({ ...query, cursor: decodeCursor(cursorOf(second)!)! }, render);
      expect(await valuesOf(third)).toEqual([20, 22, 24, 26, 28, 30, 32, 34, 36, 38]);
    });

    it('removes many rows while others arrive', async () => {
      const rows = Array.from({ length: 12_000 }, (_, i) => valueOf(a, T0 + i, i));
      for (let i = 0; i < rows.length; i += 3000) await put(...rows.slice(i, i + 3000));
      const deleted = store.delete([1], T0, T0 + 11_000);
      const arriving = [1, 2, 3, 4, 5].map((i) => store.append(messageOf([valueOf(b, T0 + i, i)])));
      await Promise.all(arriving);
      expect(await deleted).toBe(11_000);
      expect(await store.statistics([1, 2])).toMatchObject([{ count: 1000 }, { count: 5 }]);
    });
  });

  describe('purge', () => {
    it('forgets the series with their rows, and never gives their ids again', async () => {
      await put(valueOf(a, T0, 1), valueOf(b, T0, 2), valueOf(b, T0 + 1, 3));
      expect(await store.purge([2])).toBe(2);
      expect(await store.latestRecords([1, 2])).toHaveLength(1);
      expect(await store.get([2], T0, 0)).toBeUndefined();
      const { contents } = await under.reopen();
      expect(contents.series).toEqual([a]);
      expect(contents.nextSeries).toBe(3);
    });

    it('lets the same datastream begin again under another id', async () => {
      await put(valueOf(a, T0, 1));
      const purged = store.purge([1]);
      const again = seriesOf(3, { device: a.device });
      await put(valueOf(again, T0, 5));
      expect(await purged).toBe(1);
      const { contents } = await under.reopen();
      expect(contents.series).toEqual([again]);
      expect(contents.latest.map(({ value }) => value)).toEqual([5]);
    });
  });

  describe('retirement', () => {
    it('leaves out datastreams whose newest value was there before it', async () => {
      await put(valueOf(a, T0, 1), valueOf(b, T0, 2));
      await store.retire([1, 2]);
      await put(valueOf(b, T0 + 1, 3), valueOf(a, T0 - 1, 0));
      expect(await store.latestRecords([1, 2])).toHaveLength(2);
      expect((await store.retained([1, 2])).map(({ value }) => value)).toEqual([3]);
      const { contents } = await under.reopen();
      expect(contents.latest.map(({ value }) => value)).toEqual([3]);
      expect(contents.series).toHaveLength(2);
    });

    it('is remembered when what came after it is deleted', async () => {
      const moved = seriesOf(3, { device: a.device, feature: 'garden' });
      await put(valueOf(a, T0, 1));
      await store.retire([1]);
      await put(valueOf(moved, T0 + 1, 2), valueOf(a, T0 + 2, 3), valueOf(b, T0, 4));
      const retained = async () => (await store.retained([1, 2, 3])).map(({ value }) => value);
      expect(await retained()).toEqual([3, 4]);
      expect((await store.retained([3])).map(({ value }) => value)).toEqual([2]);
      await store.delete([1], T0 + 2);
      expect(await retained()).toEqual([2, 4]);
      await store.delete([3]);
      expect(await retained()).toEqual([4]);
      expect((await under.reopen()).contents.latest.map(({ value }) => value)).toEqual([4]);
    });

    it('takes what was appended before, committed or not', async () => {
      const early = store.append(messageOf([valueOf(a, T0, 1)]));
      await Promise.all([store.retire([1]), early]);
      expect((await under.reopen()).contents.latest).toEqual([]);
    });
  });

  describe('retirement while deletions run', () => {
    it('spares what was appended after it was given', async () => {
      await put(...Array.from({ length: 12_000 }, (_, i) => valueOf(b, T0 + i, i)), valueOf(a, T0, 1));
      const deleted = store.delete([2], T0 + 1);
      const retired = store.retire([1, 2]);
      await put(valueOf(a, T0 + 1, 2));
      await Promise.all([deleted, retired]);
      expect((await under.reopen()).contents.latest.map(({ value }) => value)).toEqual([2]);
    });
  });

  describe('dead letters', () => {
    const letters = async (query: Partial<DeadLetterQuery> = {}) =>
      (await store.deadLetters({ limit: 100, ...query })).items;

    it('are kept as they came, with their state and all rejections', async () => {
      const letter = letterOf({
        payload: Uint8Array.of(0, 255, 10),
        qos: 2,
        device: 'dévice',
        schema: 'climate/versions/3',
        rule: 'deny publish #',
        rejections: [
          { stage: 'map', code: 'value-not-number', message: 'no', pointer: '/a', name: 'temperature' },
          { stage: 'check', code: 'value-out-of-range', message: 'far', name: 'humidity' },
        ],
      });
      await store.append(messageOf([valueOf(a, T0, 1)], { rejectedValues: 2, deadLetter: letter }));
      await store.append(rejectedOf());
      const [second, first] = await letters();
      expect(first).toEqual({ ...letter, id: first!.id, state: 'stored', payloadSize: 3 });
      expect(second).toMatchObject({ state: 'rejected', payloadSize: 8 });
      expect(Buffer.from(second!.payload).toString()).toBe('not json');
      expect('device' in second!).toBe(false);
      expect(second!.id).toBeGreaterThan(first!.id);
    });

    it('are cut at 64 KiB', async () => {
      await store.append(rejectedOf({ deadLetter: letterOf({ payload: Buffer.alloc(100_000, 7) }) }));
      await store.append(rejectedOf({ deadLetter: letterOf({ payload: Buffer.alloc(65_536, 8) }) }));
      const [whole, cut] = await letters();
      expect([cut!.payload.length, cut!.payloadSize]).toEqual([65_536, 100_000]);
      expect([whole!.payload.length, whole!.payloadSize]).toEqual([65_536, 65_536]);
      expect(new Set(cut!.payload)).toEqual(new Set([7]));
      expect(new Set(whole!.payload)).toEqual(new Set([8]));
    });

    it('are found by state, id, device, code and schema', async () => {
      const rejection = { stage: 'map', message: 'm' } as const;
      await store.append(messageOf([], { fallback: 'unmatched', deadLetter: letterOf({ device: 'd' }) }));
      await store.append(rejectedOf({ deadLetter: letterOf({ schema: 'a/versions/1' }) }));
      await store.append(
        rejectedOf({
          deadLetter: letterOf({
            device: 'e',
            schema: 'a/versions/22',
            rejections: [
              { ...rejection, code: 'x' },
              { ...rejection, code: "y'%" },
            ],
          }),
        }),
      );
      await store.append(
        messageOf([], { fallback: 'refused', deadLetter: letterOf({ schema: 'ab/versions/1' }) }),
      );
      const ids = (await letters()).map(({ id }) => id).reverse();
      const found = async (query: Partial<DeadLetterQuery>) =>
        (await letters(query)).map(({ id }) => ids.indexOf(id) + 1);
      expect(await found({ states: ['unmatched', 'refused'] })).toEqual([4, 1]);
      expect(await found({ states: [] })).toEqual([]);
      expect(await found({ ids: [ids[0]!, ids[2]!, 99_999] })).toEqual([3, 1]);
      expect(await found({ device: 'd' })).toEqual([1]);
      expect(await found({ code: "y'%" })).toEqual([3]);
      expect(await found({ schema: 'a' })).toEqual([3, 2]);
      expect(await found({ schema: 'a', states: ['rejected'], before: ids[2]! })).toEqual([2]);
    });

    it('are paged, newest first', async () => {
      await Promise.all(Array.from({ length: 5 }, () => store.append(rejectedOf())));
      const all = (await letters()).map(({ id }) => id);
      const first = await store.deadLetters({ limit: 2 });
      const second = await store.deadLetters({ limit: 2, before: first.next! });
      const third = await store.deadLetters({ limit: 2, before: second.next! });
      const paged = [first, second, third].flatMap(({ items }) => items.map(({ id }) => id));
      expect(paged).toEqual(all);
      expect(third.next).toBeUndefined();
    });

    it('are bounded to the newest 10,000 and 7 days; the ledger keeps counting', async () => {
      const day = 86_400_000_000;
      const now = Date.now() * 1000;
      await store.append(rejectedOf({ deadLetter: letterOf({ received: now - 8 * day }) }));
      await store.append(rejectedOf({ deadLetter: letterOf({ received: now - 6 * day }) }));
      expect((await letters()).map(({ received }) => received)).toEqual([now - 6 * day]);
      const [oldest] = await letters();
      for (let i = 0; i < 10_000; i++) void store.append(rejectedOf());
      await store.append(rejectedOf({ rejectedValues: 0 }));
      const tail = await letters({ before: oldest!.id + 4 });
      expect(tail.map(({ id }) => id - oldest!.id)).toEqual([3, 2]);
      expect(await store.ledger()).toMatchObject({
        messages: { rejected: 10_003 },
        values: { rejected: 10_002 },
      });
    });
  });

  describe('close', () => {
    it('commits what was appended, and takes nothing after', async () => {
      const appended = store.append(messageOf([valueOf(a, T0, 1)]));
      await store.close();
      expect((await appended).state).toBe('stored');
      await expect(store.append(messageOf([valueOf(a, T0, 2)]))).rejects.toMatchObject({
        code: 'unavailable',
      });
      await expect(store.ledger()).rejects.toMatchObject({ code: 'unavailable' });
    });
  });
}
