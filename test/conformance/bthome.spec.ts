import { describeCorpus, jsonLines } from './support/corpora.js';
import { closeMapping, compile, environment, mapMessage } from './support/mapping.js';

/**
 * A class of BTHome with the unit that Home Assistant's constant names: the property, the unit, and what one of it is
 * in the property's canonical unit.
 */
const CLASSES: Record<string, [property: string, unit: string, factor: number]> = {
  'ACCELERATION ACCELERATION_METERS_PER_SQUARE_SECOND': ['Acceleration', 'M-PER-SEC2', 1],
  'BATTERY PERCENTAGE': ['BatteryLevel', 'PERCENT', 1],
  'CURRENT ELECTRIC_CURRENT_AMPERE': ['ElectricCurrent', 'A', 1],
  'DEW_POINT TEMP_CELSIUS': ['DewPoint', 'DEG_C', 1],
  'DISTANCE LENGTH_MILLIMETERS': ['Distance', 'MilliM', 0.001],
  'DURATION TIME_SECONDS': ['quantitykind:Time', 'SEC', 1],
  'ENERGY ENERGY_KILO_WATT_HOUR': ['ElectricEnergy', 'KiloW-HR', 1],
  'GAS VOLUME_CUBIC_METERS': ['GasVolume', 'M3', 1],
  'GYROSCOPE GYROSCOPE_DEGREES_PER_SECOND': ['AngularVelocity', 'DEG-PER-SEC', 1],
  'HUMIDITY PERCENTAGE': ['RelativeHumidity', 'PERCENT', 1],
  'ILLUMINANCE LIGHT_LUX': ['Illuminance', 'LUX', 1],
  'MASS MASS_KILOGRAMS': ['Mass', 'KiloGM', 1],
  'MASS MASS_POUNDS': ['Mass', 'LB', 0.45359237],
  'MOISTURE PERCENTAGE': ['SoilMoisture', 'PERCENT', 1],
  'PM10 CONCENTRATION_MICROGRAMS_PER_CUBIC_METER': ['PM10', 'MicroGM-PER-M3', 1],
  'PM25 CONCENTRATION_MICROGRAMS_PER_CUBIC_METER': ['PM2_5', 'MicroGM-PER-M3', 1],
  'POWER POWER_WATT': ['ElectricPower', 'W', 1],
  'PRESSURE PRESSURE_MBAR': ['AtmosphericPressure', 'MilliBAR', 1],
  'ROTATION DEGREE': ['Rotation', 'DEG', 1],
  'SIGNAL_STRENGTH SIGNAL_STRENGTH_DECIBELS_MILLIWATT': ['SignalStrength', 'DeciB_M', 1],
  'SPEED SPEED_METERS_PER_SECOND': ['Velocity', 'M-PER-SEC', 1],
  'TEMPERATURE TEMP_CELSIUS': ['AirTemperature', 'DEG_C', 1],
  'VOLATILE_ORGANIC_COMPOUNDS CONCENTRATION_MICROGRAMS_PER_CUBIC_METER': [
    'VolatileOrganicCompoundsMass',
    'MicroGM-PER-M3',
    1,
  ],
  'VOLTAGE ELECTRIC_POTENTIAL_VOLT': ['Voltage', 'V', 1],
  'VOLUME VOLUME_LITERS': ['quantitykind:Volume', 'L', 0.001],
  'VOLUME_FLOW_RATE VOLUME_FLOW_RATE_CUBIC_METERS_PER_HOUR': ['Flow', 'M3-PER-HR', 1],
  'VOLUME_STORAGE VOLUME_LITERS': ['quantitykind:Volume', 'L', 0.001],
  'WATER VOLUME_LITERS': ['WaterVolume', 'L', 0.001],
};

/** Classes that carry no unit, and why they are no quantity of the vocabulary; COUNT is one, in pieces. */
const UNITLESS: Record<string, string> = {
  CHANNEL: "a device's own numbering",
  LIGHT_LEVEL: 'steps of a vendor, without a scale',
  PACKET_ID: 'tells repeated packets apart',
  RAW: 'bytes without a meaning',
  TIMESTAMP: 'a time, not a measurement',
};

