import { jest } from '@jest/globals';
import fc from 'fast-check';
import { SpellingIndex } from './spelling-index.js';
import { readAliases } from './table-file.js';
import { UnitTable } from './unit-table.js';
import type { UnitContext } from './unit.js';

const table = UnitTable.load();

/** The id that a spelling resolves to, or the code of its refusal. */
function resolved(spelling: string, context?: UnitContext): string {
  const answer = table.resolve(spelling, context);
  return 'unit' in answer ? answer.unit.id : answer.code;
}

const temperature = { kind: 'Temperature', unit: 'DEG_C' };

describe('spellings without a kind', () => {
  // One line a unit: what people, Home Assistant, SenML (RFC 8428, 8798), CF conventions, Tasmota, Shelly, rtl_433 write.
  const meanings: Record<string, string[]> = {
    DEG_C: [
      '°C',
      'ºC',
      '℃',
      '˚C',
      'C',
      '  C',
      '° C',
      'Cel',
      'celsius',
      'Celsius',
      'degC',
      'deg C',
      'TEMP_CELSIUS',
      '[°C]',
    ],
    DEG_F: ['°F', 'ºF', '℉', 'F', 'fahrenheit', 'degF', '[degF]'],
    K: ['K', 'kelvin', 'Kelvin', '°K'],
    LUX: ['lx', 'lux', 'Lx', 'LX', 'Lux'],
    M3: ['m³', 'm3', 'm^3', 'm**3', '㎥', 'cubic metres'],
    'MI-PER-HR': ['mph', 'MPH', 'mi/h', 'mi_h'],
    'MicroGM-PER-M3': ['µg/m³', 'μg/m³', 'ug/m3', 'µg/m3', 'ug/m^3', 'UG/M3', 'µg m⁻³', 'ug m-3', 'ug.m-3'],
    'MilliGM-PER-M3': ['mg/m³', 'mg/m3'],
    'GM-PER-M3': ['g/m³', 'g/m3'],
    'MicroS-PER-CentiM': ['μS/cm', 'µS/cm', 'uS/cm'],
    'MilliS-PER-CentiM': ['mS/cm'],
    'DeciS-PER-M': ['dS/m'],
    'KiloW-HR': ['kWh', 'KWh', 'KWH', 'kwh', 'kW·h', 'kW h', 'kW.h'],
    'W-HR': ['Wh', 'W·h'],
    W: ['W', 'watt', 'Watt', 'watts'],
    KiloW: ['kW'],
    HectoPA: ['hPa', 'hpa', 'HPA'],
    MilliBAR: ['mbar', 'mb'],
    BAR: ['bar', 'Bar'],
    KiloPA: ['kPa', 'KPA'],
    PA: ['Pa'],
    IN_HG: ['inHg', 'in Hg', 'INHG'],
    MilliM_HG: ['mmHg', 'mm Hg'],
    PSI: ['psi', 'PSI'],
    'M-PER-SEC': ['m/s', 'm s-1', 'm s⁻¹', 'mps', 'm_s'],
    'KiloM-PER-HR': ['km/h', 'kmh', 'km_h', 'kph'],
    KN: ['kn', 'kt', 'kts', 'knots'],
    'FT-PER-SEC': ['ft/s'],
    MilliM: ['mm', 'millimeters'],
    CentiM: ['cm'],
    M: ['m', 'meter', 'metres'],
    KiloM: ['km'],
    IN: ['in', 'inch', '"', '[in_i]'],
    FT: ['ft', 'feet'],
    MI: ['mi', 'miles'],
    'MilliM-PER-HR': ['mm/h', 'mm/hr', 'mm_h'],
    PPM: ['ppm', 'PPM'],
    PPB: ['ppb'],
    DeciB_M: ['dBm', 'dbm', 'dBmW'],
    DeciB: ['dB', 'db', 'decibel'],
    DeciB_A: ['dBA', 'dB(A)'],
    V: ['V', 'Volt', 'volts'],
    MilliV: ['mV'],
    A: ['A', 'Amp'],
    MilliA: ['mA'],
    VA: ['VA', 'V-A', 'V·A'],
    VAR: ['var', 'VAR', 'VAr', 'V-A_Reactive'],
    'KiloVAR-HR': ['kvarh', 'kVArh'],
    PERCENT: ['%', 'percent', '％', '%EL'],
    PERCENT_RH: ['%RH', '% RH', '%rH'],
    DEG: ['°', 'º', 'deg', 'degrees'],
    RAD: ['rad'],
    SEC: ['s', 'sec', 'Sec', 'sec.', 'Sec.', 'seconds'],
    MIN: ['min', 'min.', 'minutes'],
    HR: ['h', 'Hr', 'hours'],
    DAY: ['d', 'days'],
    MilliSEC: ['ms'],
    'BEAT-PER-MIN': ['bpm', 'BPM', 'beat/min'],
    'REV-PER-MIN': ['rpm', 'RPM', 'r/min'],
    'DEG-PER-SEC': ['°/s', 'deg/s', 'dps'],
    'MilliMOL-PER-L': ['mmol/L', 'mmol/l'],
    'NanoMOL-PER-L': ['nmol/L', 'nM'],
    'MilliGM-PER-DeciL': ['mg/dL', 'mg/dl'],
    T: ['T', 'tesla'],
    NanoT: ['nT'],
    MicroT: ['µT', 'uT'],
    KiloGM: ['kg'],
    LB: ['lb', 'lbs'],
    L: ['L', 'l', 'litres', 'liters'],
    MilliL: ['mL', 'ml'],
    GAL_US: ['gal', 'gallons'],
    FT3: ['ft³', 'ft3'],
    OZ_VOL_US: ['fl. oz.', 'fl oz'],
    'L-PER-MIN': ['L/min', 'l/min'],
    'M3-PER-HR': ['m³/h', 'm3/h'],
    'M-PER-SEC2': ['m/s²', 'm/s2', 'm/s^2', 'm s-2'],
    'BQ-PER-M3': ['Bq/m³', 'Bq/m3'],
    'MicroSV-PER-HR': ['µSv/h', 'uSv/h'],
    LM: ['lm'],
    'W-PER-M2': ['W/m²', 'W/m2', 'W m-2'],
    'MicroMOL-PER-M2-SEC': ['µmol/m²/s', 'µmol m⁻² s⁻¹'],
    UNITLESS: ['UV index', 'index', '1', 'UNITLESS'],
    NUM: ['count', 'times', '#'],
    PH: ['pH', 'PH', 'ph'],
    BYTE: ['B', 'bytes'],
    KiloBYTE: ['KB', 'kB'],
    'A-HR': ['Ah'],
    'MilliA-HR': ['mAh'],
    OHM: ['Ω', 'Ω', 'ohm'],
    KiloOHM: ['kΩ', 'kohm'],
    MicroFARAD: ['µF', 'uF'],
    'PER-CentiM3': ['#/cm³', '1/cm³', '1⋅cm⁻³', 'cm⁻³', '#·cm-3'],
    HZ: ['Hz', 'HZ'],
    MegaHZ: ['MHz'],
    J: ['J'],
    N: ['N'],
    'N-M': ['Nm', 'N·m', 'N-M'],
    'VAR-HR': ['varh', 'VArh'],
    NTU: ['NTU'],
  };
  const cases = Object.entries(meanings).flatMap(([id, spellings]) =>
    spellings.map((spelling) => [spelling, id]),
  );

  it.each(cases)('%j is %s', (spelling, id) => {
    expect(resolved(spelling)).toBe(id);
  });

  it.each(['g', 'G', 'M', 'w', 'R', 'mhz', 'mpa', 'b', 'Cal', 'Gal', 'ppt'])(
    '%j is ambiguous and names its meanings',
    (spelling) => {
      const answer = table.resolve(spelling);
      if ('unit' in answer) throw new Error(`resolved to ${answer.unit.id}`);
      expect(answer.code).toBe('unit-ambiguous');
      expect(answer.candidates.length).toBeGreaterThan(1);
      for (const id of answer.candidates) expect(answer.hint).toContain(`unit:${id}`);
    },
  );

  it.each([
    '',
    ' ',
    '*',
    'raw',
    'portion',
    '10 ms',
    'month',
    'in/h',
    'pCi/L',
    'mired',
    'µR/h',
    'psig',
    'kw/',
    '\u0000',
  ])('%j is refused with a hint', (spelling) => {
    const answer = table.resolve(spelling);
    if ('unit' in answer) throw new Error(`resolved to ${answer.unit.id}`);
    expect(answer.code).toBe('unit-unknown');
    expect(answer.hint).not.toBe('');
  });
});

