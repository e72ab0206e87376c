import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expectSums } from '../../../../../test/contract/observation-store-ledger.js';
import {
  letterOf,
  messageOf,
  rejectedOf,
  render,
  rowsOf,
  seriesOf,
  T0,
  valueOf,
} from '../../../../../test/contract/observation-store-fixtures.js';
import { sqliteStores } from '../../../../../test/contract/sqlite-stores.js';

const { opened, directory, body, head } = sqliteStores();
const a = seriesOf(1);
/** The first column of a query of a file, read beside the store. */
function sql<T>(file: string, text: string, ...values: unknown[]): T[] {
  const db = new Database(file, { readonly: true });
  try {
    return db
      .prepare<unknown[], T>(text)
      .pluck()
      .all(...values);
  } finally {
    db.close();
  }
}

/** Waits, and answers false. */
const pause = (milliseconds: number) =>
  new Promise<boolean>((resolve) => setTimeout(() => resolve(false), milliseconds));

const rows = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => messageOf([valueOf(a, T0 + from + i, i)]));

describe('a process that is killed', () => {
  it('has every acknowledged row, and a ledger that closes', async () => {
    const acknowledged = new Set<number>();
    const child = fileURLToPath(
      new URL('../../../../../test/contract/observation-store-child.mjs', import.meta.url),
    );
    for (const [round, after] of [300, 1500, 4000].entries()) {
      const first = 1 + round * 1_000_000;
      const running = spawn(process.execPath, [child, directory(), String(first)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let rest = '';
      running.stdout.setEncoding('utf8');
      running.stdout.on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop()!;
        for (const line of lines) acknowledged.add(Number(line));
        if (acknowledged.size > after) running.kill('SIGKILL');
      });
      await new Promise((resolve) => running.once('close', resolve));

      const store = await opened();
      const { values, messages } = await expectSums(store, [1, 2, 3]);
      expect(values.stored).toBe(messages.stored * 3);
      expect(messages.stored).toBeGreaterThanOrEqual(acknowledged.size);
      for (const id of [1, 2, 3]) {
        const page = await store.query({ series: [id], order: 'asc', limit: 1_000_000 }, render);
        const found = new Set((await rowsOf(page)).map(({ value }) => value));
        expect([...acknowledged].filter((n) => !found.has(n))).toEqual([]);
      }
      const last = Math.max(...acknowledged);
      const again = messageOf([], {
        resend: { client: 'c', packetId: (last % 65535) + 1, hash: String(last), dup: true },
      });
      expect((await store.append(again)).state).toBe('duplicate');
      await store.close();
    }
  }, 60_000);
});

describe('a writer thread that dies', () => {
  it('is started again, and what was under way is stored once and answered', async () => {
    const store = await opened();
    await store.append(messageOf([valueOf(a, T0 - 1, 0)]));
    const answers: Promise<unknown>[] = [];
    for (let round = 0; round < 12; round++) {
      answers.push(...rows(round * 1000, 400).map((message) => store.append(message)));
      // Let a batch be anywhere between handed over and answered.
      for (let i = 0; i < round; i++) await new Promise((resolve) => setImmediate(resolve));
      await store.kill('writer');
    }
    const results = (await Promise.all(answers)) as { state: string; statuses: Uint16Array }[];
    expect(results.every(({ state, statuses }) => state === 'stored' && statuses[0] === 0)).toBe(true);
    const ledger = await expectSums(store, [1]);
    expect(ledger.messages).toMatchObject({ received: 4801, stored: 4801 });
    expect([store.trouble, store.warning]).toEqual([undefined, undefined]);
  }, 30_000);

  it('goes on with commands', async () => {
    const store = await opened();
    for (const message of rows(0, 5000)) void store.append(message);
    const deleted = store.delete([1], T0, T0 + 4000);
    await store.kill('writer');
    await deleted;
    expect(await store.statistics([1])).toMatchObject([{ count: 1000, first: T0 + 4000 }]);
  });
});

