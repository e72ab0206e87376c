import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { UnitTable } from './unit-table.js';

const table = UnitTable.load();

describe('UnitTable', () => {
  it('loads once', () => {
    expect(UnitTable.load()).toBe(table);
  });

  it('carries a unit as QUDT has it', () => {
    expect(table.get('DEG_F')).toMatchObject({
      id: 'DEG_F',
      label: 'Degree Fahrenheit',
      symbol: '°F',
      ucum: ['[degF]'],
      multiplier: 5 / 9,
      offset: 459.67,
      dimension: 'A0E0L0I0M0H1T0D0',
      logarithmic: false,
    });
    expect(table.get('DEG_F')?.kinds).toEqual(expect.arrayContaining(['Temperature', 'BoilingPoint']));
    expect(table.get('NoSuchUnit')).toBeUndefined();
  });

  it.each(
    `DEG_C PERCENT HectoPA BAR M-PER-SEC DEG MilliM M LUX DeciB MicroGM-PER-M3 PPM PPB BQ-PER-M3 V A W VAR VA
     KiloW-HR HZ M3 M3-PER-HR M-PER-SEC2 T MilliMOL-PER-L NanoMOL-PER-L DeciB_M SEC PH BEAT-PER-MIN UNITLESS NUM`.split(
      /\s+/,
    ),
  )('has unit:%s, not deprecated', (id) => {
    expect(table.get(id)?.id).toBe(id);
    expect(table.get(id)?.deprecated).toBeUndefined();
  });

  it('sends every deprecated unit to one of its dimension, where QUDT names one', () => {
    const deprecated = [...table.all()].filter((unit) => unit.deprecated);
    expect(deprecated.length).toBeGreaterThan(50);
    for (const unit of deprecated) {
      if (unit.replacedBy === undefined) continue;
      const replacement = table.get(unit.replacedBy);
      expect(replacement).toBeDefined();
      expect(replacement?.deprecated).toBeUndefined();
      expect(replacement?.dimension).toBe(unit.dimension);
    }
    // QUDT replaces the gigavoltampere by the gigavolt.
    expect(table.get('GigaV-A')?.replacedBy).toBe('GigaVA');
  });

  it('keeps one dimension within a sort, so that no conversion crosses dimensions', () => {
    const dimensions = new Map<string, string>();
    for (const { sort, dimension, multiplier } of table.all()) {
      if (multiplier === 0 || sort.startsWith('=')) continue;
      const first = dimensions.get(sort) ?? dimension;
      dimensions.set(sort, first);
      expect([sort, dimension]).toEqual([sort, first]);
    }
  });
});

describe('coherentSi', () => {
  it.each([
    ['Acceleration', 'M-PER-SEC2'],
    ['Temperature', 'K'],
    ['Pressure', 'PA'],
    ['Speed', 'M-PER-SEC'],
    ['Angle', 'RAD'],
    ['Length', 'M'],
    ['Mass', 'KiloGM'],
    ['Time', 'SEC'],
    ['Volume', 'M3'],
    ['VolumeFlowRate', 'M3-PER-SEC'],
    ['Voltage', 'V'],
    ['ElectricCurrent', 'A'],
    ['Power', 'W'],
    ['ReactivePower', 'VAR'],
    ['ApparentPower', 'VA'],
    ['Energy', 'J'],
    ['Torque', 'N-M'],
    ['Frequency', 'HZ'],
    ['Illuminance', 'LUX'],
    ['MagneticFluxDensity', 'T'],
    ['MassConcentration', 'KiloGM-PER-M3'],
    ['AmountOfSubstanceConcentration', 'MOL-PER-M3'],
    ['ActivityConcentration', 'BQ-PER-M3'],
    ['RelativeHumidity', 'UNITLESS'],
    ['Count', 'NUM'],
    ['DynamicViscosity', 'PA-SEC'],
    ['KinematicViscosity', 'M2-PER-SEC'],
    ['ThermalConductivity', 'W-PER-M-K'],
    ['SoundPressureLevel', 'DeciB'],
    ['Acidity', 'PH'],
    ['HeartRate', 'BEAT-PER-MIN'],
  ])('%s: %s', (kind, id) => {
    expect(table.coherentSi(kind)?.id).toBe(id);
  });

  it('is undefined where no kind or no unit is known', () => {
    expect(table.coherentSi('NoSuchKind')).toBeUndefined();
    expect(table.coherentSi('Currency')).toBeUndefined();
  });

  it('answers a unit that the kind accepts', () => {
    for (const { id } of table.allKinds()) {
      const unit = table.coherentSi(id);
      if (unit) expect([id, unit.id, table.kindAccepts(id, unit)]).toEqual([id, unit.id, true]);
    }
  });
});

describe('kindWithin', () => {
  it('walks broader kinds and exact matches', () => {
    expect(table.kindWithin('DewPointTemperature', 'Temperature')).toBe(true);
    expect(table.kindWithin('Temperature', 'DewPointTemperature')).toBe(false);
    expect(table.kindWithin('PlaneAngle', 'Angle')).toBe(true);
    expect(table.kindWithin('NoSuchKind', 'Temperature')).toBe(false);
  });
});

describe('the table file', () => {
  const text = readFileSync(fileURLToPath(import.meta.resolve('#ontologies/units/qudt-units.json')), 'utf8');
  const file = JSON.parse(text) as Record<string, unknown>;

  it('names its source and licence', () => {
    expect(file['source']).toContain('QUDT 3.1.0');
    expect(file['license']).toContain('creativecommons.org/licenses/by/4.0');
    expect(file['attribution']).toContain('QUDT');
  });

  it('stays compact', () => {
    expect(text.length).toBeLessThan(600_000);
  });

  it('gives a reason for every correction', () => {
    const corrections = file['corrections'] as [string, string | null, string | null, string][];
    expect(corrections.length).toBeGreaterThan(100);
    for (const [id, , , reason] of corrections) {
      expect(table.get(id)).toBeDefined();
      expect(reason.length).toBeGreaterThan(5);
    }
  });

  it('is what the generator makes of QUDT', () => {
    const script = fileURLToPath(new URL('../../../../scripts/generate-units.mjs', import.meta.url));
    const output = execFileSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
    expect(output).toMatch(/^\d+ units, \d+ quantity kinds/);
  }, 60_000);
});
