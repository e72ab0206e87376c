import fc from 'fast-check';
import type { Rows } from '../blocks/rows.js';
import type { RowSource } from './row-source.js';
import { Scan, type Position, type Span } from './scan.js';

interface Row {
  readonly series: number;
  readonly time: number;
  readonly nth: number;
}

/** Rows in memory, with a count of how often they were looked for. */
class Fixed implements Pick<RowSource, 'rowsAfter' | 'rowsBefore'> {
  lookups = 0;

  constructor(private readonly rows: readonly Row[]) {}

  rowsAfter(
    series: number,
    time: number,
    nth: number,
    to: number,
    _: number,
    limit: number,
    into: Rows,
  ): number {
    const isIn = (row: Row) => (row.time - time || row.nth - nth) > 0 && row.time < to;
    return this.add(this.rows.filter((row) => row.series === series && isIn(row)).slice(0, limit), into);
  }

  rowsBefore(
    series: number,
    time: number,
    nth: number,
    from: number,
    _: number,
    limit: number,
    into: Rows,
  ): number {
    const isIn = (row: Row) => (row.time - time || row.nth - nth) < 0 && row.time >= from;
    const found = this.rows.filter((row) => row.series === series && isIn(row)).reverse();
    return this.add(found.slice(0, limit), into);
  }

  private add(found: readonly Row[], into: Rows): number {
    this.lookups++;
    for (const { time, nth } of found) into.add(time, nth, time, 1, 1, 0, nth);
    return found.length;
  }
}

const sorted = (rows: readonly Row[]) =>
  [...rows].sort((a, b) => a.time - b.time || a.series - b.series || a.nth - b.nth);
const spanOf = (more: Partial<Span> = {}): Span => {
  return { series: [1, 2, 3], from: 0, to: 1000, order: 'asc', batch: 1, ...more };
};

function finish(turns: Generator<void, void>): void {
  for (const turn of turns) expect(turn).toBeUndefined();
}

function take(scan: Scan, limit: number): Row[] {
  const taken: Row[] = [];
  finish(
    scan.take(limit, (series, rows, at) =>
      taken.push({ series, time: rows.times[at]!, nth: rows.nths[at]! }),
    ),
  );
  return taken;
}

const row = fc.record({ series: fc.integer({ min: 1, max: 3 }), time: fc.nat(9), nth: fc.nat(2) });
const some = fc.uniqueArray(row, { maxLength: 40, selector: (one) => JSON.stringify(one) }).map(sorted);

describe('a scan', () => {
  it('takes all rows in their order, in parts of any size, and begins behind any position', () => {
    fc.assert(
      fc.property(
        some,
        fc.constantFrom('asc' as const, 'desc' as const),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
        fc.nat(),
        (rows, order, sizes, from) => {
          const all = order === 'asc' ? rows : [...rows].reverse();
          const begun = from % (all.length + 1);
          const position: Position | undefined = all[begun - 1];
          const scan = new Scan(new Fixed(rows), spanOf({ order }));
          finish(scan.begin(position, 3));
          const taken: Row[] = [];
          for (let i = 0; scan.hasMore; i++) {
            const part = take(scan, sizes[i % sizes.length]!);
            expect(scan.position).toEqual(part.at(-1));
            taken.push(...part);
          }
          expect(taken).toEqual(all.slice(begun));
        },
      ),
    );
  });

  it('takes only what is within its bounds', () => {
    const rows = [0, 1, 2, 3].map((time) => ({ series: 1, time, nth: 0 }));
    for (const order of ['asc', 'desc'] as const) {
      const scan = new Scan(new Fixed(rows), spanOf({ from: 1, to: 3, order }));
      finish(scan.begin(undefined, 10));
      expect(take(scan, 10).map(({ time }) => time)).toEqual(order === 'asc' ? [1, 2] : [2, 1]);
    }
  });

  it('looks for a series less often than it takes rows, and holds few that were taken', () => {
    const rows = sorted(Array.from({ length: 9000 }, (_, i) => ({ series: (i % 3) + 1, time: i, nth: 0 })));
    const source = new Fixed(rows);
    const scan = new Scan(source, spanOf({ to: 9000 }));
    finish(scan.begin(undefined, 100));
    let most = 0;
    for (let taken = 0; taken < rows.length; taken += 100) {
      expect(take(scan, 100)).toEqual(rows.slice(taken, taken + 100));
      most = Math.max(most, scan.held);
    }
    expect(source.lookups).toBeLessThan(9000 / 100);
    expect(most).toBeLessThan(4500);
  });
});
