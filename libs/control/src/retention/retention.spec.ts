import { SeriesTable } from '#ingest';
import { nowMicros, type ObservationStore, type SchemaRef, type Series } from '#model';
import { OntologyHub, UnitTable } from '#semantics';
import { MemoryObservationStore } from '#storage';
import { Deletions } from '../observations/deletions.js';
import { Retention, type RetentionPace } from './retention.js';
import { RetentionPolicy } from './retention-policy.js';

const DAY = 86_400e6;
const schema: SchemaRef = { id: 1, schema: 's', version: 1 };
const hub = OntologyHub.load(UnitTable.load());

async function make(properties: Record<string, number>, otherwise = Infinity, pace?: Partial<RetentionPace>) {
  const store: ObservationStore = new MemoryObservationStore();
  const table = new SeriesTable(await store.open());
  const deletions = new Deletions(store, table);
  const told: string[] = [];
  deletions.onRetained((changed) => told.push(...changed.map(({ device }) => device)));
  const lines: unknown[] = [];
  const say = (fields: object, message: string) => void lines.push([message, fields]);
  const retention = new Retention({
    store,
    series: table,
    deletions,
    policy: new RetentionPolicy({ otherwise, properties: new Map(Object.entries(properties)) }, hub),
    logger: { info: say, warn: say },
    pace: { pause: 0, ...pace },
  });
  const put = async (device: string, property: string, ...daysAgo: number[]) => {
    const series = table.resolve(device, property, hub.property(property)!, '') as Series;
    for (const days of daysAgo) {
      const time = nowMicros() - Math.round(days * DAY);
      const append = { series, time, value: days, resultTime: time, schema, flags: 0 };
      const { statuses } = await store.append({ values: [append], rejectedValues: 0, fallback: 'filtered' });
      table.note({ ...append, nth: statuses[0]! >> 1 }, 1);
    }
    return series;
  };
  const left = async (...series: Series[]) =>
    (await store.statistics(series.map(({ id }) => id))).map(({ count }) => count);
  return { store, table, deletions, retention, told, lines, put, left };
}

describe('retention', () => {
  it('deletes what is older than its property is kept, and nothing else', async () => {
    const { retention, put, left, table, told } = await make(
      { Acceleration: 7 * DAY, Position: Infinity },
      30 * DAY,
    );
    const fast = await put('a', 'Acceleration', 400, 40, 10, 6.9, 1);
    const slow = await put('b', 'AirTemperature', 400, 31, 29, 10);
    const gone = await put('c', 'AirTemperature', 365, 364);
    const early = await put('d', 'AirTemperature', -3);
    expect(await retention.round()).toBe(3 + 2 + 2);
    expect(await left(fast, slow, early)).toEqual([2, 2, 1]);
    expect(await left(gone)).toEqual([0]);
    expect(retention.deleted).toBe(7);
    // What is retained of a datastream that has nothing left goes, and subscribers hear of it.
    expect(told).toEqual(['c']);
    expect([gone, slow].map((one) => table.of(one)?.latest?.value)).toEqual([undefined, 10]);
    expect(await retention.round()).toBe(0);
  });

  it('works in steps of a bounded size, however dense the rows are', async () => {
    const { retention, put, deletions, left } = await make({ Position: 2 * DAY }, DAY, { rows: 50 });
    const days = Array.from({ length: 1000 }, (_, i) => 400 - i / 1e5);
    const dense = await put('dense', 'AirTemperature', ...days);
    const sparse = await put('sparse', 'Position', ...Array.from({ length: 100 }, (_, i) => 900 - i));
    const steps: number[] = [];
    const remove = deletions.remove.bind(deletions);
    deletions.remove = async (...args) => {
      const rows = await remove(...args);
      steps.push(rows);
      return rows;
    };
    expect(await retention.round()).toBe(1100);
    expect(await left(dense, sparse)).toEqual([0, 0]);
    expect(Math.max(...steps)).toBeLessThanOrEqual(100);
    // A step a day for the sparse ones; for the others about as many as there are times 50 rows.
    expect(steps.length).toBeLessThan(100 + 30);
  });

  it('runs by itself, tells what it did, and goes on after a failure', async () => {
    const { retention, put, lines, store } = await make({}, DAY, { firstMs: 1, everyMs: 1 });
    await put('a', 'AirTemperature', 2);
    const remove = store.delete.bind(store);
    let failures = 1;
    store.delete = (...args) => (failures-- > 0 ? Promise.reject(new Error('disk full')) : remove(...args));
    retention.start();
    while (lines.length < 2) await new Promise((resolve) => setImmediate(resolve));
    retention.close();
    expect(lines).toEqual([
      ['old observations are not all deleted', { err: new Error('disk full'), deleted: 0 }],
      ['old observations are deleted', { deleted: 1 }],
    ]);
    expect(retention.finished).toBeGreaterThan(Date.now() - 60_000);
  });

  it('does not wait for a step that takes long when the service stops', async () => {
    const { retention, put, store, lines } = await make({}, DAY, { firstMs: 1 });
    await put('a', 'AirTemperature', 900);
    let end: (error: Error) => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      store.delete = () => {
        resolve();
        return new Promise((_, reject) => (end = reject));
      };
    });
    retention.start();
    await asked;
    retention.close();
    end(new Error('the store is closed'));
    await new Promise((resolve) => setImmediate(resolve));
    expect([lines, retention.deleted]).toEqual([[], 0]);
  });

  it('ends between two steps when the service stops', async () => {
    // Long, and less than a timer takes however slow the step was.
    const { retention, put, left } = await make({}, DAY, { pause: 1e5 });
    const old = await put('a', 'AirTemperature', 900, 800, 700);
    const round = retention.round();
    while (retention.deleted === 0) await new Promise((resolve) => setImmediate(resolve));
    retention.close();
    expect(await round).toBe(1);
    expect(await left(old)).toEqual([2]);
    expect(retention.finished).toBeUndefined();
  });
});
