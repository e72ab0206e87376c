import fc from 'fast-check';
import { roundSignificant } from './conversion.js';
import { UnitTable } from './unit-table.js';
import type { Unit } from './unit.js';

const table = UnitTable.load();

function unit(id: string): Unit {
  const found = table.get(id);
  if (!found) throw new Error(`no unit:${id}`);
  return found;
}

function convert(value: number, from: string, to: string, kind?: string): number {
  const conversion = table.conversion(unit(from), unit(to), kind);
  if ('error' in conversion) throw new Error(conversion.error.message);
  return conversion.apply(value);
}

describe('known conversions', () => {
  // Each expected value follows from an exact definition: NIST SP 811, the SI Brochure, the 1959 yard and pound.
  it.each<[number, string, string, number]>([
    [70.5, 'DEG_F', 'DEG_C', 21.3888888889],
    [32, 'DEG_F', 'DEG_C', 0],
    [-40, 'DEG_F', 'DEG_C', -40],
    [212, 'DEG_F', 'DEG_C', 100],
    [98.6, 'DEG_F', 'DEG_C', 37],
    [0, 'DEG_C', 'K', 273.15],
    [273.16, 'K', 'DEG_C', 0.01],
    [21.5, 'DEG_C', 'DEG_F', 70.7],
    [491.67, 'DEG_R', 'DEG_C', 0],
    [10, 'MI-PER-HR', 'M-PER-SEC', 4.4704],
    [36, 'KiloM-PER-HR', 'M-PER-SEC', 10],
    [10, 'KN', 'M-PER-SEC', 5.14444444444],
    [1, 'KN', 'KiloM-PER-HR', 1.852],
    [1, 'IN', 'MilliM', 25.4],
    [1, 'FT', 'M', 0.3048],
    [1, 'MI', 'M', 1609.344],
    [1, 'MI_N', 'M', 1852],
    [1, 'YD', 'M', 0.9144],
    [1, 'FT_US', 'M', 0.304800609601],
    [1, 'LB', 'KiloGM', 0.45359237],
    [1, 'OZ', 'GM', 28.349523125],
    [1, 'LB_F', 'N', 4.44822161526],
    [1, 'PSI', 'PA', 6894.75729317],
    [32, 'PSI', 'BAR', 2.20632233381],
    [1, 'IN_HG', 'PA', 3386.38864034],
    [29.92, 'IN_HG', 'HectoPA', 1013.20748119],
    [760, 'MilliM_HG', 'PA', 101325.014435],
    [760, 'TORR', 'PA', 101325],
    [1, 'IN_H2O', 'PA', 249.08891],
    [1, 'ATM', 'HectoPA', 1013.25],
    [101325, 'PA', 'HectoPA', 1013.25],
    [1, 'GAL_US', 'L', 3.785411784],
    [1, 'GAL_UK', 'L', 4.54609],
    [1, 'OZ_VOL_US', 'MilliL', 29.5735295625],
    [1, 'FT3', 'M3', 0.028316846592],
    [1, 'FT3-PER-MIN', 'M3-PER-HR', 1.69901079552],
    [60, 'L-PER-MIN', 'M3-PER-HR', 3.6],
    [1, 'GAL_US-PER-MIN', 'L-PER-MIN', 3.785411784],
    [1, 'BTU_IT', 'J', 1055.05585262],
    [1, 'KiloW-HR', 'J', 3.6e6],
    [1500, 'W-HR', 'KiloW-HR', 1.5],
    [1, 'HP', 'W', 745.699871582],
    [1, 'HP_Metric', 'W', 735.49875],
    [12000, 'BTU_IT-PER-HR', 'KiloW', 3.51685284207],
    [1, 'CAL_TH', 'J', 4.184],
    [1, 'MilliMOL-PER-L', 'MOL-PER-M3', 1],
    [5.5, 'MilliMOL-PER-L', 'NanoMOL-PER-L', 5.5e6],
    [180, 'DEG', 'RAD', 3.14159265359],
    [1, 'REV', 'DEG', 360],
    [60, 'REV-PER-MIN', 'DEG-PER-SEC', 360],
    [400, 'GON', 'DEG', 360],
    [60, 'ARCMIN', 'DEG', 1],
    [1, 'G', 'M-PER-SEC2', 9.80665],
    [1, 'GAUSS', 'MicroT', 100],
    [1, 'FC', 'LUX', 10.7639104167],
    [50, 'PERCENT', 'UNITLESS', 0.5],
    [412, 'PPM', 'PERCENT', 0.0412],
    [1250, 'PPB', 'PPM', 1.25],
    [0.32, 'M3-PER-M3', 'PERCENT', 32],
    [0.4, 'PERCENT_RH', 'PERCENT', 0.4],
    [1, 'MilliGM-PER-M3', 'MicroGM-PER-M3', 1000],
    [1, 'BQ-PER-L', 'BQ-PER-M3', 1000],
    [250, 'NanoSV-PER-HR', 'MicroSV-PER-HR', 0.25],
    [1, 'MicroS-PER-CentiM', 'MilliS-PER-M', 0.1],
    [2000, 'MilliA-HR', 'A-HR', 2],
    [1, 'BYTE', 'BIT', 8],
    [1, 'PebiBYTE', 'TebiBYTE', 1024],
    [1.5, 'HR', 'MIN', 90],
    [1, 'AC-FT', 'M3', 1233.48183754752],
  ])('%d %s -> %s', (value, from, to, expected) => {
    expect(convert(value, from, to)).toBe(roundSignificant(expected));
  });

  it('converts a temperature difference without the offset', () => {
    expect(convert(9, 'DEG_F', 'DEG_C', 'TemperatureDifference')).toBe(5);
    expect(convert(5, 'DEG_C', 'K', 'TemperatureDifference')).toBe(5);
    expect(convert(9, 'DEG_F', 'DEG_C', 'Temperature')).toBe(-12.7777777778);
  });
});

