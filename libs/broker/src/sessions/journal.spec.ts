import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Level } from 'level';
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

  it('holds what a map holds after the same calls, whatever was written meanwhile, and whatever was not', async () => {
    const key = fc.constantFrom('a:1', 'a:2', 'a:3');
    const steps = fc.array(
      fc.oneof(
        fc.record({ put: key, value: fc.integer() }),
        fc.record({ del: key }),
        fc.constantFrom('flush' as const, 'turn' as const, 'full' as const, 'room' as const),
      ),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(steps, fc.uuid(), async (list, name) => {
        let journal = await journalAt(name);
        const db = (journal as unknown as { db: { batch: (operations: object[]) => Promise<void> } }).db;
        const batch = db.batch.bind(db);
        const expected = new Map<string, number>();
        for (const step of list) {
          if (step === 'room') db.batch = batch;
          // Some of what fails is there all the same.
          else if (step === 'full')
            db.batch = async (operations) => {
              await batch(operations.slice(0, 2));
              throw new Error('No space left on device');
            };
          else if (step === 'flush') await journal.flush();
          else if (step === 'turn') await new Promise((resolve) => setImmediate(resolve));
          else if ('del' in step) {
            journal.del(step.del);
            expected.delete(step.del);
          } else {
            if (expected.has(step.put)) journal.put(step.put, step.value);
            else journal.add(step.put, step.value);
            expected.set(step.put, step.value);
          }
        }
        db.batch = batch;
        await journal.close();
        open.splice(open.indexOf(journal), 1);
        journal = await journalAt(name);
        expect(new Map(await entriesOf(journal, 'a:'))).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });

  it('writes nothing of what is taken back before it is written', async () => {
    const journal = await journalAt();
    const written: { key: string; value: Buffer }[] = [];
    const { db } = journal as unknown as { db: { batch: (operations: typeof written) => Promise<void> } };
    db.batch = (operations) => {
      written.push(...operations);
      return Promise.resolve();
    };
    const unsaid = () => {
      throw new Error('not to be said');
    };
    journal.add('a:1', 1, unsaid);
    journal.put('a:1', 2, unsaid);
    journal.del('a:1');
    journal.add('a:2', 1, unsaid);
    journal.put('a:2', 2, (value) => value + 1);
    await journal.flush();
    expect(written.map(({ key, value }) => [key, value.toString().at(-1)])).toEqual([
      ['a:2', '3'],
      ['writes', '1'],
    ]);
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

describe('a journal that was damaged', () => {
  /** Texts that do not compress. */
  const texts = Array.from({ length: 500 }, () => randomBytes(24).toString('base64'));

  /** Where a text stands, or a third of it: what is in another text, too, a table names there and does not repeat. */
  const placeOf = (bytes: Buffer, text: string) =>
    Math.max(
      ...[text, text.slice(0, 10), text.slice(10, 20), text.slice(20)].map((part) =>
        part === '' ? -1 : bytes.indexOf(part),
      ),
    );

  async function filled(): Promise<Journal> {
    const journal = await journalAt();
    for (let i = 0; i < 500; i++) journal.put(`a:${i}`, { n: i, text: texts[i] });
    await journal.flush();
    return journal;
  }

  /** Changes one byte where a text stands in a file of a folder. */
  async function damage(folder: string, text: string): Promise<void> {
    for (const name of await readdir(folder)) {
      const bytes = await readFile(join(folder, name));
      const at = /\.(ldb|log)$/.test(name) ? placeOf(bytes, text) : -1;
      if (at < 0) continue;
      bytes.write('!', at);
      return writeFile(join(folder, name), bytes);
    }
    throw new Error(`${text} is in no file`);
  }

  /** Changes entries behind the journal's back, as LevelDB does that merges a damaged table. */
  async function changed(change: (db: Level) => Promise<void>): Promise<Journal> {
    await (await filled()).close();
    open = [];
    const db = new Level(join(directory, 'journal'));
    await change(db);
    await db.close();
    return journalAt();
  }

  it('is not opened when a table is not as it was written', async () => {
    // What is in LevelDB's log goes into a table when it is opened.
    await (await reopen(await reopen(await filled()))).close();
    open = [];
    await damage(join(directory, 'journal'), texts[217]!);
    await expect(journalAt()).rejects.toMatchObject({
      code: 'SESSIONS_DAMAGED',
      message: expect.stringMatching(/^\d+\.ldb is not as it was written$/),
    });
  });

  it('is not opened when its log would end early in silence', async () => {
    const written = await journalAt();
    written.put('a:1', 1);
    await written.flush();
    // As a kill leaves it.
    const copy = join(directory, 'copy');
    await cp(join(directory, 'journal'), copy, { recursive: true });
    const name = (await readdir(copy)).find((there) => there.endsWith('.log'))!;
    const log = await readFile(join(copy, name));
    // The length of its record.
    log[5]! ^= 1;
    await writeFile(join(copy, name), log);
    await expect(journalAt('copy')).rejects.toMatchObject({
      code: 'SESSIONS_DAMAGED',
      message: `${name} is not as it was written`,
    });
  });

  it('says so of a value', async () => {
    const journal = await changed(async (db) => {
      await db.put('a:217', (await db.get('a:217')).replace(texts[217]!, texts[218]!));
    });
    await expect(entriesOf(journal, 'a:')).rejects.toThrow('the entry a:217 is damaged');
  });

  it('says so of a key that is no longer among the others', async () => {
    const journal = await changed(async (db) => {
      await db.put('0:a', await db.get('a:0'));
      await db.del('a:0');
    });
    const error: unknown = await entriesOf(journal, 'a:')
      .then(() => journal.finish())
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'SESSIONS_DAMAGED' });
  });

  it('tells how much of it is lost, where LevelDB goes on without it', async () => {
    await filled();
    // As a kill leaves it.
    await cp(join(directory, 'journal'), join(directory, 'copy'), { recursive: true });
    await damage(join(directory, 'copy'), texts[217]!);
    const journal = await journalAt('copy');
    expect(journal.dropped).toBeGreaterThan(100);
    expect((await entriesOf(journal, 'a:')).length).toBeLessThan(500);
    await journal.finish();
  });

  it('tells how much of it is lost, where LevelDB says nothing', async () => {
    const written = await journalAt();
    for (const n of [1, 2, 3]) {
      written.put(`a:${n}`, n);
      await written.flush();
    }
    const copy = join(directory, 'copy');
    await cp(join(directory, 'journal'), copy, { recursive: true });
    const name = (await readdir(copy)).find((there) => there.endsWith('.log'))!;
    const log = await readFile(join(copy, name));
    const record = log.length / 3;
    await writeFile(join(copy, name), log.fill(0, record, 2 * record));
    const journal = await journalAt('copy');
    expect(journal.dropped).toBe(2 * record);
    expect(await entriesOf(journal, 'a:')).toEqual([['a:1', 1]]);
  });

  it('tells how many writes are gone, wherever its log ends', async () => {
    const written = await journalAt();
    for (const n of [1, 2, 3]) {
      written.put(`a:${n}`, 'x'.repeat(20 * n));
      await written.flush();
    }
    const name = (await readdir(join(directory, 'journal'))).find((there) => there.endsWith('.log'))!;
    const log = await readFile(join(directory, 'journal', name));
    for (let length = 0; length <= log.length; length += 5) {
      const copy = join(directory, `copy ${length}`);
      await cp(join(directory, 'journal'), copy, { recursive: true });
      await truncate(join(copy, name), length);
      const journal = await journalAt(`copy ${length}`);
      const kept = (await entriesOf(journal, 'a:')).length;
      await journal.finish();
      expect([length, journal.missing]).toEqual([length, 3 - kept]);
      // What is written from here on is counted on top of it.
      journal.put('a:4', 4);
      await journal.close();
      open.pop();
      const again = await journalAt(`copy ${length}`);
      expect([again.missing, again.dropped]).toEqual([0, 0]);
    }
  });

  it('takes a count that is not as it was written for none', async () => {
    const journal = await journalAt();
    journal.put('a:1', 1);
    await journal.close();
    open = [];
    const name = join(directory, 'journal', 'WRITES');
    const bytes = await readFile(name);
    for (let at = 0; at < bytes.length; at++) {
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= 1 << (at % 8);
      await writeFile(name, flipped);
      const again = await journalAt();
      expect(again.missing).toBe(0);
      await again.close();
      open = [];
    }
  });

  it('says nothing of one that is whole, and of one of an older version', async () => {
    const journal = await journalAt();
    journal.put('a:1', { n: 1 });
    const again = await reopen(journal);
    await again.close();
    open = [];
    const db = new Level(join(directory, 'journal'));
    await db.put('a:2', '{"n":2}');
    await db.close();
    const both = await journalAt();
    expect((await entriesOf(both, 'a:')).map(([, value]) => value)).toEqual([{ n: 1 }, { n: 2 }]);
    await both.finish();
    expect(both.dropped).toBe(0);
  });
});
