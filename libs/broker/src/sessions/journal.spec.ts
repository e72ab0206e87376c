import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Journal } from './journal.js';

let directory: string;
let open: Journal[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'journal-'));
  open = [];
});
afterEach(async () => {
  for (const journal of open) await journal.close();
  await rm(directory, { recursive: true });
});

async function journalAt(name = 'journal'): Promise<Journal> {
  const journal = await Journal.open(join(directory, name));
  open.push(journal);
  return journal;
}

async function reopen(journal: Journal): Promise<Journal> {
  await journal.close();
  open.splice(open.indexOf(journal), 1);
  return journalAt();
}

async function entriesOf(journal: Journal, prefix: string): Promise<[string, unknown][]> {
  const found: [string, unknown][] = [];
  for await (const entry of journal.entries(prefix)) found.push(entry);
  return found;
}

describe('Journal', () => {
  it('keeps what was put, without being told to flush, and in the order of keys', async () => {
    let journal = await journalAt();
    journal.put('a:2', { n: 2 });
    journal.put('a:1', ['é🌡']);
    journal.put('a:10', null);
    journal = await reopen(journal);
    expect(await entriesOf(journal, 'a:')).toEqual([
      ['a:1', ['é🌡']],
      ['a:10', null],
      ['a:2', { n: 2 }],
    ]);
  });

  it('writes in the order of the calls', async () => {
    let journal = await journalAt();
    journal.put('a:x', 1);
    journal.del('a:x');
    journal.put('a:x', 2);
    journal.put('a:y', 1);
    journal.put('a:y', 2);
    journal.del('a:y');
    await journal.flush();
    journal.put('a:x', 3);
    journal = await reopen(journal);
    expect(await entriesOf(journal, 'a:')).toEqual([['a:x', 3]]);
  });

  it('reads one prefix and not its neighbours', async () => {
    const journal = await journalAt();
    for (const key of ['a:', 'a:b:c', 'a:~', 'a:\u{10ffff}', 'a', 'a;', 'a-b:c', 'aa:b', 'b:a'])
      journal.put(key, 1);
    await journal.flush();
    expect((await entriesOf(journal, 'a:')).map(([key]) => key)).toEqual([
      'a:',
      'a:b:c',
      'a:~',
      'a:\u{10ffff}',
    ]);
  });

  it('flushes what is put while it writes', async () => {
    const journal = await journalAt();
    for (let i = 0; i < 50; i++) {
      journal.put(`a:${i}`, i);
      await Promise.resolve();
    }
    await journal.flush();
    expect(await entriesOf(journal, 'a:')).toHaveLength(50);
  });

  it('says why it cannot write, until it can', async () => {
    const journal = await journalAt();
    journal.put('a:1', 1);
    await journal.flush();
    expect(journal.failure).toBeUndefined();
    await journal.close();
    open = [];
    journal.put('a:2', 2);
    await journal.flush();
    expect(journal.failure).toBeInstanceOf(Error);
  });

  it('writes what it could not, in order, as soon as it can', async () => {
    let journal = await journalAt();
    journal.put('a:0', 0);
    await journal.flush();
    // The disk is full for a while.
    const { db } = journal as unknown as { db: { batch: (operations: object[]) => Promise<void> } };
    const batch = db.batch.bind(db);
    db.batch = () => Promise.reject(new Error('No space left on device'));
    journal.put('a:1', 1);
    journal.del('a:0');
    await journal.flush();
    journal.put('a:1', 2);
    journal.put('a:2', 2);
    await journal.flush();
    expect(journal.failure?.message).toBe('No space left on device');
    db.batch = batch;
    while (journal.failure) await new Promise((resolve) => setTimeout(resolve, 20));
    journal = await reopen(journal);
    expect(await entriesOf(journal, 'a:')).toEqual([
      ['a:1', 2],
      ['a:2', 2],
    ]);
  });

  it('without a folder keeps nothing and never fails', async () => {
    const journal = await Journal.open(undefined);
    journal.put('a:1', 1);
    journal.del('a:1');
    await journal.flush();
    expect(await entriesOf(journal, 'a:')).toEqual([]);
    await journal.backup(join(directory, 'copy'));
    await journal.close();
    expect(journal.failure).toBeUndefined();
  });
});

describe('a backup', () => {
  it('holds everything of its moment and nothing of later', async () => {
    const journal = await journalAt();
    for (let i = 0; i < 2500; i++) journal.put(`a:${i}`, i);
    journal.del('a:7');
    const copying = journal.backup(join(directory, 'copy'));
    await copying;
    journal.put('a:late', 1);
    const copy = await journalAt('copy');
    const copied = await entriesOf(copy, 'a:');
    expect(copied).toHaveLength(2499);
    expect(new Set(copied.map(([, value]) => value))).toEqual(
      new Set(Array.from({ length: 2500 }, (_, i) => i).filter((i) => i !== 7)),
    );
    expect(await entriesOf(journal, 'a:')).toHaveLength(2500);
  });
});
