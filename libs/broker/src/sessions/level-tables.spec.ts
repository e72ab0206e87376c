import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import { isDamagedTable } from './level-tables.js';

let directory: string;
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'tables-'))));
afterEach(() => rm(directory, { recursive: true }));

/** A folder with tables of so many entries, as LevelDB writes them. */
async function tablesOf(
  count: number,
  options: { compression?: boolean; blockSize?: number },
  value: (i: number) => string,
): Promise<string[]> {
  const db = new Level(directory, options);
  await db.batch(
    Array.from({ length: count }, (_, i) => ({ type: 'put', key: `retained:a/topic/${i}`, value: value(i) })),
  );
  await (db as unknown as { compactRange(from: string, to: string): Promise<void> }).compactRange('', '~');
  await db.close();
  const names = (await readdir(directory)).filter((name) => name.endsWith('.ldb'));
  expect(names.length).toBeGreaterThan(0);
  return names;
}

const random = () => randomBytes(30).toString('base64');
const alike = (i: number) => `{"n":${i},"text":"${'x'.repeat(200)}"}`;

describe('tables of LevelDB', () => {
  it.each([
    ['of values that compress', 20_000, {}, alike],
    ['of values that do not', 3000, {}, random],
    ['of many small blocks', 3000, { blockSize: 100 }, random],
    ['that are not compressed', 3000, { compression: false }, alike],
    ['of long values', 20, {}, () => randomBytes(400_000).toString('hex')],
    ['of one entry', 1, {}, alike],
  ] as const)('%s are whole', async (_, count, options, value) => {
    for (const name of await tablesOf(count, options, value))
      expect(isDamagedTable(await readFile(join(directory, name)))).toBe(false);
  });

  it.each([
    ['compressed', {}],
    ['not compressed', { compression: false }],
    ['of small blocks', { blockSize: 200 }],
  ])('are damaged by each bit: %s', async (_, options) => {
    const [name] = await tablesOf(60, options, (i) => `${i} ${random()}`);
    const table = await readFile(join(directory, name!));
    // The footer's zeros and the number at its end are LevelDB's to judge.
    const last = table.length - 48;
    for (let at = 0; at < last; at++) {
      const bit = 1 << Math.floor(Math.random() * 8);
      table[at]! ^= bit;
      if (!isDamagedTable(table)) throw new Error(`bit ${bit} of byte ${at} of ${table.length} is not seen`);
      table[at]! ^= bit;
    }
    for (let at = last; table[at] !== 0; at++) {
      // The highest says that a number goes on, which with zeros is the same number.
      for (let bit = 1; bit < 128; bit *= 2) {
        table[at]! ^= bit;
        expect([at, isDamagedTable(table)]).toEqual([at, true]);
        table[at]! ^= bit;
      }
    }
    expect(isDamagedTable(table)).toBe(false);
  });

  it('that have no end are left to LevelDB', async () => {
    const [name] = await tablesOf(100, {}, random);
    const table = await readFile(join(directory, name!));
    table[10]! ^= 1;
    for (const length of [0, 1, 47, 48, 1000, table.length - 1])
      expect(isDamagedTable(table.subarray(0, length))).toBe(false);
    expect(isDamagedTable(table)).toBe(true);
  });
});