describe('names', () => {
  it.each([
    ['unit:DEG_C', 'DEG_C'],
    ['unit:C', 'C'],
    ['http://qudt.org/vocab/unit/DEG_F', 'DEG_F'],
    ['https://qudt.org/vocab/unit/PPM', 'PPM'],
    ['MicroGM-PER-M3', 'MicroGM-PER-M3'],
    ['DEG_C', 'DEG_C'],
    ['deg_c', 'DEG_C'],
    ['Degree Celsius', 'DEG_C'],
    ['unit:V-A', 'VA'],
    ['unit:GigaV-A', 'GigaVA'],
    ['http://qudt.org/vocab/unit/Gs', 'GAUSS'],
  ])('%s is %s', (name, id) => {
    expect(resolved(name)).toBe(id);
  });

  it('means exactly the named unit, whatever the kind', () => {
    expect(resolved('unit:C', temperature)).toBe('C');
    expect(resolved('unit:celsius', temperature)).toBe('unit-unknown');
    expect(resolved('http://qudt.org/vocab/unit/', temperature)).toBe('unit-unknown');
    expect(resolved('https://example.org/unit/DEG_C', temperature)).toBe('unit-unknown');
  });

  it('resolves every local name of QUDT by CURIE', () => {
    for (const { id, replacedBy } of table.all()) expect(resolved(`unit:${id}`)).toBe(replacedBy ?? id);
  });
});