describe('commands of a writer thread that dies', () => {
  it('spare what was appended after they were given', async () => {
    const store = await opened();
    for (const message of rows(0, 20_000)) void store.append(message);
    const deleted = store.delete([1]);
    await store.append(messageOf([valueOf(a, T0 + 30_000, 1)]));
    await store.kill('writer');
    await deleted;
    expect(await store.statistics([1])).toMatchObject([{ count: 1, first: T0 + 30_000 }]);
  });
});

describe('a merger thread that dies', () => {
  it('goes on where it stopped: no row is lost or double', async () => {
    const store = await opened({ merging: { rows: 500 } });
    const answers: Promise<unknown>[] = [];
    for (let round = 0; round < 15; round++) {
      // Late rows, and many series, so that a merge has several transactions.
      for (let i = 0; i < 1500; i++) {
        const values = [
          valueOf(seriesOf(1 + i), T0 - round * 7 + (i % 3), round),
          valueOf(a, T0 + round * 2000 + i, i),
        ];
        answers.push(store.append(messageOf(values)));
      }
      await Promise.all(answers.slice(-1500 + round * 100));
      await store.kill('merger');
    }
    await Promise.all(answers);
    const ids = Array.from({ length: 1500 }, (_, i) => i + 1);
    await expectSums(store, ids);
    expect(await store.delete(ids.slice(700))).toBe(800 * 15);
    const again = messageOf([valueOf(seriesOf(3), T0 + 2, 0), valueOf(a, T0 + 5, 5), valueOf(a, T0 + 5, 6)]);
    expect([...(await store.append(again)).statuses]).toEqual([1, 1, 2]);
    expect([store.trouble, store.warning]).toEqual([undefined, undefined]);
  }, 60_000);
});

describe('a thread that hangs', () => {
  // Most of it is waiting: they wait at once, each in a store of its own.
  it('is ended and started again, be it the writer, the merger or a reader', async () => {
    const hang = async (which: 'writer' | 'merger' | 'readers') => {
      const store = await opened({ directory: join(directory(), which), hangAfter: 1500 });
      await store.append(messageOf([valueOf(a, T0, 1)]));
      store.hang(which);
      const appended = store.append(messageOf([valueOf(a, T0 + 1, 2)]));
      const deleted = store.delete([1], T0, T0 + 1);
      const asked = await store.statistics([1]).catch((error: unknown) => error);
      if (which === 'readers') expect(asked).toMatchObject({ code: 'unavailable' });
      expect([which, (await appended).state, await deleted]).toEqual([which, 'stored', 1]);
      expect([which, await store.statistics([1])]).toMatchObject([which, [{ count: 1, first: T0 + 1 }]]);
      expect([which, store.figures.restarts, store.trouble, store.warning]).toEqual([
        which,
        1,
        undefined,
        undefined,
      ]);
    };
    await Promise.all([hang('writer'), hang('merger'), hang('readers')]);
  });
});

describe('a message that cannot be written', () => {
  it('is given back with the reason, and holds up no other', async () => {
    const store = await opened();
    const bad = rejectedOf({ deadLetter: letterOf({ received: 0.5 }) });
    const answers = Promise.allSettled([...rows(0, 3), bad, ...rows(3, 3)].map((one) => store.append(one)));
    const settled = (await answers).map((one) => (one.status === 'fulfilled' ? one.value.state : one.reason));
    expect(settled.splice(3, 1)).toMatchObject([
      { code: 'unavailable', message: expect.stringMatching(/nothing of it is stored \(.*received.*\)/) },
    ]);
    expect(settled).toEqual(Array.from({ length: 6 }, () => 'stored'));
    expect((await expectSums(store, [1])).messages).toMatchObject({ received: 6, stored: 6 });
    expect([store.trouble, store.figures.restarts]).toEqual([undefined, 0]);
  });
});

