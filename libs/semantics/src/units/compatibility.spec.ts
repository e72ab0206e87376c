import { UnitTable } from './unit-table.js';
import type { Unit } from './unit.js';

const table = UnitTable.load();

function unit(id: string): Unit {
  const found = table.get(id);
  if (!found) throw new Error(`no unit:${id}`);
  return found;
}

describe('compatible', () => {
  it.each([
    ['DEG_F', 'DEG_C'],
    ['PERCENT', 'UNITLESS'],
    ['PPM', 'PPB'],
    ['PPB', 'PERCENT'],
    ['PERCENT_RH', 'PERCENT'],
    ['M3-PER-M3', 'PERCENT'],
    ['MicroMOL-PER-MOL', 'PPM'],
    ['GM-PER-KiloGM', 'PERCENT'],
    ['RAD', 'DEG'],
    ['REV-PER-MIN', 'RAD-PER-SEC'],
    ['KiloHZ', 'HZ'],
    ['PER-MIN', 'HZ'],
    ['KiloW-HR', 'MegaJ'],
    ['KiloVAR', 'VAR'],
    ['KiloVA', 'VA'],
    ['MilliG', 'M-PER-SEC2'],
    ['MilliM_HG', 'HectoPA'],
    ['MilliM-PER-HR', 'M-PER-SEC'],
    ['LM-PER-M2', 'LUX'],
  ])('%s converts to %s and back', (from, to) => {
    expect(table.compatible(unit(from), unit(to))).toBeUndefined();
    expect(table.compatible(unit(to), unit(from))).toBeUndefined();
  });

  it.each([
    ['an angle is not a ratio', 'DEG', 'PERCENT'],
    ['an angle is not a count', 'DEG', 'NUM'],
    ['a ratio is not a count', 'PERCENT', 'NUM'],
    ['an angle is not plain one', 'RAD', 'UNITLESS'],
    ['a plane angle is not a solid one', 'RAD', 'SR'],
    ['a byte is not a count', 'BYTE', 'NUM'],
    ['a mass fraction is not a volume fraction', 'MilliGM-PER-KiloGM', 'MilliL-PER-L'],
    ['a mole fraction is not a volume fraction', 'MicroMOL-PER-MOL', 'MicroL-PER-L'],
    ['torque is not energy', 'N-M', 'J'],
    ['hertz is not becquerel', 'HZ', 'BQ'],
    ['hertz is not a speed of rotation', 'HZ', 'REV-PER-MIN'],
    ['hertz is not a heart rate', 'HZ', 'BEAT-PER-MIN'],
    ['hertz is not a data rate', 'HZ', 'BIT-PER-SEC'],
    ['counts a minute are not hertz', 'NUM-PER-MIN', 'HZ'],
    ['reactive power is not active power', 'VAR', 'W'],
    ['apparent power is not active power', 'VA', 'W'],
    ['reactive power is not apparent power', 'VAR', 'VA'],
    ['reactive energy is not energy', 'KiloVAR-HR', 'KiloW-HR'],
    ['sievert is not gray', 'SV', 'GRAY'],
    ['gray is not the heat of a fuel', 'GRAY', 'J-PER-KiloGM'],
    ['lumen is not candela', 'LM', 'CD'],
    ['illuminance is not luminance', 'LUX', 'CD-PER-M2'],
    ['pressure is not energy density', 'PA', 'J-PER-M3'],
    ['moles are not mass', 'MilliMOL-PER-L', 'MilliGM-PER-DeciL'],
    ['molar concentration is not a mole fraction', 'MilliMOL-PER-L', 'PPM'],
    ['mass concentration is not a mole fraction', 'MicroGM-PER-M3', 'PPB'],
    ['temperature is not pressure', 'DEG_C', 'HectoPA'],
    ['a month has no fixed length', 'MO', 'DAY'],
    ['degrees Brix are not a density', 'DEGREE_BRIX', 'KiloGM-PER-M3'],
    ['no currency converts', 'CCY_EUR', 'CCY_USD'],
  ])('%s (%s, %s)', (_, from, to) => {
    for (const [a, b] of [
      [unit(from), unit(to)],
      [unit(to), unit(from)],
    ] as const) {
      const problem = table.compatible(a, b);
      expect(problem).toMatchObject({ code: 'unit-incompatible' });
      expect(problem?.message).toContain(`unit:${a.id}`);
      expect(problem?.message).toContain(`unit:${b.id}`);
      expect(table.conversion(a, b)).toEqual({ error: problem });
    }
  });

  it('lets logarithmic units convert only to themselves', () => {
    const logarithmic = [...table.all()].filter((each) => each.logarithmic);
    expect(logarithmic.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['DeciB', 'DeciB_A', 'DeciB_M', 'B', 'NP', 'PH']),
    );
    for (const each of logarithmic) expect(table.compatibleWith(each)).toEqual([each]);
    expect(table.compatible(unit('DeciB_A'), unit('DeciB'))?.message).toContain('logarithmic');
    expect(table.compatible(unit('DeciB'), unit('PERCENT'))?.message).toContain('logarithmic');
  });

  it('holds a property of a kind to units of the kind', () => {
    expect(table.compatible(unit('M3-PER-M3'), unit('PERCENT'), 'VolumeFraction')).toBeUndefined();
    expect(table.compatible(unit('M3-PER-M3'), unit('PERCENT'), 'RelativeHumidity')?.message).toContain(
      'does not measure Relative Humidity',
    );
  });

  it('does not let a kind get in the way whose units are others', () => {
    // QUDT's signal strength is an electric field; a radio's is a level in dBm.
    expect(table.compatible(unit('DeciB_M'), unit('DeciB_M'), 'SignalStrength')).toBeUndefined();
    expect(table.compatible(unit('V'), unit('MilliV'), 'NoSuchKind')).toBeUndefined();
  });

  it('names the units that would do', () => {
    const problem = table.compatible(unit('V'), unit('DEG_C'), 'Temperature');
    expect(problem?.message).toBe('V (unit:V) does not convert to °C (unit:DEG_C): their dimensions differ');
    expect(problem?.hint).toContain('°F (unit:DEG_F)');
    expect(problem?.candidates[0]).toBe('DEG_C');
  });
});

