import fc from 'fast-check';
import { BlockEncoder, BLOCK_ROWS, HOUR } from './block-encoder.js';
import { decodeBlock } from './block-decoder.js';
import { Facts } from './facts.js';
import { Rows } from './rows.js';

type Row = [t: number, n: number, r: number, b: number, m: number, q: number, v: number | string];

function rowsOf(list: readonly Row[]): Rows {
  const rows = new Rows();
  for (const row of list) rows.add(...row);
  return rows;
}

function listOf(rows: Rows): Row[] {
  return Array.from({ length: rows.count }, (_, i) => [
    rows.times[i]!,
    rows.nths[i]!,
    rows.resultTimes[i]!,
    rows.batches[i]!,
    rows.mappings[i]!,
    rows.flags[i]!,
    rows.value(i),
  ]);
}

function decode(data: Buffer): Row[] {
  const rows = new Rows();
  decodeBlock(data, rows);
  return listOf(rows);
}

function encode(list: readonly Row[], cut = list.length): BlockEncoder {
  const rows = rowsOf(list);
  let encoder = new BlockEncoder();
  encoder.begin(undefined);
  for (let i = 0; i < list.length; i++) {
    if (i === cut && i > 0) {
      // As it is when rows come to a block that is stored.
      const key = { series: 1, time: list[0]![0], nth: 0, ...keyOf(encoder) };
      const facts = Facts.decode(encoder.facts.encode(key), key);
      const data = encoder.data();
      encoder = new BlockEncoder();
      encoder.resume(data, facts, key, undefined);
    }
    encoder.add(rows, i);
  }
  return encoder;
}

const keyOf = ({ lastTime, count, batch }: BlockEncoder) => ({ lastTime, count, batch });

const T = 1_700_000_000_000_000;
const safe = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer({ min: -5, max: 5 }),
  fc.integer({ min: T, max: T + 10_000_000 }),
);
const id = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }));
const value = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -1000, max: 1000 }).map((tenths) => tenths / 10),
  fc.constantFrom(0, -0, 1, 1e308, -1e308, 5e-324, Number.MAX_VALUE, 0.1, 21.666666666667, 2 ** 53),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', '1', '\ud800', 'a\udc00b', 'µ–🌡', 'x'.repeat(20_000)),
);
const row = fc.tuple(safe, fc.nat(32_767), safe, id, id, fc.nat(2 ** 20), value);

describe('a block', () => {
  it('gives back what was put into it, in one go or in two', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), fc.nat(20), (rows, cut) => {
        expect(decode(encode(rows, cut).data())).toEqual(rows);
      }),
      { numRuns: 1000 },
    );
  });

  it('knows its last row and what its numbers add up to', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 12 }), fc.nat(12), (rows, cut) => {
        const { facts, count, lastTime, batch } = encode(rows, cut);
        const [t, n, r, b, m, q, v] = rows.at(-1)!;
        expect([lastTime, count, batch]).toEqual([t, rows.length, Math.max(...rows.map((one) => one[3]))]);
        expect(facts).toMatchObject({
          lastNth: n,
          lastResultTime: r,
          lastBatch: b,
          lastMapping: m,
          lastFlags: q,
          lastIsText: typeof v === 'string',
          lastNumber: typeof v === 'string' ? NaN : v,
        });
        const numbers = rows.map((one) => one[6]).filter((one) => typeof one === 'number');
        expect(facts.sum).toBe(numbers.reduce((sum, one) => sum + one, 0));
        expect([facts.min, facts.max]).toEqual([
          numbers.reduce((a, one) => (one < a ? one : a), Infinity),
          numbers.reduce((a, one) => (one > a ? one : a), -Infinity),
        ]);
        const first = rows[0]![6];
        expect(facts.firstNumber).toBe(typeof first === 'string' ? NaN : first);
      }),
      { numRuns: 300 },
    );
  });

  it('takes about ten bytes a row of a usual sensor', () => {
    let noise = 7;
    const random = () => (noise = (noise * 16807) % 2147483647) / 2147483647;
    const rows = Array.from({ length: 250 }, (_, i): Row => {
      const t = T + i * 10_000_000 + Math.round(random() * 4000);
      return [
        t,
        0,
        t + 300 + Math.round(random() * 900),
        1000 + i * 40,
        3,
        0,
        Math.round(200 + random() * 20) / 10,
      ];
    });
    expect(encode(rows).data().length / rows.length).toBeLessThan(10.5);
  });

  it('tells each bit that was changed', () => {
    const rows = Array.from({ length: 9 }, (_, i): Row => [T + i, 0, T + i, 1, 1, 0, i / 10]);
    const encoder = encode(rows);
    const data = encoder.data();
    for (let bit = 0; bit < data.length * 8; bit++) {
      const changed = Buffer.from(data);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => decode(changed)).toThrow('not what was written');
    }
    expect(() => decode(data.subarray(0, -1))).toThrow('not what was written');
    expect(() => decode(Buffer.alloc(0))).toThrow('not what was written');
    const key = { series: 1, time: T, nth: 0, ...keyOf(encoder) };
    const facts = encoder.facts.encode(key);
    for (let bit = 0; bit < facts.length * 8; bit++) {
      const changed = Buffer.from(facts);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => Facts.decode(changed, key)).toThrow('series 1');
    }
    for (const name of Object.keys(key) as (keyof typeof key)[])
      expect(() => Facts.decode(facts, { ...key, [name]: key[name] + 1 })).toThrow('not what was written');
  });

  it('is full with its rows, its bytes, or its hour when it has many', () => {
    const rows = (count: number): Row[] =>
      Array.from({ length: count }, (_, i): Row => [i, 0, i, 1, 1, 0, i]);
    expect(encode(rows(BLOCK_ROWS - 1)).isFull(5000)).toBe(false);
    expect(encode(rows(BLOCK_ROWS)).isFull(5000)).toBe(true);
    expect(encode(rows(63)).isFull(HOUR)).toBe(false);
    expect(encode(rows(64)).isFull(HOUR)).toBe(true);
    expect(encode([[0, 0, 0, 1, 1, 0, 'x'.repeat(5000)]]).isFull(1)).toBe(true);
  });

  it('adds up directions around the circle', () => {
    const encoder = new BlockEncoder();
    encoder.begin((2 * Math.PI) / 360);
    const rows = rowsOf([
      [0, 0, 0, 1, 1, 0, 90],
      [1, 0, 1, 1, 1, 0, 180],
    ]);
    encoder.add(rows, 0);
    encoder.add(rows, 1);
    expect(encoder.facts.sine).toBeCloseTo(1, 12);
    expect(encoder.facts.cosine).toBeCloseTo(-1, 12);
  });
});
