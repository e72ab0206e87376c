import { AccountPolicy } from '#access';
import { SeriesTable } from '#ingest';
import type { ObservationStore, SchemaRef, Series } from '#model';
import { OntologyHub, UnitTable } from '#semantics';
import { MemoryObservationStore } from '#storage';
import { ObservationQueries } from './queries.js';
import { tiling } from './tiling.js';

const HOUR = 3_600_000_000;
const T0 = Date.UTC(2026, 0, 1) * 1000;
const schema: SchemaRef = { id: 1, schema: 's', version: 1 };
const hub = OntologyHub.load(UnitTable.load());
const all = new AccountPolicy({ username: 'u', roles: ['admin'], rules: [], onDeny: 'ignore' });
const render = { format: 'json', baseUrl: 'http://here', id: 'http://here/x', nextPrefix: 'n' } as const;

interface Bench {
  store: ObservationStore;
  table: SeriesTable;
  queries: ObservationQueries;
}

async function make(): Promise<Bench> {
  const store = new MemoryObservationStore();
  const table = new SeriesTable(await store.open());
  return { store, table, queries: new ObservationQueries(store, table, hub, 'http://here') };
}

/** Stores values as the line does. */
async function put(
  { store, table }: Bench,
  series: Series,
  ...values: [time: number, value: number][]
): Promise<void> {
  for (const [time, value] of values) {
    const append = { series, time, value, resultTime: time, schema, flags: 0 };
    const { statuses } = await store.append({ values: [append], rejectedValues: 0, fallback: 'filtered' });
    table.note({ ...append, nth: statuses[0]! >> 1 }, 1);
  }
}

function seriesOf({ table }: Bench, device: string, term = 'AirTemperature', feature = ''): Series {
  return table.resolve(device, 't', hub.property(term)!, feature) as Series;
}

describe('a unit', () => {
  it.each([
    ['AirTemperature', 'DEG_F', 5, 41],
    ['quantitykind:TemperatureDifference', 'DEG_F', 5, 9],
    ['ElectricPower', 'KiloW', 5, 0.005],
  ])('of %s is converted to %s in aggregates as in lists', async (term, unit, value, converted) => {
    const bench = await make();
    await put(bench, seriesOf(bench, 'd', term), [T0, value], [T0 + 1, value]);
    const { page } = await bench.queries.list({ unit }, all, { order: 'asc', limit: 9 }, render);
    let text = '';
    for await (const chunk of page!.body) text += Buffer.from(chunk).toString();
    const { member } = JSON.parse(text) as { member: { hasResult: { numericValue: number } }[] };
    expect(member.map(({ hasResult }) => hasResult.numericValue)).toEqual([converted, converted]);
    const { members } = await bench.queries.aggregate({ unit }, all, {
      windows: tiling('PT1H', 'UTC'),
      limit: 9,
      most: 9,
    });
    const same = { mean: converted, min: converted, max: converted, first: converted, last: converted };
    expect(members).toMatchObject([{ unit, windows: [same] }]);
  });
});

describe('a deletion', () => {
  /** Tells the changed topics with their values. */
  const listen = (bench: Bench) => {
    const told: unknown[] = [];
    bench.queries.deletions.onRetained((series) => {
      for (const one of series) {
        const latest = bench.table.of(one)?.latest;
        told.push([one.feature, latest?.series.feature === one.feature ? latest.value : undefined]);
      }
    });
    return told;
  };

  it('brings back no place that the device left', async () => {
    const bench = await make();
    const [kitchen, garden] = ['kitchen', 'garden'].map((feature) =>
      seriesOf(bench, 'd', 'AirTemperature', feature),
    ) as [Series, Series];
    await put(bench, kitchen, [T0, 1]);
    await bench.store.retire([kitchen.id]);
    await put(bench, garden, [T0 + 1, 2], [T0 + 2, 3]);
    const told = listen(bench);
    await bench.queries.delete('d', 't', T0 + 2);
    expect(bench.table.datastream('d', 't')?.latest?.value).toBe(2);
    await bench.queries.delete('d', 't', T0 + 1);
    expect(bench.table.datastream('d', 't')?.latest).toBeUndefined();
    expect(told).toEqual([
      ['garden', 2],
      ['garden', undefined],
    ]);
  });

  it('tells both topics when an older value is of another place', async () => {
    const bench = await make();
    await put(bench, seriesOf(bench, 'd', 'AirTemperature', 'old'), [T0, 1]);
    await put(bench, seriesOf(bench, 'd', 'AirTemperature', 'new'), [T0 + 1, 2]);
    const told = listen(bench);
    await bench.queries.delete('d', 't', T0 + 1);
    expect(told).toEqual([
      ['new', undefined],
      ['old', 1],
    ]);
  });

  it('of what is not the newest changes nothing', async () => {
    const bench = await make();
    await put(bench, seriesOf(bench, 'd'), [T0, 1], [T0 + 1, 2]);
    const told = listen(bench);
    expect(await bench.queries.delete('d', 't', T0, T0 + 1)).toBe(1);
    expect([bench.table.datastream('d', 't')?.latest?.value, told]).toEqual([2, []]);
  });

  it.each([
    ['while it is deleted', 'delete', T0 + 5],
    ['while the newest is read', 'retained', T0 + 5],
    ['while the newest is read, older than what went', 'retained', T0 - 1],
  ] as const)('leaves a value that came %s', async (_, call, time) => {
    const bench = await make();
    const series = seriesOf(bench, 'd');
    await put(bench, series, [T0 - 2, 0], [T0, 1]);
    const { store } = bench;
    const original = store[call].bind(store) as (...given: unknown[]) => Promise<unknown>;
    Object.assign(store, {
      [call]: async (...given: unknown[]) => {
        const answer = await original(...given);
        await put(bench, series, [time, 2]);
        return answer;
      },
    });
    await bench.queries.delete('d', 't', T0, T0 + 10);
    expect(bench.table.datastream('d', 't')?.latest).toMatchObject({ time, value: 2 });
  });
});

