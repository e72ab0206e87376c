import type { ObservableProperty } from '#model';
import { MAX_SERIES, SeriesTable } from './series-table.js';

const property = (term: string, unit = 'DEG_C') =>
  ({ term, unit, kind: 'Temperature', type: 'quantity', circular: false }) as ObservableProperty;
const AIR = property('AirTemperature');
const empty = () => new SeriesTable({ series: [], schemas: [], nextSeries: 1, latest: [] });

describe('series', () => {
  it('are one for a datastream, a unit and a feature', () => {
    const table = empty();
    const kelvin = property('AirTemperature', 'K');
    const made = [
      table.resolve('d', 't', AIR, ''),
      table.resolve('d', 't', AIR, 'home'),
      table.resolve('d', 't', kelvin, 'home'),
      table.resolve('d', 'u', AIR, ''),
      table.resolve('e', 't', AIR, ''),
    ];
    expect(made).toMatchObject([1, 2, 3, 4, 5].map((id) => ({ id })));
    expect([
      table.resolve('d', 't', AIR, ''),
      table.resolve('d', 't', AIR, 'home'),
      table.resolve('d', 't', kelvin, 'home'),
      table.resolve('d', 'u', AIR, ''),
      table.resolve('e', 't', AIR, ''),
    ]).toEqual(made);
    expect(table.datastream('d', 't')?.series).toEqual(made.slice(0, 3));
  });

  it('of another property are refused', () => {
    const table = empty();
    table.resolve('d', 't', AIR, '');
    expect(table.resolve('d', 't', property('SoilTemperature'), '')).toBe('datastream-property-changed');
  });

  it('are as many for a device as are allowed', () => {
    const table = empty();
    for (let i = 0; i < MAX_SERIES; i++)
      expect(typeof table.resolve('d', 't', AIR, `feature/${i}`)).toBe('object');
    for (let round = 0; round < 10; round++)
      for (let i = 0; i < MAX_SERIES; i += 7) table.resolve('d', 't', AIR, `feature/${i}`);
    expect(table.resolve('d', 't', AIR, 'one more')).toBe('series-limit');
    expect(table.resolve('d', 'u', AIR, '')).toBe('series-limit');
    expect(table.resolve('d', 't', AIR, 'feature/5')).toMatchObject({ feature: 'feature/5' });
    expect(table.resolve('e', 't', AIR, 'one more')).toMatchObject({ device: 'e' });
  });

  it('are counted anew for a device that was purged', () => {
    const table = empty();
    for (let i = 0; i < MAX_SERIES; i++) table.resolve('d', 't', AIR, `feature/${i}`);
    table.forgetDevice('d');
    expect(table.resolve('d', 't', AIR, 'one more')).toMatchObject({ id: MAX_SERIES + 1 });
  });

  it('that were purged while a message waited are made anew, once', () => {
    const table = empty();
    const old = [table.resolve('d', 't', AIR, 'a'), table.resolve('d', 't', AIR, 'b')];
    table.forgetDevice('d');
    const anew = old.map((series) => (typeof series === 'string' ? series : table.current(series)));
    expect(anew).toMatchObject([
      { id: 3, feature: 'a' },
      { id: 4, feature: 'b' },
    ]);
    expect(old.map((series) => (typeof series === 'string' ? series : table.current(series)))).toEqual(anew);
  });
});
