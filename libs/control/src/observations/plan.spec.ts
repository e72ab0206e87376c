import { AccountPolicy } from '#access';
import { SeriesTable } from '#ingest';
import type { Series } from '#model';
import { OntologyHub, UnitTable } from '#semantics';
import { QueryPlanner } from './plan.js';

const BASE = 'http://here';

function series(id: number, device: string, name: string, property: string, feature = ''): Series {
  const state = property === 'Opened';
  const kind = { AirTemperature: 'Temperature', RelativeHumidity: 'RelativeHumidity' }[property] ?? 'State';
  const unit = { AirTemperature: 'DEG_C', RelativeHumidity: 'PERCENT' }[property] ?? '';
  return {
    id,
    device,
    name,
    property,
    unit,
    feature,
    kind,
    type: state ? 'state' : 'quantity',
    origin: 'core',
    circular: false,
  };
}

describe('a plan', () => {
  const table = new SeriesTable({
    series: [
      series(1, 'd', 't', 'AirTemperature', 'home'),
      series(2, 'd', 'h', 'RelativeHumidity', 'home/kitchen'),
      series(3, 'a/b', 't', 'AirTemperature', 'homestead'),
      series(4, 'a', 'b/t', 'Opened'),
      series(5, '100%', 't', 'AirTemperature'),
    ],
    schemas: [],
    nextSeries: 6,
    latest: [],
  });
  const hub = OntologyHub.load(UnitTable.load());
  const planner = new QueryPlanner(hub, table, BASE);
  const policy = (...rules: [effect: 'allow' | 'deny', topic: string][]) =>
    new AccountPolicy({
      username: 'u',
      roles: [],
      rules: rules.map(([effect, topic]) => ({ effect, action: 'subscribe', topic })),
      onDeny: 'ignore',
    });
  const all = policy(['allow', '#']);
  const ids = (filter: Parameters<QueryPlanner['plan']>[0], who = all) =>
    planner.plan(filter, who).series.map(({ id }) => id);

  it.each([
    ['d/t', undefined, { device: 'd', name: 't' }],
    ['a/b/t', undefined, { device: 'a', name: 'b/t' }],
    ['a/b/x', undefined, { device: 'a', name: 'b/x' }],
    ['100%/t', undefined, { device: '100%', name: 't' }],
    ['b/t', 'a', { device: 'a', name: 'b/t' }],
    ['a/b/t', 'a/b', { device: 'a', name: 'b/t' }],
    ['t', 'd', { device: 'd', name: 't' }],
    ['new', 'd', { device: 'd', name: 'new' }],
    ['t', undefined, undefined],
    [`${BASE}/api/datastreams/a%2Fb/t`, undefined, { device: 'a/b', name: 't' }],
    [`${BASE}/api/datastreams/a/b%2Ft`, undefined, { device: 'a', name: 'b/t' }],
    [`${BASE}/api/datastreams/100%/t`, undefined, { device: '100%', name: 't' }],
    [`${BASE}/api/datastreams/a`, undefined, undefined],
    [`${BASE}/api/datastreams/a/b/c`, undefined, undefined],
  ])('reads the datastream %s beside the device %s', (text, device, key) => {
    expect(planner.datastreamKey(text, device)).toEqual(key);
  });

  it('takes a feature for itself and what is below it alone', () => {
    expect(ids({ feature: 'home' })).toEqual([1, 2]);
    expect(ids({ feature: `${BASE}/api/features/home/kitchen` })).toEqual([2]);
    expect(ids({ feature: 'hom' })).toEqual([]);
  });

  it('leaves out what the account may not see, before anything else', () => {
    expect(ids({}, policy(['allow', 'semantic/#'], ['deny', 'semantic/+/+/d/#']))).toEqual([3, 4, 5]);
    expect(ids({}, policy(['allow', 'semantic/Temperature/#']))).toEqual([1, 3, 5]);
    expect(ids({}, policy())).toEqual([]);
    const unit = { unit: 'K' };
    expect(() => planner.plan(unit, all)).toThrow(expect.objectContaining({ code: 'unit-incompatible' }));
    expect(planner.plan(unit, policy(['allow', 'semantic/Temperature/#'])).unit?.id).toBe('K');
  });

  it('tells every filter that it cannot resolve', () => {
    const filter = { property: 'None', feature: '/', datastream: 'x', unit: 'none' };
    expect(() => planner.plan(filter, all)).toThrow(
      expect.objectContaining({
        errors: ['datastream', 'property', 'feature', 'unit'].map((pointer) =>
          expect.objectContaining({ pointer }),
        ),
      }),
    );
  });

  it('counts the steps in the order in which they narrow, from all that the account may see', () => {
    const { steps } = planner.plan({ device: 'd', property: 'Temperature', feature: 'home' }, all);
    expect(steps.map(({ filter, series: left }) => [filter, left.length])).toEqual([
      ['visible', 5],
      ['device', 2],
      ['property', 1],
      ['feature', 1],
    ]);
  });

  it('asks for each topic once, and anew when the rules changed', () => {
    const who = policy(['allow', 'semantic/#'], ['deny', 'semantic/+/+/d/#']);
    const { jest } = import.meta;
    const receive = jest.spyOn(who, 'receive');
    expect(ids({}, who)).toEqual([3, 4, 5]);
    expect(receive).toHaveBeenCalledTimes(5);
    const property = hub.property('AirTemperature')!;
    const far = table.resolve('far', 't', property, '') as Series;
    const near = table.resolve('d', 'x', property, '') as Series;
    expect(ids({}, who)).toEqual([3, 4, 5, far.id]);
    expect(ids({ feature: 'home' }, who)).toEqual([]);
    expect(receive).toHaveBeenCalledTimes(7);
    expect(ids({ device: 'd' }, policy(['allow', 'semantic/#'], ['deny', 'semantic/+/+/a/#']))).toEqual([
      1,
      2,
      near.id,
    ]);
  });
});