describe('compatibleWith', () => {
  it('lists what converts, without deprecated units', () => {
    const ids = table.compatibleWith(unit('DEG_C')).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['DEG_C', 'DEG_F', 'DEG_R', 'K', 'MilliK']));
    expect(table.compatibleWith(unit('VA')).map(({ id }) => id)).not.toContain('V-A');
    expect(table.compatibleWith(unit('VA')).map(({ id }) => id)).not.toContain('W');
  });
});

describe('kindAccepts', () => {
  it.each([
    ['Temperature', 'DEG_F', true],
    ['Temperature', 'HectoPA', false],
    ['Pressure', 'HectoPA', true],
    ['RelativeHumidity', 'PERCENT', true],
    ['RelativeHumidity', 'PERCENT_RH', true],
    ['RelativeHumidity', 'DEG', false],
    ['MoleFraction', 'PPM', true],
    ['MoleFraction', 'PPB', true],
    ['VolumeFraction', 'PERCENT', true],
    ['StateOfCharge', 'PERCENT', true],
    ['PowerFactor', 'UNITLESS', true],
    ['Angle', 'DEG', true],
    ['Angle', 'PERCENT', false],
    ['Count', 'NUM', true],
    ['Count', 'PERCENT', false],
    ['SoundPressureLevel', 'DeciB', true],
    ['SoundPressureLevel', 'DeciB_A', true],
    ['SoundPressureLevel', 'PERCENT', false],
    ['Acidity', 'PH', true],
    ['Acidity', 'DeciB', false],
    ['MassConcentration', 'MicroGM-PER-M3', true],
    ['ActivityConcentration', 'BQ-PER-M3', true],
    ['Energy', 'KiloW-HR', true],
    ['Energy', 'KiloVAR-HR', false],
    ['Energy', 'N-M', false],
    ['Torque', 'N-M', true],
    ['Power', 'VAR', false],
    ['ReactivePower', 'VAR', true],
    ['ApparentPower', 'VA', true],
    ['Frequency', 'HZ', true],
    ['Frequency', 'BQ', false],
    ['HeartRate', 'BEAT-PER-MIN', true],
    ['HeartRate', 'HZ', false],
    ['NoSuchKind', 'HZ', false],
  ])('%s, %s: %s', (kind, id, expected) => {
    expect(table.kindAccepts(kind, unit(id))).toBe(expected);
  });
});
