import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import { FIRST, LAST, type LogReading, MIDDLE, piecesOf, readingOf } from './level-logs.js';

const BLOCK = 32 * 1024;
const WHOLE: LogReading = { isDamaged: false, skipped: 0, isFollowed: false };

let directory: string;
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'logs-'))));
afterEach(() => rm(directory, { recursive: true }));

/** A log of LevelDB's, with one record for each value. */
async function logOf(...values: string[]): Promise<Buffer> {
  const db = new Level(directory);
  for (const [i, value] of values.entries()) await db.put(`a:${i}`, value, { sync: true });
  const log = await fileLike(/\.log$/);
  await db.close();
  return log;
}

/** A manifest of LevelDB's with several edits. */
async function manifest(): Promise<Buffer> {
  const db = new Level(directory);
  for (let i = 0; i < 3; i++) {
    await db.put(`a:${i}`, `${i}`);
    await (db as unknown as { compactRange(from: string, to: string): Promise<void> }).compactRange('', '~');
  }
  const bytes = await fileLike(/^MANIFEST-/);
  await db.close();
  return bytes;
}

async function fileLike(pattern: RegExp): Promise<Buffer> {
  const name = (await readdir(directory)).find((there) => pattern.test(there));
  return readFile(join(directory, name!));
}

/** The places of the records, which are whole. */
function placesOf(log: Buffer): number[] {
  const pieces = [...piecesOf(log)];
  expect(new Set(pieces.map(({ kind }) => kind))).toEqual(new Set(['whole']));
  return pieces.map(({ at }) => at);
}

function flipped(log: Buffer, byte: number, bit: number): Buffer {
  const copy = Buffer.from(log);
  copy[byte]! ^= 1 << bit;
  return copy;
}

const long = (bytes: number) => randomBytes(bytes / 2).toString('hex');
const logs: [string, () => Promise<Buffer>][] = [
  ['a log', () => logOf('1', 'two', long(300), '4', long(10))],
  ['a log of several blocks', () => logOf('1', long(40_000), '3', long(80_000), '5')],
  ['a log that ends in a part', () => logOf('1', long(40_000))],
  ['a manifest', manifest],
];

describe('a log of LevelDB', () => {
  it('is whole, of records in one block and in more', async () => {
    const log = await logOf('1', long(100_000), '3');
    const types = new Set(placesOf(log).map((at) => log[at + 6]));
    expect([FIRST, MIDDLE, LAST].every((type) => types.has(type))).toBe(true);
    expect(readingOf(log)).toEqual(WHOLE);
    expect(readingOf(Buffer.alloc(0))).toEqual(WHOLE);
  });

  it.each(logs)('is damaged by each bit of a length that reaches beyond the end: %s', async (_, make) => {
    const log = await make();
    const places = placesOf(log);
    const lastBlock = log.length - (log.length % BLOCK);
    let beyond = 0;
    for (const at of places)
      for (let bit = 0; bit < 16; bit++) {
        const bytes = flipped(log, at + 4 + (bit >> 3), bit & 7);
        const isBeyond = at >= lastBlock && at + 7 + bytes.readUInt16LE(at + 4) > log.length;
        // The others have a wrong checksum, of which LevelDB tells.
        const isTold = [...piecesOf(bytes)].some(({ kind }) => kind === 'wrong');
        expect([at, bit, readingOf(bytes).isDamaged, isTold]).toEqual([at, bit, isBeyond, !isBeyond]);
        beyond += Number(isBeyond);
      }
    expect(beyond).toBeGreaterThan(0);
  });

  it.each(logs)('is damaged when more of a header differs: %s', async (_, make) => {
    const log = await make();
    const at = placesOf(log).at(-1)!;
    log.writeUInt16LE(0xfffe, at + 4);
    expect(readingOf(log).isDamaged).toBe(true);
    log[at + 6]! ^= 4;
    expect(readingOf(log).isDamaged).toBe(true);
  });

  it.each(logs)('is whole where a power cut or a kill ended it: %s', async (_, make) => {
    const log = await make();
    const [last, at] = placesOf(log).reverse() as [number, number];
    const tooMany = log.length - at > 2000;
    for (let end = at; end <= log.length; end += tooMany && end > at + 20 && end < last - 20 ? 997 : 1)
      expect([end, readingOf(log.subarray(0, end))]).toEqual([end, WHOLE]);
  });

  it.each(logs)('is whole with zeros at its end: %s', async (_, make) => {
    const log = await make();
    for (const zeros of [1, 6, 7, 8, 4096, BLOCK, 3 * BLOCK])
      expect([zeros, readingOf(Buffer.concat([log, Buffer.alloc(zeros)]))]).toEqual([zeros, WHOLE]);
  });

  it('lacks what is behind zeros', async () => {
    const log = await logOf('1', 'two', '3', 'four', '5');
    const places = placesOf(log);
    log.fill(0, places[1], places[2]);
    expect(readingOf(log)).toEqual({ isDamaged: false, skipped: log.length - places[1]!, isFollowed: true });
    const blocks = await logOf('1', 'two', long(40_000), '5');
    const [, at] = placesOf(blocks) as [number, number];
    blocks.fill(0, at, BLOCK);
    expect(readingOf(blocks)).toEqual({ isDamaged: false, skipped: BLOCK - at, isFollowed: true });
  });

  it('lacks what is behind a record that a full disk cut', async () => {
    const log = await logOf('1', long(5000), '3', '4');
    const places = placesOf(log);
    const full = Buffer.concat([log.subarray(0, places[1]! + 100), log.subarray(places[2])]);
    expect(readingOf(full)).toEqual({
      isDamaged: false,
      skipped: full.length - places[1]!,
      isFollowed: true,
    });
  });
});
