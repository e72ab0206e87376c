import { AccountPolicy } from '#access';
import type { Ingest, OutcomeSink } from '#ingest';
import type { DeadLetter, RawMessage } from '#model';
import { MemoryObservationStore } from '#storage';
import { DeadLetters, Replayer } from './replay.js';

const COUNT = 250;
const MIB = 1024 * 1024;

const policyOf = (...denied: string[]) =>
  new AccountPolicy({
    username: 'reader',
    roles: ['operator'],
    rules: denied.map((topic) => ({ effect: 'deny', action: 'subscribe', topic })),
    onDeny: 'ignore',
  });
const everything = policyOf();
const even = policyOf('odd/#');

/** A store with letters of the topics even/0, odd/1 and so on, oldest first, and how many it was asked for at once. */
async function storeOf(count: number) {
  const store = new MemoryObservationStore();
  await store.open();
  for (let n = 0; n < count; n++)
    await store.append({
      values: [],
      rejectedValues: 0,
      fallback: 'unmatched',
      deadLetter: {
        received: Date.now() * 1000,
        topic: `${n % 2 === 0 ? 'even' : 'odd'}/${n}`,
        payload: Buffer.from('x'),
        qos: 1,
        client: 'c',
        username: 'u',
        rejections: [{ stage: 'match', code: 'topic-unmatched', message: 'none' }],
      },
    });
  const asked: number[] = [];
  const read = store.deadLetters.bind(store);
  store.deadLetters = (query) => {
    asked.push(query.limit);
    return read(query);
  };
  return { store, asked };
}

const numberOf = (topic: string) => Number(topic.split('/')[1]);

describe('dead letters', () => {
  const numbers = async (letters: DeadLetters, policy: AccountPolicy, limit: number, sizeOf?: number) => {
    const found: number[][] = [];
    for (let before: number | undefined; ;) {
      const { items, next } = await letters.list(
        { limit, ...(before !== undefined && { before }) },
        policy,
        ({ topic }: DeadLetter) => ({ n: numberOf(topic), text: 'x'.repeat(sizeOf ?? 0) }),
      );
      found.push(items.map(({ n }) => n));
      if (next === undefined) return found;
      before = next;
    }
  };
  const newestFirst = Array.from({ length: COUNT }, (_, i) => COUNT - 1 - i);

  it('are paged whole, and read in groups', async () => {
    const { store, asked } = await storeOf(COUNT);
    const letters = new DeadLetters(store);
    for (const limit of [1, 99, 100, 101, 125, 250, 10_000]) {
      const found = await numbers(letters, everything, limit);
      expect(found.flat()).toEqual(newestFirst);
      expect(found.map(({ length }) => length).slice(0, -1)).toEqual(
        Array.from({ length: Math.ceil(COUNT / limit) - 1 }, () => limit),
      );
    }
    expect(Math.max(...asked)).toBeLessThanOrEqual(100);
  });

  it('of hidden topics leave pages full', async () => {
    const { store } = await storeOf(COUNT);
    const found = await numbers(new DeadLetters(store), even, 30);
    expect(found.flat()).toEqual(newestFirst.filter((n) => n % 2 === 0));
    expect(found.map(({ length }) => length)).toEqual([30, 30, 30, 30, 5]);
  });

  it.each([
    ['3 MiB', 3 * MIB, [2, 2, 2, 1]],
    ['9 MiB, one at least', 9 * MIB, [1, 1, 1, 1, 1, 1, 1]],
  ])('of %s end a page at 8 MiB', async (_, size, lengths) => {
    const { store } = await storeOf(7);
    const found = await numbers(new DeadLetters(store), everything, 100, size);
    expect(found.map(({ length }) => length)).toEqual(lengths);
    expect(found.flat()).toEqual([6, 5, 4, 3, 2, 1, 0]);
  });
});

describe('a replay', () => {
  const replayerOf = (store: MemoryObservationStore, ran: number[]) => {
    const ingest = {
      ingest: (message: RawMessage) => {
        ran.push(numberOf(message.topic));
        return Promise.resolve({ state: 'stored' });
      },
    } as unknown as Ingest;
    const sink: OutcomeSink = { publish: () => undefined };
    return new Replayer(store, ingest, sink);
  };

  it('runs the newest up to its limit, oldest first, and reads them in groups', async () => {
    const { store, asked } = await storeOf(COUNT);
    const ran: number[] = [];
    const results = await replayerOf(store, ran).run({ states: ['unmatched'] }, 230, everything);
    expect(ran).toEqual(Array.from({ length: 230 }, (_, i) => i + 20));
    expect(results).toHaveLength(230);
    expect(results[0]).toEqual({ id: 21, before: 'unmatched', state: 'stored' });
    expect(Math.max(...asked)).toBeLessThanOrEqual(100);
  });

  it('tells of those that are hidden, or went meanwhile, that they are not there', async () => {
    const { store } = await storeOf(4);
    const ran: number[] = [];
    const replayer = replayerOf(store, ran);
    const read = store.deadLetters.bind(store);
    // Another replay takes one between the look for letters and their turn.
    let looks = 0;
    store.deadLetters = async (query) => {
      const page = await read(query);
      return ++looks === 1 ? page : { ...page, items: page.items.filter(({ id }) => id !== 3) };
    };
    const reason = 'There is no such dead letter, or it ran just now.';
    expect(await replayer.run({ ids: [1, 2, 3, 99] }, 10, even)).toEqual([
      { id: 1, before: 'unmatched', state: 'stored' },
      { id: 2, reason },
      { id: 3, reason },
      { id: 99, reason },
    ]);
    expect(ran).toEqual([0]);
  });
});