describe('identity', () => {
  it.each([
    ['DEG_C', 'DEG_C'],
    ['MilliBAR', 'HectoPA'],
    ['PH', 'PH'],
    ['DeciB_M', 'DeciB_M'],
    ['PERCENT_RH', 'PERCENT'],
  ])('%s -> %s keeps every digit', (from, to) => {
    const conversion = table.conversion(unit(from), unit(to));
    if ('error' in conversion) throw new Error(conversion.error.message);
    expect(conversion.identity).toBe(true);
    expect(conversion.apply(0.1 + 0.2)).toBe(0.30000000000000004);
  });

  it('is not claimed where an offset remains', () => {
    const conversion = table.conversion(unit('K'), unit('DEG_C'));
    expect('identity' in conversion && conversion.identity).toBe(false);
  });
});

describe('apply and range', () => {
  const fahrenheit = table.conversion(unit('DEG_F'), unit('DEG_C'));
  if ('error' in fahrenheit) throw new Error(fahrenheit.error.message);

  it('passes what is not finite', () => {
    expect(fahrenheit.apply(NaN)).toBeNaN();
    expect(fahrenheit.apply(Infinity)).toBe(Infinity);
    expect(fahrenheit.apply(-Infinity)).toBe(-Infinity);
  });

  it('converts both bounds', () => {
    expect(fahrenheit.range(-40, 212)).toEqual([-40, 100]);
    expect(fahrenheit.range(-Infinity, 32)).toEqual([-Infinity, 0]);
  });
});

describe('roundSignificant', () => {
  it('rounds as a decimal of 12 significant digits does', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const exact = Number(value.toPrecision(12));
        // A tie in the 13th digit may fall either way.
        expect(Math.abs(roundSignificant(value) - exact)).toBeLessThanOrEqual(Math.abs(exact) * 1.01e-11);
        expect(roundSignificant(exact)).toBe(exact);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('round trip', () => {
  const convertible = [...table.all()].filter(({ multiplier, deprecated }) => multiplier > 0 && !deprecated);
  const bySort = new Map<string, Unit[]>();
  for (const each of convertible) {
    const key = `${each.dimension} ${each.sort}`;
    bySort.set(key, [...(bySort.get(key) ?? []), each]);
  }
  const families = [...bySort.values()].filter(({ length }) => length > 1);

  it('brings any value of any pair of compatible units back', () => {
    const pair = fc
      .constantFrom(...families)
      .chain((family) => fc.tuple(fc.constantFrom(...family), fc.constantFrom(...family)));
    const magnitude = fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 1e9, noNaN: true }));
    fc.assert(
      fc.property(pair, magnitude, fc.constantFrom(1, -1), ([from, to], size, sign) => {
        const value = size * sign;
        const there = table.conversion(from, to);
        const back = table.conversion(to, from);
        if ('error' in there || 'error' in back) throw new Error(`${from.id} -> ${to.id} refused`);
        // Beside an offset, the digits that the larger term swallows are lost.
        const swallowed = Math.max(
          Math.abs(value),
          from.offset,
          (to.offset * to.multiplier) / from.multiplier,
        );
        expect(Math.abs(back.apply(there.apply(value)) - value)).toBeLessThanOrEqual(1e-9 * swallowed);
      }),
      { numRuns: 5000 },
    );
  });
});
