import fc from 'fast-check';
import { LEDGER_STATES, type Ledger, type ObservationStore } from '#model';
import {
  letterOf,
  messageOf,
  rejectedOf,
  seriesOf,
  storePerCase,
  T0,
  valueOf,
  type MakeStore,
  type StoreUnderTest,
} from './observation-store-fixtures.js';

/** States, ledger, resends and replays. */
export function ledgerContract(make: MakeStore): void {
  let under: StoreUnderTest;
  let store: ObservationStore;
  storePerCase(make, (fresh) => ({ store } = under = fresh));

  describe('ledger', () => {
    it('counts messages by state and values by what became of them', async () => {
      const series = seriesOf(1);
      const results = await Promise.all([
        store.append(messageOf([valueOf(series, T0, 1), valueOf(series, T0, 2, { flags: 1 })])),
        store.append(messageOf([valueOf(series, T0, 2, { flags: 1 })])),
        store.append(messageOf([valueOf(series, T0 + 1, 1)], { rejectedValues: 2, deadLetter: letterOf() })),
        store.append(messageOf([valueOf(series, T0 + 1, 1)], { rejectedValues: 1, fallback: 'rejected' })),
        store.append(messageOf([], { fallback: 'unmatched' })),
        store.append(messageOf([], { fallback: 'filtered' })),
        store.append(messageOf([], { fallback: 'refused' })),
        store.append(rejectedOf()),
      ]);
      expect(results.map(({ state }) => state)).toEqual([
        'stored',
        'duplicate',
        'stored',
        'duplicate',
        'unmatched',
        'filtered',
        'refused',
        'rejected',
      ]);
      expect(await store.ledger()).toEqual({
        messages: {
          received: 8,
          stored: 2,
          duplicate: 2,
          unmatched: 1,
          filtered: 1,
          refused: 1,
          rejected: 1,
        },
        values: { stored: 3, duplicate: 2, flagged: 1, rejected: 4 },
      });
    });

    it('has the right sums after any sequence, and after reopening', async () => {
      const all = [seriesOf(1), seriesOf(2), seriesOf(3, { type: 'text', unit: '' })];
      const value = fc.record({ at: fc.nat(2), time: fc.nat(3), value: fc.nat(2), flags: fc.nat(1) });
      const message = fc.record({
        values: fc.array(value, { maxLength: 4 }),
        rejected: fc.nat(2),
        fallback: fc.constantFrom(...LEDGER_STATES),
        special: fc.oneof(
          fc.constant({}),
          fc.record({ resend: fc.record({ packetId: fc.nat(2), dup: fc.boolean() }) }),
          fc.record({ replay: fc.nat(6) }),
        ),
      });
      type Drawn = { resend?: { packetId: number; dup: boolean }; replay?: number };
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(message, { maxLength: 8 }), { maxLength: 6 }), async (batches) => {
          const fresh = await make();
          let current = fresh.store;
          let received = 0;
          try {
            for (const [round, batch] of batches.entries()) {
              const results = await Promise.allSettled(
                batch.map(({ values, rejected, fallback, special }) => {
                  const { resend, replay }: Drawn = special;
                  return current.append({
                    values: values.map((one) => {
                      const series = all[one.at]!;
                      const raw = series.type === 'text' ? `v${one.value}` : one.value;
                      return valueOf(series, T0 + one.time, raw, { flags: one.flags });
                    }),
                    rejectedValues: rejected,
                    fallback,
                    ...(rejected > 0 && { deadLetter: letterOf() }),
                    ...(resend && { resend: { client: 'c', hash: 'h', ...resend } }),
                    ...(replay !== undefined && { replay: { deadLetter: replay } }),
                  });
                }),
              );
              for (const [i, { status }] of results.entries()) {
                const isReplay = 'replay' in batch[i]!.special;
                if (status === 'rejected') expect(isReplay).toBe(true);
                else if (!isReplay) received++;
              }
              const ids = all.map(({ id }) => id);
              expect((await expectSums(current, ids)).messages.received).toBe(received);
              if (round % 3 === 0) current = (await fresh.reopen()).store;
            }
          } finally {
            await fresh.cleanup();
          }
        }),
        { numRuns: under.runs },
      );
    }, 60_000);
  });

  describe('resends', () => {
    const series = seriesOf(1);
    let time = T0;
    const send = async (packetId: number, hash: string, dup: boolean, client = 'c') => {
      const values = [valueOf(series, time++, 1)];
      return (await store.append(messageOf(values, { resend: { client, packetId, hash, dup } }))).state;
    };

    it('knows a resend by client, packet id and hash, only when it says that it is one', async () => {
      expect(await send(1, 'a', true)).toBe('stored');
      expect(await send(1, 'a', true)).toBe('duplicate');
      expect(await send(1, 'a', false)).toBe('stored');
      expect(await send(2, 'a', true)).toBe('stored');
      expect(await send(1, 'b', true)).toBe('stored');
      expect(await send(1, 'a', true, 'other')).toBe('stored');
      const { messages, values } = await store.ledger();
      expect(messages).toMatchObject({ received: 6, stored: 5, duplicate: 1 });
      expect(values).toMatchObject({ stored: 5, duplicate: 1 });
    });

    it('knows it within the same batch, and answers the nth that a value has', async () => {
      const first = messageOf([valueOf(series, T0, 1), valueOf(series, T0, 2)], {
        resend: { client: 'c', packetId: 9, hash: 'x', dup: false },
      });
      const again = {
        ...first,
        resend: { ...first.resend!, dup: true },
        values: [...first.values].reverse(),
      };
      const [one, two] = await Promise.all([store.append(first), store.append(again)]);
      expect([...one.statuses]).toEqual([0, 2]);
      expect({ state: two.state, statuses: [...two.statuses] }).toEqual({
        state: 'duplicate',
        statuses: [3, 1],
      });
    });

    it('answers when the values of a resend were stored, after reopening too', async () => {
      const resend = { client: 'c', packetId: 5, hash: 'x', dup: false };
      const text = seriesOf(2, { name: 'text', type: 'text' });
      const at = (arrival: number, bump: number) => [
        { ...valueOf(series, arrival + bump, 7), resultTime: arrival },
        { ...valueOf(text, arrival + bump, 'seven'), resultTime: arrival },
        // This one has a time of its own.
        { ...valueOf(series, T0 - 5000, 3), resultTime: arrival },
      ];
      await store.append(messageOf(at(T0, 2), { resend }));
      await store.append(messageOf(at(T0 + 10, 0), { resend: { ...resend, packetId: 6 } }));
      const again = async (packetId: number, arrival: number) => {
        const answer = await store.append(
          messageOf(at(arrival, 0), { resend: { ...resend, packetId, dup: true } }),
        );
        return { state: answer.state, times: [...(answer.times ?? [])] };
      };
      const first = [T0 + 2, T0, T0 + 2, T0, T0 - 5000, T0];
      expect(await again(5, T0 + 900)).toEqual({ state: 'duplicate', times: first });
      store = (await under.reopen()).store;
      expect(await again(5, T0 + 1000)).toEqual({ state: 'duplicate', times: first });
      const second = [T0 + 10, T0 + 10, T0 + 10, T0 + 10, T0 - 5000, T0];
      expect(await again(6, T0 + 1000)).toEqual({ state: 'duplicate', times: second });
      await store.delete([series.id]);
      const gone = [NaN, NaN, T0 + 2, T0, NaN, NaN];
      expect(await again(5, T0 + 1100)).toEqual({ state: 'duplicate', times: gone });
    });

    it('counts a resend of a rejected message once, with its dead letter', async () => {
      const resend = { client: 'c', packetId: 1, hash: 'x', dup: false };
      await store.append(rejectedOf({ resend }));
      expect((await store.append(rejectedOf({ resend: { ...resend, dup: true } }))).state).toBe('duplicate');
      expect(await store.ledger()).toMatchObject({
        messages: { received: 2, rejected: 1, duplicate: 1 },
        values: { rejected: 1 },
      });
      expect((await store.deadLetters({ limit: 10 })).items).toHaveLength(1);
    });

    it('remembers the newest 1,024 of each client, after reopening too', async () => {
      const send = (client: string, packetId: number, dup: boolean) =>
        store.append(messageOf([], { resend: { client, packetId, hash: 'h', dup } }));
      await send('quiet', 1, false);
      for (let packetId = 1; packetId <= 1100; packetId++) void send('busy', packetId, false);
      await send('busy', 1101, false);
      store = (await under.reopen()).store;
      expect((await send('quiet', 1, true)).state).toBe('duplicate');
      expect((await send('busy', 1101, true)).state).toBe('duplicate');
      expect((await send('busy', 1101 - 1023, true)).state).toBe('duplicate');
      expect((await send('busy', 1101 - 1024, true)).state).toBe('filtered');
    });
  });

  describe('replay', () => {
    const series = seriesOf(1);
    const only = async () => (await store.deadLetters({ limit: 10 })).items[0]!.id;

    it('moves a message from its old state to the new one and removes the letter', async () => {
      await store.append(rejectedOf({ rejectedValues: 3 }));
      const letter = await only();
      const result = await store.append(
        messageOf([valueOf(series, T0, 1)], { replay: { deadLetter: letter } }),
      );
      expect(result.state).toBe('stored');
      expect(await store.ledger()).toEqual({
        messages: {
          received: 1,
          stored: 1,
          duplicate: 0,
          unmatched: 0,
          rejected: 0,
          filtered: 0,
          refused: 0,
        },
        values: { stored: 1, duplicate: 0, flagged: 0, rejected: 0 },
      });
      expect((await store.deadLetters({ limit: 10 })).items).toEqual([]);
    });

    it('records a message that is rejected again as the same letter, in its place', async () => {
      await store.append(messageOf([], { fallback: 'unmatched', deadLetter: letterOf() }));
      const letter = await only();
      await store.append(rejectedOf());
      await store.append(rejectedOf({ replay: { deadLetter: letter } }));
      const { items } = await store.deadLetters({ limit: 10 });
      expect(items.map(({ id, state }) => [id, state])).toEqual([
        [letter + 1, 'rejected'],
        [letter, 'rejected'],
      ]);
      await store.append(messageOf([valueOf(series, T0, 1)], { replay: { deadLetter: letter + 1 } }));
      expect(await store.ledger()).toMatchObject({
        messages: { received: 2, stored: 1, unmatched: 0, rejected: 1 },
        values: { rejected: 1 },
      });
    });

    it('keeps a message stored whose good values are there already', async () => {
      const good = valueOf(series, T0, 1);
      await store.append(messageOf([good], { rejectedValues: 1, deadLetter: letterOf() }));
      const again = { rejectedValues: 1, deadLetter: letterOf(), replay: { deadLetter: await only() } };
      expect((await store.append(messageOf([good], again))).state).toBe('stored');
      const mended = messageOf([good, valueOf(series, T0 + 1, 2)], { replay: { deadLetter: await only() } });
      expect(await store.append(mended)).toEqual({
        state: 'stored',
        statuses: Uint16Array.of(1, 0),
        first: 0,
      });
      expect(await store.ledger()).toMatchObject({
        messages: { received: 1, stored: 1, duplicate: 0 },
        values: { stored: 2, duplicate: 0, rejected: 0 },
      });
    });

    it('changes nothing when the letter is gone', async () => {
      await store.append(rejectedOf());
      const replay = { deadLetter: await only() };
      const runs = await Promise.allSettled([
        store.append(messageOf([valueOf(series, T0, 1)], { replay })),
        store.append(messageOf([valueOf(series, T0 + 1, 1)], { replay })),
      ]);
      expect(runs.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
      expect(runs[1]).toMatchObject({ reason: { code: 'not-found' } });
      expect(await store.ledger()).toMatchObject({
        messages: { received: 1, stored: 1 },
        values: { stored: 1 },
      });
      expect(await store.get([1], T0 + 1, 0)).toBeUndefined();
    });
  });
}

/** Received is the sum of the states, and the rows are those that the ledger counts. */
export async function expectSums(store: ObservationStore, series: readonly number[]): Promise<Ledger> {
  const ledger = await store.ledger();
  const { received, ...states } = ledger.messages;
  expect(received).toBe(Object.values(states).reduce((sum, count) => sum + count, 0));
  for (const count of [...Object.values(states), ...Object.values(ledger.values)]) {
    expect(count).toBeGreaterThanOrEqual(0);
  }
  const statistics = await store.statistics(series);
  expect(statistics.reduce((sum, { count }) => sum + count, 0)).toBe(ledger.values.stored);
  return ledger;
}