const STATES: Record<string, string | undefined> = {
  MOTION: 'MotionDetected',
  OPENING: 'Opened',
  POWER: 'SwitchedOn',
  // Light is seen, or a thing that is not named is on: no property of the vocabulary.
  GENERIC: undefined,
  LIGHT: undefined,
};

interface Entity {
  readonly native_value: unknown;
}

interface Row {
  readonly test: string;
  readonly entity_descriptions: Record<
    string,
    { readonly device_class: string; readonly native_unit_of_measurement: string | null }
  >;
  readonly entity_values?: Record<string, Entity>;
  readonly binary_entity_descriptions?: Record<string, { readonly device_class: string }>;
  readonly binary_entity_values?: Record<string, Entity>;
}

/** One document for all: each decoded value says its class and unit. */
const properties = new Map(
  Object.entries(CLASSES).map(([key, [property]]) => [key.split(' ')[0]!, property]),
);
const rule = (is: string, rest: object) => ({ value: 'value', when: `class = "${is}"`, ...rest });
const schema = compile({
  id: 'bthome-decoded',
  topic: 'bthome/{device}',
  each: 'values',
  observations: {
    ...Object.fromEntries(
      [...properties].map(([name, property]) => [name, rule(name, { property, unit: { value: 'unit' } })]),
    ),
    COUNT: rule('COUNT', { property: 'PulseCount', unit: '1' }),
    ...Object.fromEntries(
      Object.entries(STATES)
        .filter(([, property]) => property !== undefined)
        .map(([name, property]) => [`is-${name}`, rule(`is-${name}`, { property })]),
    ),
  },
});

afterAll(closeMapping);

it.each(Object.entries(CLASSES))('%s is %s', (key, [property, unit]) => {
  const { kind, unit: canonical = '' } = environment.hub.property(property)!;
  const [, spelling = ''] = key.split(' ');
  const found = environment.hub.units.resolve(spelling, { kind, unit: canonical });
  expect('unit' in found ? found.unit.id : found).toBe(unit);
});

describeCorpus('decoded BTHome payloads', 'bthome-raw-decoded.jsonl', (text) => {
  const rows = jsonLines<Row>(text);
  const described = rows.flatMap((row) => Object.values(row.entity_descriptions));

  it('name no class and unit beyond the list', () => {
    const keys = described.map(({ device_class: is, native_unit_of_measurement: unit }) =>
      unit === null ? is : `${is} ${unit}`,
    );
    const known = new Set([...Object.keys(CLASSES), ...Object.keys(UNITLESS), 'COUNT']);
    expect(keys.filter((key) => !known.has(key))).toEqual([]);
    expect([...known].filter((key) => !keys.includes(key))).toEqual([]);
  });

  it.each(rows.map((row, i) => [i, row.test, row] as const))('payload %i, %s', async (_, __, row) => {
    const values = [];
    const expected: [string, number | boolean][] = [];
    for (const [key, { native_value: value }] of Object.entries(row.entity_values ?? {})) {
      const { device_class: is, native_unit_of_measurement: unit } = row.entity_descriptions[key]!;
      values.push({ class: is, value, ...(unit !== null && { unit }) });
      if (is in UNITLESS) continue;
      const factor = is === 'COUNT' ? 1 : CLASSES[`${is} ${unit!}`]![2];
      expected.push([is, (value as number) * factor]);
    }
    for (const [key, { native_value: value }] of Object.entries(row.binary_entity_values ?? {})) {
      const is = row.binary_entity_descriptions![key]!.device_class;
      expect(Object.keys(STATES)).toContain(is);
      values.push({ class: `is-${is}`, value });
      if (STATES[is] !== undefined) expected.push([`is-${is}`, value as boolean]);
    }
    const outcome = await mapMessage(schema, 'bthome/tag', { values });
    expect(outcome.rejected).toEqual([]);
    expect(outcome.values.map(({ name }) => name)).toEqual(expected.map(([name]) => name));
    for (const [i, { value }] of outcome.values.entries()) {
      const wanted = expected[i]![1];
      if (typeof wanted === 'boolean') expect(value).toBe(wanted);
      else expect(value).toBeCloseTo(wanted, 9);
    }
  });
});
