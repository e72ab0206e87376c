import { FLAGS, type ObservableProperty } from '#model';
import { UnitTable } from '../units/index.js';
import { readCoreProperties, readFlags } from './core-data.js';

const units = UnitTable.load();
const properties = readCoreProperties();
const byTerm = new Map(properties.map((property) => [property.term, property]));
const degC = units.get('DEG_C')!;

/** The properties that others rely on, as the documentation names them: kind, canonical unit, terms. */
const NAMED: [kind: string, unit: string | undefined, terms: string][] = [
  [
    'Temperature',
    'DEG_C',
    'AirTemperature WaterTemperature SoilTemperature SurfaceTemperature BodyTemperature DeviceTemperature DewPoint',
  ],
  ['RelativeHumidity', 'PERCENT', 'RelativeHumidity'],
  ['VolumeFraction', 'PERCENT', 'SoilMoisture'],
  ['Pressure', 'HectoPA', 'AtmosphericPressure'],
  ['Pressure', 'BAR', 'FluidPressure'],
  ['Speed', 'M-PER-SEC', 'WindSpeed WindGustSpeed Velocity'],
  ['Angle', 'DEG', 'WindDirection Tilt'],
  ['Length', 'MilliM', 'PrecipitationDepth'],
  ['Length', 'M', 'Distance Level'],
  ['Illuminance', 'LUX', 'Illuminance'],
  ['SoundPressureLevel', 'DeciB', 'SoundPressureLevel'],
  ['MassConcentration', 'MicroGM-PER-M3', 'PM1 PM2_5 PM4 PM10'],
  ['MoleFraction', 'PPM', 'CarbonDioxide CarbonMonoxide'],
  ['MoleFraction', 'PPB', 'VolatileOrganicCompounds NitrogenDioxide Ozone Formaldehyde'],
  ['ActivityConcentration', 'BQ-PER-M3', 'Radon'],
  ['Voltage', 'V', 'Voltage BatteryVoltage'],
  ['ElectricCurrent', 'A', 'ElectricCurrent'],
  ['Power', 'W', 'ElectricPower'],
  ['ReactivePower', 'VAR', 'ReactivePower'],
  ['ApparentPower', 'VA', 'ApparentPower'],
  ['Energy', 'KiloW-HR', 'ElectricEnergy'],
  ['PowerFactor', 'UNITLESS', 'PowerFactor'],
  ['Frequency', 'HZ', 'Frequency'],
  ['Volume', 'M3', 'WaterVolume GasVolume'],
  ['VolumeFlowRate', 'M3-PER-HR', 'Flow'],
  ['Acceleration', 'M-PER-SEC2', 'Acceleration'],
  ['MagneticFluxDensity', 'T', 'MagneticFluxDensity'],
  ['AmountOfSubstanceConcentration', 'MilliMOL-PER-L', 'Glucose Lactate'],
  ['AmountOfSubstanceConcentration', 'NanoMOL-PER-L', 'Biomarker'],
  ['HeartRate', 'BEAT-PER-MIN', 'HeartRate'],
  ['DimensionlessRatio', 'PERCENT', 'OxygenSaturation BatteryLevel'],
  ['Acidity', 'PH', 'AcidityPH'],
  ['SignalStrength', 'DeciB_M', 'SignalStrength'],
  ['Ratio', 'DeciB', 'SignalToNoiseRatio'],
  ['Time', 'SEC', 'Uptime'],
  [
    'State',
    undefined,
    'Opened Occupied MotionDetected LeakDetected SmokeDetected TamperDetected SwitchedOn BatteryLow',
  ],
  ['Position', undefined, 'Position'],
];
const named = NAMED.flatMap(([kind, unit, terms]) => terms.split(' ').map((term) => ({ term, kind, unit })));

describe('the core ontology', () => {
  it('has at least 90 observable properties, each term once', () => {
    expect(properties.length).toBeGreaterThanOrEqual(90);
    expect(byTerm.size).toBe(properties.length);
  });

  it.each(named)('names $term as $kind in $unit', ({ term, kind, unit }) => {
    const type = kind === 'State' ? 'state' : kind === 'Position' ? 'position' : 'quantity';
    expect({ ...byTerm.get(term), unit: byTerm.get(term)?.unit }).toMatchObject({ kind, unit, type });
  });

  it('tells directions, whose means are circular, from angles', () => {
    expect(properties.filter(({ circular }) => circular).map(({ term }) => term)).toEqual([
      'WindDirection',
      'Azimuth',
    ]);
  });
});