describe('a page of aggregates', () => {
  /** Five datastreams: three windows, one, none, four, two. */
  async function filled() {
    const bench = await make();
    const counts = [3, 1, 0, 4, 2];
    for (const [i, count] of counts.entries()) {
      const series = seriesOf(bench, `d${i}`);
      for (let hour = 0; hour < count; hour++) await put(bench, series, [T0 + hour * HOUR, hour]);
    }
    return bench;
  }

  it.each([
    [100, 100, [['d0', 'd1', 'd3', 'd4']]],
    [4, 100, [['d0', 'd1'], ['d3'], ['d4']]],
    [
      6,
      100,
      [
        ['d0', 'd1'],
        ['d3', 'd4'],
      ],
    ],
    [1, 100, [['d0'], ['d1'], ['d3'], ['d4']]],
    [100, 2, [['d0', 'd1'], ['d3'], ['d4']]],
    [3, 2, [['d0'], ['d1'], ['d3'], ['d4']]],
  ])('holds %d windows or one datastream, and %d datastreams', async (most, limit, expected) => {
    const { queries } = await filled();
    const found: string[][] = [];
    let after: { device: string; name: string } | undefined;
    do {
      const options = { windows: tiling('PT1H', 'UTC'), limit, most, ...(after && { after }) };
      const { members, next } = await queries.aggregate({}, all, options);
      if (members.length > 0) found.push(members.map(({ series }) => series.device));
      after = next;
    } while (after);
    expect(found).toEqual(expected);
  });

  it('asks the store for a bounded number of windows at once, and leaves none out', async () => {
    const bench = await make();
    const { jest } = import.meta;
    const series = seriesOf(bench, 'd');
    const hours = [0, 9_999, 10_000, 10_001, 19_999, 20_000, 25_000];
    for (const hour of hours) await put(bench, series, [T0 + hour * HOUR, hour]);
    const aggregate = jest.spyOn(bench.store, 'aggregate');
    const options = { windows: tiling('PT1H', 'UTC'), limit: 9, most: 100_000 };
    const { members } = await bench.queries.aggregate({}, all, options);
    expect(members[0]?.windows.map(({ first }) => first)).toEqual(hours);
    for (const [{ bounds }] of aggregate.mock.calls) expect(bounds.length).toBeLessThanOrEqual(10_001);
  });

  it('counts long texts', async () => {
    const bench = await make();
    const text = { ...hub.property('AirTemperature')!, type: 'text' as const };
    for (const device of ['a', 'b']) {
      const series = bench.table.resolve(device, 't', text, '') as Series;
      const append = { series, time: T0, value: 'x'.repeat(1000), resultTime: T0, schema, flags: 0 };
      await bench.store.append({ values: [append], rejectedValues: 0, fallback: 'filtered' });
    }
    const options = { windows: tiling('PT1H', 'UTC'), limit: 9, most: 10 };
    const { members, next } = await bench.queries.aggregate({}, all, options);
    expect([members.length, next]).toEqual([1, { device: 'a', name: 't' }]);
  });
});
