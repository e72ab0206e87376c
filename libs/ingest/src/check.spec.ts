import type { MapResult, MapTarget } from '#mapping';
import type { ObservableProperty, RawMessage, SchemaRef } from '#model';
import { Arrivals } from './arrivals.js';
import { Checker } from './check.js';
import type { Mapped } from './choose.js';
import { DeviceTable } from './device-table.js';
import { MAX_SERIES, SeriesTable } from './series-table.js';
import type { Candidate } from './snapshot.js';

const property = { term: 'AirTemperature', unit: 'DEG_C', kind: 'Temperature' } as ObservableProperty;
const target = (name: string, feature?: string): MapTarget => ({
  device: 'd',
  name,
  property,
  feature,
  series: undefined,
});
const RECEIVED = 1_795_401_611_000_000;
const message = (replayed: boolean) => ({ topic: 'raw/d', received: RECEIVED, replayed }) as RawMessage;

function mapped(...targets: MapTarget[]): Mapped {
  const result: MapResult = {
    values: targets.map((one) => ({
      target: one,
      value: 20,
      item: 0,
      time: undefined,
      flags: 0,
      series: undefined,
      schema: undefined,
      resultTime: 0,
      nth: 0,
      arrival: false,
      retained: false,
    })),
    rejected: [],
    device: 'd',
    items: 1,
  };
  const bound = { device: 'd', schema: { document: {} } } as unknown as Candidate['bound'];
  const ref: SchemaRef = { id: 1, schema: 's', version: 1 };
  return { candidate: { bound, line: bound, ref, path: 's/versions/1' }, result };
}

describe('values without a time of their own', () => {
  const table = new SeriesTable({ series: [], schemas: [], nextSeries: 1, latest: [] });
  const checker = new Checker(table, new DeviceTable(10), new Arrivals());
  const [t, u] = [target('t'), target('u')];
  const times = (replayed: boolean) =>
    checker
      .check(message(replayed), mapped(t, t, u, t, u), undefined)
      .values.map(({ time }) => time - RECEIVED);

  it('count up within a message that runs again, and the same each time', () => {
    expect(times(true)).toEqual([0, 1, 0, 2, 1]);
    expect(times(true)).toEqual([0, 1, 0, 2, 1]);
  });

  it('are new each time a message arrives', () => {
    expect(times(false)).toEqual([0, 1, 0, 2, 1]);
    expect(times(false)).toEqual([3, 4, 2, 5, 3]);
  });
});

describe('a device with too many series', () => {
  it('goes on with those that it has', () => {
    const table = new SeriesTable({ series: [], schemas: [], nextSeries: 1, latest: [] });
    const checker = new Checker(table, new DeviceTable(10), new Arrivals());
    for (let i = 0; i < MAX_SERIES; i++) table.resolve('d', 't', property, `f/${i}`);
    const { values, rejections } = checker.check(
      message(false),
      mapped(target('t', 'f/1'), target('t', 'new'), target('u')),
      undefined,
    );
    expect(values).toHaveLength(1);
    expect(rejections).toMatchObject([
      { stage: 'check', code: 'series-limit', name: 't' },
      { stage: 'check', code: 'series-limit', name: 'u' },
    ]);
  });
});