describe('spellings within a kind', () => {
  it.each<[string, UnitContext, string]>([
    ['C', temperature, 'DEG_C'],
    ['C', { kind: 'ElectricCharge' }, 'C'],
    ['F', temperature, 'DEG_F'],
    ['F', { kind: 'Capacitance' }, 'FARAD'],
    ['f', temperature, 'DEG_F'],
    ['K', temperature, 'K'],
    ['m', { kind: 'Length', unit: 'M' }, 'M'],
    ['M', { kind: 'Length' }, 'M'],
    ['M', { kind: 'AmountOfSubstanceConcentration', unit: 'NanoMOL-PER-L' }, 'MOL-PER-L'],
    ['g', { kind: 'Acceleration', unit: 'M-PER-SEC2' }, 'G'],
    ['g', { kind: 'Mass' }, 'GM'],
    ['mg', { kind: 'Acceleration' }, 'MilliG'],
    ['mg', { kind: 'Mass' }, 'MilliGM'],
    ['G', { kind: 'MagneticFluxDensity', unit: 'T' }, 'GAUSS'],
    ['T', { kind: 'MagneticFluxDensity', unit: 'T' }, 'T'],
    ['°', { kind: 'Angle', unit: 'DEG' }, 'DEG'],
    ['deg', { kind: 'Angle', unit: 'DEG' }, 'DEG'],
    ['w', { kind: 'Power', unit: 'W' }, 'W'],
    ['v', { kind: 'Voltage', unit: 'V' }, 'V'],
    ['hz', { kind: 'Frequency', unit: 'HZ' }, 'HZ'],
    ['pa', { kind: 'Pressure', unit: 'HectoPA' }, 'PA'],
    ['H', { kind: 'Time' }, 'HR'],
    ['1', { kind: 'Count' }, 'NUM'],
    ['1', { kind: 'PowerFactor' }, 'UNITLESS'],
    ['1/min', { kind: 'HeartRate', unit: 'BEAT-PER-MIN' }, 'BEAT-PER-MIN'],
    ['1/min', { kind: 'Frequency' }, 'PER-MIN'],
    ['%', { kind: 'RelativeHumidity', unit: 'PERCENT' }, 'PERCENT'],
    ['%RH', { kind: 'RelativeHumidity', unit: 'PERCENT' }, 'PERCENT_RH'],
    ['dBm', { kind: 'SignalStrength', unit: 'DeciB_M' }, 'DeciB_M'],
    // QUDT has two units for dBm: the property's canonical one decides.
    ['dBm', { kind: 'SignalStrength', unit: 'DeciB-MilliW' }, 'DeciB-MilliW'],
    ['dB', { kind: 'SoundPressureLevel' }, 'DeciB'],
    ['oz', { kind: 'Volume' }, 'OZ'],
    ['C', { kind: 'State' }, 'DEG_C'],
    ['C', { unit: 'NoSuchUnit' }, 'DEG_C'],
  ])('%j in %j is %s', (spelling, context, id) => {
    expect(resolved(spelling, context)).toBe(id);
  });

  it.each<[string, UnitContext, string[]]>([
    ['°', temperature, ['DEG_C', 'DEG_F']],
    ['degrees', temperature, ['DEG_C', 'DEG_F']],
    ['mw', { kind: 'Power', unit: 'W' }, ['MilliW', 'MegaW']],
    ['MBAR', { kind: 'Pressure', unit: 'HectoPA' }, ['MilliBAR', 'MegaBAR']],
    ['mv', { kind: 'Voltage' }, ['MilliV', 'MegaV']],
  ])('%j in %j is ambiguous: %j', (spelling, context, candidates) => {
    const answer = table.resolve(spelling, context);
    expect(answer).toMatchObject({ code: 'unit-ambiguous' });
    expect('candidates' in answer && [...answer.candidates].sort()).toEqual([...candidates].sort());
  });

  it('answers people’s meaning where none fits, and compatible says what is wrong', () => {
    const volt = table.resolve('V', temperature);
    expect(volt).toMatchObject({ unit: { id: 'V' } });
    const celsius = table.get('DEG_C');
    expect('unit' in volt && celsius && table.compatible(volt.unit, celsius, 'Temperature')?.code).toBe(
      'unit-incompatible',
    );
    // Metres, for a time: it may have been minutes, so nothing is guessed.
    expect(resolved('m', { kind: 'Time', unit: 'SEC' })).toBe('M');
  });
});

