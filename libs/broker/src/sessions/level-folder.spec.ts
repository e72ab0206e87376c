import { randomBytes } from 'node:crypto';
import { appendFile, cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import { Journal } from './journal.js';
import { readingOfFolder } from './level-folder.js';

let directory: string;
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'folder-'))));
afterEach(() => rm(directory, { recursive: true }));

/** A folder as a kill leaves it: tables, a log, and a manifest with several edits. */
async function folder(): Promise<string> {
  const made = join(directory, 'made');
  const db = new Level(made);
  for (let i = 0; i < 3; i++) {
    await db.put(`a:${i}`, randomBytes(3000).toString('base64'));
    await (db as unknown as { compactRange(from: string, to: string): Promise<void> }).compactRange('', '~');
  }
  await db.put('a:3', '3', { sync: true });
  await db.put('a:4', '4', { sync: true });
  const killed = join(directory, 'killed');
  await cp(made, killed, { recursive: true });
  await db.close();
  return killed;
}

async function fileOf(path: string, pattern: RegExp): Promise<string> {
  return (await readdir(path)).filter((name) => pattern.test(name)).at(-1)!;
}

async function flip(file: string, at: number): Promise<void> {
  const bytes = await readFile(file);
  bytes[at]! ^= 1;
  await writeFile(file, bytes);
}

describe('a folder of LevelDB', () => {
  it('is whole, and so is one that is not there, or empty', async () => {
    expect(await readingOfFolder(await folder())).toEqual({ skipped: 0 });
    expect(await readingOfFolder(directory)).toEqual({ skipped: 0 });
    expect(await readingOfFolder(join(directory, 'none'))).toEqual({ skipped: 0 });
  });

  it('is damaged by a table that differs in a bit, or in its length', async () => {
    const path = await folder();
    const name = await fileOf(path, /\.ldb$/);
    const file = join(path, name);
    await flip(file, 10);
    expect(await readingOfFolder(path)).toMatchObject({ damaged: name });
    await flip(file, 10);
    await appendFile(file, '\0');
    expect(await readingOfFolder(path)).toMatchObject({ damaged: name });
    await truncate(file, 100);
    expect(await readingOfFolder(path)).toMatchObject({ damaged: name });
  });

  it('is whole with tables and logs that are in no use', async () => {
    const path = await folder();
    const table = await readFile(join(path, await fileOf(path, /\.ldb$/)));
    const log = await readFile(join(path, await fileOf(path, /\.log$/)));
    log[4]! ^= 128;
    table[10]! ^= 1;
    await writeFile(join(path, '000099.ldb'), table);
    await writeFile(join(path, '000098.ldb'), table.subarray(0, 1000));
    await writeFile(join(path, '000001.log'), log);
    expect(await readingOfFolder(path)).toEqual({ skipped: 0 });
    // LevelDB reads every log that is newer than the manifest.
    await writeFile(join(path, '000097.log'), log);
    expect(await readingOfFolder(path)).toMatchObject({ damaged: '000097.log' });
  });

  it('has all its tables judged where the manifest cannot be read', async () => {
    const path = await folder();
    const table = await fileOf(path, /\.ldb$/);
    await flip(join(path, await fileOf(path, /^MANIFEST/)), 8);
    expect(await readingOfFolder(path)).toEqual({ skipped: 0 });
    await flip(join(path, table), 10);
    expect(await readingOfFolder(path)).toMatchObject({ damaged: table });
  });

  it('is damaged by a manifest that ends early or lacks something in between', async () => {
    const path = await folder();
    const name = await fileOf(path, /^MANIFEST/);
    const file = join(path, name);
    const manifest = await readFile(file);
    const at = 7 + manifest.readUInt16LE(4);
    const ending = Buffer.from(manifest);
    ending[at + 5]! ^= 1;
    await writeFile(file, ending);
    expect(await readingOfFolder(path)).toMatchObject({ damaged: name });
    await writeFile(file, Buffer.from(manifest).fill(0, at, at + 7));
    expect(await readingOfFolder(path)).toMatchObject({ damaged: name });
  });

  it('is damaged without the file that names the manifest: LevelDB would begin anew', async () => {
    const path = await folder();
    await rm(join(path, 'CURRENT'));
    expect(await readingOfFolder(path)).toMatchObject({ damaged: 'CURRENT' });
  });

  it('loses nothing in silence, whichever bit of its log differs, or of the files that name it', async () => {
    const made = join(directory, 'made');
    const original = await Journal.open(made, true);
    for (let i = 0; i < 4; i++) {
      original.put(`a:${i}`, i);
      await original.flush();
    }
    const files = new Map<string, Buffer>();
    for (const name of await readdir(made))
      if (/^CURRENT|^MANIFEST|\.log$/.test(name)) files.set(name, await readFile(join(made, name)));
    await original.close();
    expect(await outcomeOf(files)).toBe('same');

    const silent = new Set<string>();
    for (const [name, bytes] of files)
      for (const at of bytes.keys()) {
        // Of the others, one of each byte.
        const bits = name.endsWith('.log') ? [1, 2, 4, 8, 16, 32, 64, 128] : [1 << (at & 7)];
        const flips = bits.map(async (bit) => {
          const copy = Buffer.from(bytes);
          copy[at]! ^= bit;
          const outcome = await outcomeOf(new Map(files).set(name, copy));
          if (outcome === 'silent') silent.add(`bit ${bit} of byte ${at} of ${name}`);
        });
        await Promise.all(flips);
      }
    expect([...silent]).toEqual([]);
  }, 60_000);

  /** What comes of a folder of these files. */
  async function outcomeOf(files: Map<string, Buffer>): Promise<'same' | 'told' | 'refused' | 'silent'> {
    const path = await mkdtemp(join(directory, 'copy-'));
    for (const [name, bytes] of files) await writeFile(join(path, name), bytes);
    let journal;
    try {
      journal = await Journal.open(path);
      const found = [];
      for await (const [key, value] of journal.entries('a:')) found.push(`${key}=${value as number}`);
      await journal.finish();
      if (journal.dropped > 0) return 'told';
      return found.join() === 'a:0=0,a:1=1,a:2=2,a:3=3' ? 'same' : 'silent';
    } catch {
      return 'refused';
    } finally {
      await journal?.close();
      await rm(path, { recursive: true });
    }
  }
});