describe('a long deletion', () => {
  it('lets a retirement go before', async () => {
    const store = await opened();
    for (const message of rows(0, 40_000)) void store.append(message);
    await store.append(messageOf([valueOf(seriesOf(2), T0, 1)]));
    const order: string[] = [];
    const deleted = store.delete([1]).then(() => order.push('deleted'));
    const purged = store.purge([1]).then(() => order.push('purged'));
    await pause(1);
    await store.retire([2]).then(() => order.push('retired'));
    expect(order).toEqual(['retired']);
    await Promise.all([deleted, purged]);
  });
});

describe('a command that cannot be done', () => {
  const hinder = (condition: string) => {
    const db = new Database(body());
    db.exec(
      `create trigger hinder before delete on block when ${condition} begin select raise(abort, 'hindered'); end`,
    );
    db.close();
  };

  it('is given up with the reason, holds back no batch and is no trouble of theirs', async () => {
    const errors: string[] = [];
    const logger = { info: () => undefined, error: (message: string) => void errors.push(message) };
    const store = await opened({ logger });
    await Promise.all(rows(0, 10).map((message) => store.append(message)));
    hinder('old.s = 1');
    const deleted = store.delete([1]).catch((error: unknown) => error);
    let appended = 0;
    for (let error: unknown = false; error === false; error = await Promise.race([deleted, pause(5)])) {
      await store.append(messageOf([valueOf(seriesOf(2), T0 + appended++, 1)]));
      expect([store.trouble, store.warning]).toEqual([undefined, undefined]);
    }
    expect(await deleted).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/could not be deleted: .*observations\.db cannot be used .*hindered/),
    });
    expect(appended).toBeGreaterThan(15);
    expect(errors).toHaveLength(1);
    expect(await store.statistics([1])).toMatchObject([{ count: 10 }]);
    // Those behind it have their turn.
    expect(await store.delete([2])).toBeGreaterThan(0);
  }, 15_000);

  it('leaves a purge to the next start', async () => {
    const store = await opened();
    await Promise.all(rows(0, 10).map((message) => store.append(message)));
    hinder('true');
    await expect(store.purge([1])).rejects.toMatchObject({ code: 'unavailable' });
    expect(sql(head(), 'select id from series')).toEqual([]);
    await store.close();
    const db = new Database(body());
    db.exec('drop trigger hinder');
    db.close();
    await rm(`${body()}-sums`);
    const again = await opened();
    // A deletion comes after what was begun before it.
    await again.append(messageOf([valueOf(seriesOf(2), T0, 1)]));
    await again.delete([2]);
    expect(sql(body(), 'select count(*) from block')).toEqual([0]);
  }, 15_000);
});

describe('a reader thread that dies', () => {
  it('is started again, and what it was asked is asked once more', async () => {
    const store = await opened();
    await store.append(rows(0, 1)[0]!);
    store.hang('readers');
    const asked = store.statistics([1]);
    await store.kill('readers');
    expect(await asked).toMatchObject([{ count: 1 }]);
    expect(store.figures.restarts).toBe(1);
  });

  it('twice with one question: it is not asked a third time, and others are', async () => {
    const store = await opened();
    await store.append(rows(0, 1)[0]!);
    store.hang('readers');
    const asked = Promise.allSettled([store.statistics([1])]);
    await store.kill('readers');
    await store.kill('readers');
    expect(await asked).toMatchObject([{ reason: { code: 'unavailable' } }]);
    expect(await store.statistics([1])).toMatchObject([{ count: 1 }]);
  });
});

describe('a page half read', () => {
  const text = seriesOf(9, { type: 'text', unit: '' });
  const query = { series: [9], order: 'asc', limit: 100 } as const;

  it('ends with its thread, and does not go on with pages of the next', async () => {
    const store = await opened();
    await store.append(
      messageOf(Array.from({ length: 100 }, (_, i) => valueOf(text, T0 + i, 'x'.repeat(20_000)))),
    );
    const left = (await store.query(query, render)).body[Symbol.asyncIterator]();
    await left.next();
    await store.kill('readers');
    const others = await Promise.all([1, 2].map(() => store.query(query, render)));
    await expect(left.next()).rejects.toMatchObject({ code: 'unavailable' });
    for (const other of others) expect(await rowsOf(other)).toHaveLength(100);
  });
});

