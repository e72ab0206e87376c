import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import { crc32c, masked } from './level-bytes.js';
import { FULL, LAST, piecesOf } from './level-logs.js';
import { liveFiles } from './level-manifest.js';

let directory: string;
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'manifest-'))));
afterEach(() => rm(directory, { recursive: true }));

/** A manifest that named tables and merged them, and what is there. Its edits hold keys. */
async function manifestOf(keyLength: number): Promise<{ manifest: Buffer; there: Map<number, number> }> {
  const db = new Level(directory);
  for (let i = 0; i < 4; i++) {
    await db.put(`${i % 2}`.padEnd(keyLength, 'x'), `${i}`);
    await (db as unknown as { compactRange(from: string, to: string): Promise<void> }).compactRange('', '~');
  }
  const there = new Map<number, number>();
  let manifest = Buffer.alloc(0);
  for (const name of await readdir(directory)) {
    const file = join(directory, name);
    if (name.startsWith('MANIFEST')) manifest = await readFile(file);
    if (name.endsWith('.ldb')) there.set(Number.parseInt(name), (await stat(file)).size);
  }
  await db.close();
  return { manifest, there };
}

describe('a manifest of LevelDB', () => {
  it.each([
    ['in one block', 3],
    ['that span blocks', 40_000],
  ])('names the tables that are there, by edits %s', async (_, keyLength) => {
    const { manifest, there } = await manifestOf(keyLength);
    expect(there.size).toBeGreaterThan(0);
    expect(liveFiles(manifest)?.tables).toEqual(there);
  });

  it.each([
    ['an edit', FULL, [2, 7], true],
    ['an edit that says what there is not', FULL, [8, 7], false],
    ['an edit that ends early', FULL, [1, 3, 97], false],
    ['the end of an edit that did not begin', LAST, [2, 7], false],
  ])('is read or not: %s', (_, type, edit, isRead) => {
    const record = Buffer.from([0, 0, 0, 0, edit.length, 0, type, ...edit]);
    record.writeUInt32LE(masked(crc32c(record, 6, record.length)));
    expect(liveFiles(record) !== undefined).toBe(isRead);
  });

  it('says nothing when it is not one, or lacks a part', async () => {
    const { manifest } = await manifestOf(40_000);
    const [first, second] = [...piecesOf(manifest)].filter(({ at }) => at % (32 * 1024) === 0);
    const lacking = Buffer.concat([manifest.subarray(0, first!.at), manifest.subarray(second!.at)]);
    expect(liveFiles(lacking)).toBeUndefined();
    const db = new Level(directory);
    await db.put('a', 'b');
    const log = (await readdir(directory)).find((name) => name.endsWith('.log'))!;
    expect(liveFiles(await readFile(join(directory, log)))).toBeUndefined();
    await db.close();
  });
});