describe.each(properties.map((property) => [property.term, property] as const))('%s', (term, property) => {
  it('says what it is', () => {
    expect(term).toMatch(/^[A-Z][A-Za-z0-9_]*$/);
    expect(property.label).toMatch(/^[A-Z]\S*( \S+)*$|^pH/);
    expect(property.definition).toMatch(/^[A-Z].{8,}[^ ]\.$|^pH /);
    expect(property.origin).toBe('core');
  });

  it('is of a kind, and measured in its canonical unit', () => {
    expect(problemOf(property)).toBeUndefined();
  });

  it('stands below properties that there are, of the same or a broader kind, in no circle', () => {
    for (const broader of property.broader) {
      const parent = byTerm.get(broader);
      expect(parent && (parent.kind === property.kind || units.kindWithin(property.kind, parent.kind))).toBe(
        true,
      );
      expect(parent?.type).toBe(property.type);
    }
    expect(ancestors(term)).not.toContain(term);
  });
});

/**
 * Levels that QUDT describes and lists no unit for: it says of signal strength that it is told as a field strength or
 * as received power, and has the first's units; its logarithmic units are those of sound.
 */
const LEVELS: Readonly<Record<string, string>> = { SignalStrength: 'DeciB_M', Ratio: 'DeciB' };

/** What is wrong with kind, type, unit and states. */
function problemOf({ kind, type, unit, states, circular }: ObservableProperty): string | undefined {
  if ((states !== undefined) !== (type === 'concept')) return 'states belong to concepts';
  if (type !== 'quantity') {
    const expected = { state: 'State', concept: 'State', position: 'Position', text: 'Text' }[type];
    if (kind !== expected) return `a ${type} is of kind ${expected}`;
    return unit === undefined && !circular ? undefined : 'only quantities have units and directions';
  }
  const known = unit === undefined ? undefined : units.get(unit);
  if (!units.kind(kind)) return `QUDT has no kind ${kind}`;
  if (!known || known.deprecated) return `unit:${unit} is none, or deprecated`;
  if (LEVELS[kind] !== unit && !units.kindAccepts(kind, known))
    return `unit:${unit} does not measure ${kind}`;
  return circular && units.compatible(known, units.get('DEG')!) ? `unit:${unit} is no angle` : undefined;
}

function ancestors(term: string, seen = new Set<string>()): Set<string> {
  for (const broader of byTerm.get(term)?.broader ?? []) {
    if (seen.has(broader)) continue;
    seen.add(broader);
    ancestors(broader, seen);
  }
  return seen;
}

describe('the checks above', () => {
  const air = byTerm.get('AirTemperature')!;
  it.each([
    [{ ...air, kind: 'Warmth' }, /no kind Warmth/],
    [{ ...air, unit: 'DEG_X' }, /is none/],
    [{ ...air, unit: 'HectoPA' }, /does not measure/],
    [{ ...air, circular: true }, /no angle/],
    [{ ...air, type: 'state' }, /kind State/],
    [{ ...air, states: [] }, /concepts/],
  ] as [ObservableProperty, RegExp][])('would fail', (property, why) => {
    expect(problemOf(property)).toMatch(why);
  });
});

describe('temperatures', () => {
  it('convert to each other', () => {
    const temperatures = properties.filter(({ kind }) => units.kindWithin(kind, 'Temperature'));
    expect(temperatures.length).toBeGreaterThanOrEqual(10);
    for (const { unit } of temperatures) expect(units.compatible(units.get(unit!)!, degC)).toBeUndefined();
  });
});

describe('states of concepts', () => {
  const concepts = properties.filter(({ type }) => type === 'concept');

  it('are terms of their own, with label and definition', () => {
    const terms = concepts.flatMap(({ states }) => states!.map((state) => state.term));
    expect(terms.length).toBeGreaterThan(4);
    expect(new Set([...terms, ...byTerm.keys()]).size).toBe(terms.length + byTerm.size);
    for (const { term, label, definition } of concepts.flatMap(({ states }) => states!)) {
      expect(term).toMatch(/^[A-Z][A-Za-z0-9]*$/);
      expect(label).toMatch(/^\S/);
      expect(definition).toMatch(/\.$/);
    }
  });
});

describe('quality flags', () => {
  it('are those that observations carry', () => {
    expect(readFlags().map(({ term }) => term)).toEqual(Object.keys(FLAGS));
    for (const { term, label, definition } of readFlags()) {
      expect(byTerm.has(term)).toBe(false);
      expect(label).toMatch(/^[A-Z]/);
      expect(definition).toMatch(/^[A-Z].*\.$/);
    }
  });
});