describe('a full disk', () => {
  const text = seriesOf(9, { type: 'text', unit: '' });
  const big = (i: number) => messageOf([valueOf(text, T0 + i, 'x'.repeat(20_000))]);

  it('acknowledges nothing, says so, and goes on in order when there is room', async () => {
    const store = await opened({ maxPages: 150 });
    const kept: number[] = [];
    let trouble: string | undefined;
    const answers: Promise<void>[] = [];
    for (let i = 0; i < 60; i++) {
      answers.push(store.append(big(i)).then(() => void kept.push(i)));
      await Promise.race([answers.at(-1), pause(20)]);
      trouble ??= store.trouble;
    }
    expect(trouble).toMatch(/is full: nothing is stored until there is room/);
    expect(kept.length).toBeLessThan(60);
    const before = await expectSums(store, [9]);
    expect(before.messages.received).toBe(kept.length);

    // What was deleted is room for about as many again: deleting goes on until all went through.
    const all = Promise.all(answers).then(() => true);
    while (!(await Promise.race([all, pause(20)]))) await store.delete([9]);
    expect(kept).toEqual(Array.from({ length: 60 }, (_, i) => i));
    expect((await store.ledger()).messages).toMatchObject({ received: 60, stored: 60 });
    expect([store.trouble, store.warning]).toEqual([undefined, undefined]);
  }, 30_000);

  it('rejects what waits when the store closes', async () => {
    const store = await opened({ maxPages: 60 });
    const answers = Promise.allSettled(Array.from({ length: 40 }, (_, i) => store.append(big(i))));
    while (store.trouble === undefined) await new Promise((resolve) => setImmediate(resolve));
    await store.close();
    const rejected = (await answers).filter(({ status }) => status === 'rejected');
    expect(rejected.length).toBeGreaterThan(0);
    for (const one of rejected) expect(one).toMatchObject({ reason: { code: 'unavailable' } });
  });
});

describe('a backup', () => {
  it('is a store of its own whose ledger closes, taken while rows arrive', async () => {
    const store = await opened();
    const stop = new AbortController();
    const load = (async () => {
      for (let i = 0; !stop.signal.aborted; i += 100) {
        await Promise.all(rows(i, 100).map((message) => store.append(message)));
      }
    })();
    await store.append(rejectedOf({ deadLetter: letterOf({ topic: 'kept' }) }));
    const copies = [join(directory(), 'copy-1'), join(directory(), 'nested', 'copy-2')];
    for (const copy of copies) await store.backup(copy);
    await expect(store.backup(copies[0]!)).rejects.toThrow('exists already');
    stop.abort();
    await load;
    for (const copy of copies) {
      const restored = await opened({ directory: copy });
      const { values } = await expectSums(restored, [1]);
      expect(values.stored).toBeGreaterThan(0);
      expect((await restored.deadLetters({ limit: 1 })).items[0]!.topic).toBe('kept');
      await restored.append(messageOf([valueOf(a, T0 - 1, 1)]));
    }
    await expectSums(store, [1]);
  }, 30_000);
});

describe('a purge that a crash interrupts', () => {
  it('is finished at the next start', async () => {
    const store = await opened();
    await Promise.all(rows(0, 3000).map((message) => store.append(message)));
    await store.close();
    const db = new Database(head());
    db.exec('delete from series; insert into purging select 1, batch from ledger');
    db.close();
    await rm(`${head()}-sums`);
    const again = await opened();
    await again.append(messageOf([valueOf(seriesOf(2), T0, 1)]));
    // A deletion comes after what was begun before it.
    await again.delete([2], T0 + 1);
    await again.close();
    expect(sql(body(), 'select s from block')).toEqual([2]);
    expect(sql(head(), 'select count(*) from purging')).toEqual([0]);
  });
});