describe('letter case', () => {
  // `m` is milli and `M` mega. QUDT has MWh, but no mWh: the one that it has is not what was written.
  it.each<[string, UnitContext | undefined]>([
    ['mWh', undefined],
    ['mWh', { kind: 'Energy', unit: 'KiloW-HR' }],
    ['mwh', { kind: 'Energy', unit: 'KiloW-HR' }],
    ['mbit', undefined],
    ['MM', { kind: 'Length', unit: 'M' }],
    ['MMOL/L', undefined],
    ['KW', undefined],
  ])('%j in %j is not taken in another case', (spelling, context) => {
    expect(resolved(spelling, context)).toBe('unit-unknown');
  });

  it('takes words in any case', () => {
    for (const word of ['Meter', 'METRES', 'Minutes', 'Millimeters', 'Min']) {
      expect(table.resolve(word)).toHaveProperty('unit');
    }
  });

  it('never turns milli into mega, nor mega into milli', () => {
    const written = new Set([
      ...[...table.all()].flatMap(({ id, symbol, ucum }) => [id, symbol, ...ucum]),
      ...Object.values(readAliases().units).flat(),
    ]);
    const prefixed = [...table.all()].filter(
      ({ symbol }) => symbol !== undefined && /^[mM][a-zA-ZΩ]/.test(symbol),
    );
    expect(prefixed.length).toBeGreaterThan(100);
    for (const unit of prefixed) {
      const symbol = unit.symbol ?? '';
      for (const spelling of [symbol.toLowerCase(), symbol.toUpperCase()].filter(
        (each) => !written.has(each),
      )) {
        const answer = table.resolve(spelling);
        if (!('unit' in answer) || answer.unit.sort !== unit.sort || unit.multiplier === 0) continue;
        expect([spelling, answer.unit.multiplier]).toEqual([spelling, unit.multiplier]);
      }
    }
  });
});

describe('hints', () => {
  it('proposes the nearest spellings', () => {
    expect(table.resolve('celcius')).toMatchObject({ code: 'unit-unknown', candidates: ['DEG_C'] });
    const answer = table.resolve('percnt');
    expect('hint' in answer && answer.hint).toContain('Did you mean % (unit:PERCENT)');
  });

  it('lists the units of the kind where nothing is near', () => {
    const answer = table.resolve('foobar', temperature);
    expect('hint' in answer && answer.hint).toContain('Units of Temperature: °C (unit:DEG_C)');
  });

  it('tells where a factor belongs', () => {
    const answer = table.resolve('10 ms', { kind: 'Time', unit: 'SEC' });
    expect('hint' in answer && answer.hint).toContain('"value"');
  });

  it('says why a known spelling is refused', () => {
    const answer = table.resolve('pCi/L', { kind: 'ActivityConcentration', unit: 'BQ-PER-M3' });
    expect('hint' in answer && answer.hint).toContain('37 Bq/m³');
  });

  it('cuts what is far too long', () => {
    const answer = table.resolve('x'.repeat(100_000));
    expect('message' in answer && answer.message.length).toBeLessThan(100);
  });
});

describe('without hints', () => {
  it('a spelling means the same, and no other is looked at', () => {
    const spellings = jest.spyOn(SpellingIndex.prototype, 'keys');
    const units = jest.spyOn(table, 'all');
    const common = jest.spyOn(table, 'compatibleWith');
    expect(table.resolve('celcius', temperature, false)).toMatchObject({
      code: 'unit-unknown',
      message: '"celcius" is no unit that is known here',
      candidates: [],
    });
    expect(table.resolve('x'.repeat(97), temperature, false)).toMatchObject({ code: 'unit-unknown' });
    expect(table.resolve('unit:DEG_X', temperature, false)).toMatchObject({ code: 'unit-unknown' });
    expect(table.resolve('°F', temperature, false)).toMatchObject({ unit: { id: 'DEG_F' } });
    const [hectopascal, celsius] = [table.get('HectoPA')!, table.get('DEG_C')!];
    expect(table.conversion(hectopascal, celsius, 'Temperature', false)).toMatchObject({
      error: { code: 'unit-incompatible', message: expect.stringContaining('their dimensions differ') },
    });
    for (const looked of [spellings, units, common]) expect(looked).not.toHaveBeenCalled();
    jest.restoreAllMocks();
  });
});

describe('any text', () => {
  it('resolves to a unit of the table or a refusal, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 12 }), (text) => {
        const answer = table.resolve(text, temperature);
        if ('unit' in answer) expect(table.get(answer.unit.id)).toBe(answer.unit);
        else expect(answer.hint.length).toBeGreaterThan(0);
      }),
      { numRuns: 100 },
    );
  });
});
