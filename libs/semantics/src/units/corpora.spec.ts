import { existsSync, readFileSync } from 'node:fs';
import { UnitTable } from './unit-table.js';
import type { UnitContext } from './unit.js';

const table = UnitTable.load();
const corpora = new URL('../../../../../shared/corpora/', import.meta.url);

function read(name: string): string | undefined {
  const file = new URL(name, corpora);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function resolved(spelling: string, context?: UnitContext): string {
  const answer = table.resolve(spelling, context);
  return 'unit' in answer ? answer.unit.id : answer.code;
}

const zigbee = read('zigbee2mqtt-property-units.json');
const bthome = read('bthome-raw-decoded.jsonl');
/** Jest takes no empty table, not even in a skipped suite. */
const rowsOf = (values: Iterable<string>): string[] => {
  const rows = [...new Set(values)];
  return rows.length > 0 ? rows : ['absent'];
};
const whenPresent = (text: string | undefined) => (text === undefined ? describe.skip : describe);

/** Spelling -> the kind of the properties that carry it, and the unit; a code where it is refused on purpose. */
const ZIGBEE: Record<string, [kind: string, expected: string]> = {
  '%': ['DimensionlessRatio', 'PERCENT'],
  W: ['Power', 'W'],
  w: ['Power', 'W'],
  watt: ['Power', 'W'],
  kW: ['Power', 'KiloW'],
  A: ['ElectricCurrent', 'A'],
  mA: ['ElectricCurrent', 'MilliA'],
  V: ['Voltage', 'V'],
  mV: ['Voltage', 'MilliV'],
  VA: ['ApparentPower', 'VA'],
  kVA: ['ApparentPower', 'KiloVA'],
  VAr: ['ReactivePower', 'VAR'],
  VArh: ['', 'VAR-HR'],
  kVArh: ['', 'KiloVAR-HR'],
  kWh: ['Energy', 'KiloW-HR'],
  Wh: ['Energy', 'W-HR'],
  Hz: ['Frequency', 'HZ'],
  '°C': ['Temperature', 'DEG_C'],
  ºC: ['Temperature', 'DEG_C'],
  '℃': ['Temperature', 'DEG_C'],
  '  C': ['Temperature', 'DEG_C'],
  '°F': ['Temperature', 'DEG_F'],
  '℉': ['Temperature', 'DEG_F'],
  K: ['Temperature', 'K'],
  s: ['Time', 'SEC'],
  sec: ['Time', 'SEC'],
  seconds: ['Time', 'SEC'],
  ms: ['Time', 'MilliSEC'],
  min: ['Time', 'MIN'],
  'min.': ['Time', 'MIN'],
  minutes: ['Time', 'MIN'],
  h: ['Time', 'HR'],
  Hr: ['Time', 'HR'],
  hour: ['Time', 'HR'],
  days: ['Time', 'DAY'],
  m: ['Length', 'M'],
  cm: ['Length', 'CentiM'],
  '°': ['Angle', 'DEG'],
  ppm: ['MoleFraction', 'PPM'],
  ppb: ['MoleFraction', 'PPB'],
  'µg/m³': ['MassConcentration', 'MicroGM-PER-M3'],
  'ug/m3': ['MassConcentration', 'MicroGM-PER-M3'],
  'mg/L': ['MassConcentration', 'MilliGM-PER-L'],
  '#/cm³': ['NumberDensity', 'PER-CentiM3'],
  'µS/cm': ['Conductivity', 'MicroS-PER-CentiM'],
  'μS/cm': ['Conductivity', 'MicroS-PER-CentiM'],
  psi: ['Pressure', 'PSI'],
  kPa: ['Pressure', 'KiloPA'],
  'hPa/h': ['', 'HectoPA-PER-HR'],
  lux: ['Illuminance', 'LUX'],
  dB: ['SoundPressureLevel', 'DeciB'],
  dBA: ['SoundPressureLevel', 'DeciB_A'],
  dBm: ['', 'DeciB_M'],
  m3: ['Volume', 'M3'],
  'm³': ['Volume', 'M3'],
  L: ['Volume', 'L'],
  gal: ['Volume', 'GAL_US'],
  g: ['Mass', 'GM'],
  times: ['Count', 'NUM'],
  index: ['DimensionlessRatio', 'UNITLESS'],
  // Refused on purpose.
  mired: ['Temperature', 'unit-unknown'], // a reciprocal
  'μR/h': ['', 'unit-unknown'], // QUDT has no roentgen per hour
  'LEL %': ['VolumeFraction', 'unit-unknown'], // depends on the gas
  '10 ms': ['Time', 'unit-unknown'], // a factor, not a unit
  '10s': ['Time', 'unit-unknown'],
  month: ['Time', 'unit-unknown'], // no fixed length
  '*': ['Angle', 'unit-unknown'], // a degree sign lost on the way
  raw: ['', 'unit-unknown'],
  'raw unit': ['', 'unit-unknown'],
  portion: ['', 'unit-unknown'],
  'seconds or litres': ['', 'unit-unknown'],
};

whenPresent(zigbee)('units of Zigbee2MQTT (skipped where ../shared/corpora is absent)', () => {
  const rows = JSON.parse(zigbee ?? '[]') as { property: string; unit: string }[];

  it.each(rowsOf(rows.map(({ unit }) => unit)))(
    '%j resolves within its kind, or is refused on purpose',
    (spelling) => {
      const entry = ZIGBEE[spelling];
      if (!entry) throw new Error(`${JSON.stringify(spelling)} is not in the list: decide what it means`);
      const [kind, expected] = entry;
      expect(resolved(spelling, kind === '' ? undefined : { kind })).toBe(expected);
    },
  );

  it('converts to the canonical unit of the property where its name tells the kind', () => {
    const properties: [RegExp, Required<UnitContext>][] = [
      [/(^|_)temperature($|_\d)|local_temperature/, { kind: 'Temperature', unit: 'DEG_C' }],
      [/^(pm1|pm25|pm4|pm10)($|_)/, { kind: 'MassConcentration', unit: 'MicroGM-PER-M3' }],
      [/^voltage/, { kind: 'Voltage', unit: 'V' }],
      [/^current($|_[a-c\d])/, { kind: 'ElectricCurrent', unit: 'A' }],
      [/^power($|_[a-cl\d])/, { kind: 'Power', unit: 'W' }],
      [/^energy/, { kind: 'Energy', unit: 'KiloW-HR' }],
      [/^pressure($|_)/, { kind: 'Pressure', unit: 'HectoPA' }],
      [/^(humidity|soil_moisture|battery)($|_\d)/, { kind: 'DimensionlessRatio', unit: 'PERCENT' }],
    ];
    let converted = 0;
    for (const { property, unit: spelling } of rows) {
      const context = properties.find(([pattern]) => pattern.test(property))?.[1];
      const canonical = context && table.get(context.unit);
      if (!context || !canonical) continue;
      const answer = table.resolve(spelling, context);
      if (!('unit' in answer)) {
        expect([property, spelling, ZIGBEE[spelling]?.[1]]).toEqual([property, spelling, answer.code]);
        continue;
      }
      const problem = table.compatible(answer.unit, canonical, context.kind);
      // Vendors mislabel: apparent power under `power_...`, a trend under `pressure_trend`. Those are refused.
      if (problem)
        expect([property, spelling, problem.code]).toEqual([property, spelling, 'unit-incompatible']);
      else converted += 1;
    }
    expect(converted).toBeGreaterThan(60);
  });
});

whenPresent(bthome)('Home Assistant constants of BTHome (skipped where ../shared/corpora is absent)', () => {
  const names = [...(bthome ?? '').matchAll(/"native_unit_of_measurement": "([A-Z_]+)"/g)].map(
    (match) => match[1] ?? '',
  );

  it.each(rowsOf(names))('%s resolves', (name) => {
    expect(table.resolve(name)).toHaveProperty('unit');
  });
});
