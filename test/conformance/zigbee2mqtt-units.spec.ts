import { describeCorpus } from './support/corpora.js';
import { closeMapping, compile, environment, mapMessage, valuesOf } from './support/mapping.js';
import { MISLABELLED, OBSERVED, SETTINGS } from './support/zigbee2mqtt-names.js';

const { hub } = environment;
/** The raw value of every row. */
const RAW = 20;

/** What 20 of a unit is in the canonical unit of the property; other units are its own and leave 20. */
const CONVERTED: Record<string, number> = {
  'ElectricCurrent mA': 0.02,
  'ElectricEnergy Wh': 0.02,
  'FluidPressure kPa': 0.2,
  'FluidPressure psi': 1.37895145863,
  'Mass g': 0.02,
  'SetpointTemperature °F': -6.66666666667,
  'Uptime h': 72000,
  'WaterVolume L': 0.02,
};

/** Pairs of a measurement and a unit that are refused, and why: a wrong value would be worse. */
const REFUSED: Record<string, [code: string, reason: string]> = {
  'CorrelatedColourTemperature mired': ['unit-unknown', 'a reciprocal of kelvin; the hint has the formula'],
  'IonisingRadiationDoseRate μR/h': ['unit-unknown', 'exposure is no dose'],
  'Rotation *': ['unit-unknown', 'a degree sign that was lost'],
  'ReactivePower VArh': ['unit-incompatible', 'energy under the name of power'],
  'SignalStrength dB': ['unit-incompatible', 'dB has no reference, dBm has one milliwatt'],
  'AtmosphericPressure hPa/h': ['unit-incompatible', 'a change of pressure in a time'],
  'Illuminance mV': ['unit-incompatible', 'the voltage of a light sensor, not lux'],
};

/** Settings that are refused, and why. */
const UNUSABLE: Record<string, [code: string, reason: string]> = {
  raw: ['unit-unknown', 'no unit'],
  'raw unit': ['unit-unknown', 'no unit'],
  '10 ms': ['unit-unknown', 'a factor before the unit'],
  '10s': ['unit-unknown', 'a factor before the unit'],
  month: ['unit-unknown', 'no fixed length'],
  portion: ['unit-unknown', 'a serving of a pet feeder'],
  'seconds or litres': ['unit-unknown', 'depends on the mode'],
  mired: ['unit-unknown', 'a reciprocal of kelvin'],
  'LEL %': ['unit-unknown', 'depends on the gas'],
  dBm: ['', 'transmit power: QUDT has no kind for a level over a milliwatt, the unit itself resolves'],
  kVArh: ['', 'QUDT has no kind for reactive energy, the unit itself resolves'],
};

interface Row {
  readonly property: string;
  readonly unit: string;
}

const observed = (name: string) => OBSERVED.find(([pattern]) => pattern.test(name))?.[1];

function answer(spelling: string, kind?: string, canonical?: string): string {
  const context =
    kind === undefined ? undefined : { kind, ...(canonical !== undefined && { unit: canonical }) };
  const found = hub.units.resolve(spelling, context);
  if (!('unit' in found)) {
    expect(found.hint).not.toBe('');
    return found.code;
  }
  const target = canonical === undefined ? undefined : hub.units.get(canonical);
  if (target && hub.units.compatible(found.unit, target, kind)) return 'unit-incompatible';
  return kind !== undefined && !target && !hub.units.kindAccepts(kind, found.unit)
    ? 'unit-incompatible'
    : found.unit.id;
}

afterAll(closeMapping);

describeCorpus('properties and units of Zigbee2MQTT', 'zigbee2mqtt-property-units.json', (text) => {
  const rows = (JSON.parse(text) as Row[]).map(({ property, unit }) => [property, unit] as const);
  const measured = rows.filter(
    ([name, unit]) => observed(name) !== undefined && !(`${name} ${unit}` in MISLABELLED),
  );
  const others = rows.filter((row) => !measured.includes(row));

  it('are measurements or settings', () => {
    expect(measured.length).toBeGreaterThan(150);
    expect(
      others.map(([, unit]) => unit).filter((unit) => !(unit in SETTINGS) && !(unit in UNUSABLE)),
    ).toEqual([]);
  });

  it.each(measured)('%s in %s: mapped and converted, or refused on purpose', async (name, unit) => {
    const property = observed(name)!;
    const document = {
      id: 'z',
      topic: 'zigbee2mqtt/{device}',
      observations: { value: { value: `\`${name}\``, property, unit } },
    };
    const refusal = REFUSED[`${property} ${unit}`];
    if (refusal) {
      expect(() => compile(document)).toThrow(`/observations/value/unit ${refusal[0]}`);
      return;
    }
    const outcome = await mapMessage(compile(document), 'zigbee2mqtt/a', { [name]: RAW });
    expect(valuesOf(outcome).value).toBeCloseTo(CONVERTED[`${property} ${unit}`] ?? RAW, 9);
    if (!(`${property} ${unit}` in CONVERTED))
      expect(answer(unit, ...kindOf(property))).toBe(hub.property(property)?.unit);
  });

  it.each(others)('%s in %s: of the kind that its unit tells, or refused on purpose', (name, unit) => {
    const mislabelled = MISLABELLED[`${name} ${unit}`];
    if (mislabelled !== undefined) {
      expect(answer(unit, mislabelled, hub.property(`quantitykind:${mislabelled}`)?.unit)).toBe(
        'unit-incompatible',
      );
      return;
    }
    const unusable = UNUSABLE[unit];
    if (!unusable) {
      expect(answer(unit, SETTINGS[unit])).not.toMatch(/^unit-/);
      expect(answer(unit)).not.toMatch(/^unit-(unknown|incompatible)/);
    } else if (unusable[0] === '') expect(answer(unit)).not.toMatch(/^unit-/);
    else expect(answer(unit)).toBe(unusable[0]);
  });
});

const kindOf = (property: string): [string, string | undefined] => {
  const { kind, unit } = hub.property(property)!;
  return [kind, unit];
};
