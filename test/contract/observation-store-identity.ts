import fc from 'fast-check';
import { VALUES_AT_ONE_TIME, type MessageAppend, type ObservationStore, type Series } from '#model';
import {
  messageOf,
  seriesOf,
  storePerCase,
  T0,
  valueOf,
  type MakeStore,
  type StoreUnderTest,
} from './observation-store-fixtures.js';

/** What a value is known by, and the way of submitting it. */
export function identityContract(make: MakeStore): void {
  let under: StoreUnderTest;
  let store: ObservationStore;
  storePerCase(make, (fresh) => ({ store } = under = fresh));

  describe('identity', () => {
    const series = seriesOf(1);
    const append = async (...values: [number, number | boolean | string][]) => {
      const result = await store.append(
        messageOf(values.map(([time, value]) => valueOf(series, time, value))),
      );
      return { state: result.state, statuses: [...result.statuses] };
    };

    it('keeps another value at the same time as its nth, and knows each of them again', async () => {
      expect(await append([T0, 1])).toEqual({ state: 'stored', statuses: [0] });
      expect(await append([T0, 2], [T0, 3])).toEqual({ state: 'stored', statuses: [2, 4] });
      expect(await append([T0, 3], [T0, 1], [T0, 2])).toEqual({ state: 'duplicate', statuses: [5, 1, 3] });
      expect((await store.get([1], T0, 2))?.value).toBe(3);
      expect(await store.get([1], T0, 3)).toBeUndefined();
    });

    it('keeps an equal value that arrived at the same time, and knows it when its message is sent again', async () => {
      const value = { ...valueOf(series, T0, 1), arrival: true };
      const resend = { client: 'c', packetId: 1, hash: 'h', dup: false };
      const statuses = async (more: Partial<MessageAppend> = {}) => [
        ...(await store.append({ ...messageOf([value]), ...more })).statuses,
      ];
      expect(await statuses()).toEqual([0]);
      expect(await statuses({ resend })).toEqual([2]);
      expect((await statuses({ resend: { ...resend, dup: true } })).map((bits) => bits & 1)).toEqual([1]);
      // Told as a time of its own, it is known.
      expect(await append([T0, 1])).toMatchObject({ state: 'duplicate' });
    });

    it('gives back a message with a value that is one too many at its time, and stores nothing of it', async () => {
      const elsewhere = seriesOf(2, { device: series.device, feature: 'elsewhere' });
      const values = Array.from({ length: VALUES_AT_ONE_TIME - 1 }, (_, i) => valueOf(series, T0, i));
      expect((await store.append(messageOf([...values, valueOf(elsewhere, T0, 0)]))).state).toBe('stored');
      const before = await store.ledger();
      const resend = { client: 'c', packetId: 3, hash: 'h', dup: false };
      const mixed = [valueOf(series, T0 + 1, 5), valueOf(elsewhere, T0, -1), valueOf(series, T0, -1)];
      for (const dup of [false, true]) {
        const [one, given, last] = await Promise.allSettled([
          store.append(messageOf([valueOf(series, T0, 7)])),
          store.append(messageOf(mixed, { resend: { ...resend, dup } })),
          store.append(messageOf([valueOf(elsewhere, T0, 0)])),
        ]);
        expect(given).toMatchObject({
          status: 'rejected',
          reason: { name: 'TimeCrowdedError', values: [1, 2] },
        });
        expect(one).toMatchObject({ value: { state: 'duplicate', statuses: Uint16Array.of(15) } });
        const highest = (VALUES_AT_ONE_TIME - 1) * 2 + 1;
        expect(last).toMatchObject({ value: { state: 'duplicate', statuses: Uint16Array.of(highest) } });
      }
      expect(await store.get([1], T0 + 1, 0)).toBeUndefined();
      expect((await store.ledger()).messages).toEqual({
        ...before.messages,
        received: before.messages.received + 4,
        duplicate: 4,
      });
      store = (await under.reopen()).store;
      await expect(store.append(messageOf(mixed))).rejects.toMatchObject({ values: [1, 2] });
      // Without them it is stored; where there is room again, so are they.
      expect((await store.append(messageOf(mixed.slice(0, 1), { resend }))).state).toBe('stored');
      await store.delete([2]);
      expect([...(await store.append(messageOf(mixed.slice(1, 2)))).statuses]).toEqual([
        (VALUES_AT_ONE_TIME - 1) * 2,
      ]);
    });

    it('tells each of equal values of a message that is sent again as its own row', async () => {
      const resend = { client: 'c', packetId: 2, hash: 'h', dup: false };
      const sent = (arrival: number, dup: boolean) =>
        messageOf(
          [7, 5, 7, 7].map((value, i) =>
            valueOf(series, arrival + i, value, { resultTime: arrival, arrival: true }),
          ),
          { resend: { ...resend, dup } },
        );
      await store.append(sent(T0, false));
      const again = await store.append(sent(T0 + 9_000_000, true));
      expect([again.state, ...again.statuses]).toEqual(['duplicate', 1, 1, 1, 1]);
      expect([...again.times!]).toEqual([0, 1, 2, 3].flatMap((i) => [T0 + i, T0]));
    });

    it('counts the nth in the order of the message, whatever lies between', async () => {
      expect(await append([T0 + 5, 1], [T0, 7], [T0 + 5, 2], [T0, 8], [T0 + 5, 1])).toEqual({
        state: 'stored',
        statuses: [0, 0, 2, 2, 1],
      });
    });

    it('counts one nth for all series of a datastream, in the order of arrival', async () => {
      const kitchen = seriesOf(2, { device: 'd', feature: 'kitchen' });
      const hall = seriesOf(3, { device: 'd', feature: 'hall' });
      const bath = seriesOf(4, { device: 'd', feature: 'bath' });
      const others = [seriesOf(5, { device: 'd', name: 'humidity' }), seriesOf(6, { device: 'e' })];
      const put = async (...values: [Series, number, number][]) => {
        const message = messageOf(values.map(([of, time, value]) => valueOf(of, time, value)));
        return [...(await store.append(message)).statuses];
      };
      expect(await put([kitchen, T0, 1], [kitchen, T0 + 9, 1])).toEqual([0, 0]);
      // The same value in another series is another observation; sent again it is a duplicate.
      expect(await put([hall, T0, 1], [hall, T0 + 5, 1])).toEqual([2, 0]);
      expect(await put([hall, T0, 1], [kitchen, T0, 1])).toEqual([3, 1]);
      // The later series comes first here, and one is new.
      expect(await put([bath, T0, 7], [hall, T0, 8], [kitchen, T0, 9], [bath, T0, 7])).toEqual([4, 6, 8, 5]);
      expect(await put([bath, T0 + 20, 1], [kitchen, T0 + 20, 1], [bath, T0 + 20, 2])).toEqual([0, 2, 4]);
      expect(await put(...others.map((of): [Series, number, number] => [of, T0, 1]))).toEqual([0, 0]);
      store = (await under.reopen()).store;
      expect(await put([hall, T0 + 20, 1], [bath, T0 + 20, 2], [hall, T0 + 30, 1])).toEqual([6, 5, 0]);
      expect(await put([kitchen, T0 + 30, 1], [hall, T0 + 30, 1])).toEqual([2, 1]);
      const found = await Promise.all([0, 1, 2, 3, 4, 5].map((nth) => store.get([2, 3, 4], T0, nth)));
      expect(found.map((record) => record && [record.nth, record.value, record.series.feature])).toEqual([
        [0, 1, 'kitchen'],
        [1, 1, 'hall'],
        [2, 7, 'bath'],
        [3, 8, 'hall'],
        [4, 9, 'kitchen'],
        undefined,
      ]);
    });

    it('never has two rows of one nth in a datastream, whatever is deleted between', async () => {
      const all = [1, 2, 3].map((id) => seriesOf(id, { device: 'd', feature: `room-${id}` }));
      const row = fc.record({ at: fc.nat(2), time: fc.nat(4), value: fc.nat(2) });
      const step = fc.oneof(fc.array(row, { maxLength: 5 }), fc.nat(2));
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          await store.delete([1, 2, 3]);
          const rows = new Map<string, string>();
          for (const one of steps) {
            if (typeof one === 'number') {
              await store.delete([one + 1], T0, T0 + 3);
              for (const [key, value] of rows)
                if (value.startsWith(`${one + 1} `) && Number(key.split(' ')[0]) < 3) rows.delete(key);
              continue;
            }
            const values = one.map(({ at, time, value }) => valueOf(all[at]!, T0 + time, value));
            const { statuses } = await store.append(messageOf(values));
            for (const [i, { at, time, value }] of one.entries()) {
              const key = `${time} ${statuses[i]! >> 1}`;
              const identity = `${at + 1} ${value}`;
              expect(rows.get(key)).toBe(statuses[i]! & 1 ? identity : undefined);
              rows.set(key, identity);
            }
          }
          for (const [key, identity] of rows) {
            const [time, nth] = key.split(' ').map(Number);
            const record = await store.get([1, 2, 3], T0 + time!, nth!);
            expect(`${record!.series.id} ${record!.value as number}`).toBe(identity);
          }
        }),
        { numRuns: 60 },
      );
    }, 60_000);

    it('tells text from number, and keeps numbers, states and text exactly', async () => {
      const state = seriesOf(2, { type: 'state', unit: '' });
      const text = seriesOf(3, { type: 'text', unit: '' });
      const numbers = [0.1, -1e-308, 1.7976931348623157e308, 123456789012345680, -40, 5e-324];
      for (const [i, number] of numbers.entries()) await append([T0 + i, number]);
      await store.append(messageOf([valueOf(state, T0, true), valueOf(state, T0 + 1, false)]));
      await store.append(
        messageOf([valueOf(text, T0, '1'), valueOf(text, T0, 'µ–🌡'), valueOf(text, T0, '')]),
      );
      for (const [i, number] of numbers.entries())
        expect((await store.get([1], T0 + i, 0))?.value).toBe(number);
      expect((await store.get([2], T0, 0))?.value).toBe(true);
      expect((await store.get([2], T0 + 1, 0))?.value).toBe(false);
      expect((await store.get([3], T0, 0))?.value).toBe('1');
      expect((await store.get([3], T0, 1))?.value).toBe('µ–🌡');
      expect((await store.get([3], T0, 2))?.value).toBe('');
    });

    it('keeps everything else that a record has', async () => {
      const other = { id: 7, schema: 'other', version: 3 };
      const moved = seriesOf(4, {
        feature: 'home/küche',
        circular: true,
        origin: 'own',
        unit: 'DEG',
        kind: 'Angle',
      });
      const value = valueOf(moved, -5, 12, { resultTime: T0, schema: other, flags: 9 });
      await store.append(messageOf([value]));
      expect(await store.get([4], -5, 0)).toEqual({ ...value, nth: 0 });
      expect(await store.latestRecords([4, 99])).toEqual([{ ...value, nth: 0 }]);
    });

    it('keeps times from 1970 to 2255 and long texts', async () => {
      const text = seriesOf(5, { type: 'text', unit: '' });
      const long = 'x'.repeat(1024 * 1024);
      const times = [0, 1, Date.UTC(2150, 0) * 1000 + 1, Number.MAX_SAFE_INTEGER - 1];
      await store.append(messageOf(times.map((time) => valueOf(text, time, long, { resultTime: T0 }))));
      for (const time of times) expect((await store.get([5], time, 0))?.value).toBe(long);
    });

    it('refuses what cannot be stored without harm to its neighbours', async () => {
      const bad = store.append(messageOf([valueOf(series, T0, Number.NaN)]));
      const good = store.append(messageOf([valueOf(series, T0, 1)]));
      await expect(bad).rejects.toThrow('not finite');
      await expect(store.append(messageOf([valueOf(series, 0.5, 1)]))).rejects.toThrow('not an integer');
      expect((await good).state).toBe('stored');
      expect((await store.ledger()).messages.received).toBe(1);
    });
  });

  describe('submit', () => {
    const heard = async (...messages: MessageAppend[]) =>
      Promise.all(
        messages.map(
          (message) =>
            new Promise<unknown[]>((resolve) => {
              let returned = false;
              store.submit(message, (result, error, of) => {
                expect([returned, of]).toEqual([true, message]);
                const own = result && {
                  state: result.state,
                  statuses: result.statuses.slice(result.first, result.first + message.values.length),
                };
                resolve([own, error]);
              });
              returned = true;
            }),
        ),
      );

    it('settles once after the commit, in the order of the messages, and tells errors', async () => {
      const series = seriesOf(1);
      const order: number[] = [];
      for (let i = 0; i < 50; i++) store.submit(messageOf([valueOf(series, T0 + i, i)]), () => order.push(i));
      const told = await heard(
        messageOf([valueOf(series, T0 + 90, 1)]),
        messageOf([valueOf(series, T0 + 90, 1)]),
        messageOf([], { replay: { deadLetter: 77 } }),
        messageOf([valueOf(series, T0, Number.NaN)]),
      );
      expect(order).toEqual(Array.from({ length: 50 }, (_, i) => i));
      expect(told).toMatchObject([
        [{ state: 'stored', statuses: Uint16Array.of(0) }],
        [{ state: 'duplicate', statuses: Uint16Array.of(1) }],
        [undefined, { code: 'not-found', message: expect.stringContaining('77') }],
        [undefined, { message: expect.stringContaining('not finite') }],
      ]);
      expect((await store.statistics([1]))[0]!.count).toBe(51);
      await store.close();
      expect(await heard(messageOf([]))).toMatchObject([[undefined, { code: 'unavailable' }]]);
    });
  });
}
