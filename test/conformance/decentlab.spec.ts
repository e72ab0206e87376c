import { FLAGS } from '#model';
import { describeCorpus, jsonLines } from './support/corpora.js';
import { STACK_TOPIC, stackUplink, type DecoderRow } from './support/lorawan.js';
import { closeMapping, mapMessage, profile, type Mapped } from './support/mapping.js';

/** What one of a unit is in the canonical unit of a property; the others are their own. */
const FACTORS: Record<string, number> = {
  'AtmosphericPressure kPa': 10,
  'AtmosphericPressure Pa': 0.01,
  'Acceleration mg': 0.00980665,
  'BatteryVoltage mV': 0.001,
  'Displacement µm': 0.001,
  'Distance mm': 0.001,
  'ElectricCurrent mA': 0.001,
  'Flow l⋅h⁻¹': 0.001,
  'Mass g': 0.001,
  'SoilMoisture m³⋅m⁻³': 100,
  'SoilWaterTension kPa': -1,
  'Strain µm⋅m⁻¹': 0.000001,
  'TotalSuspendedSolids g⋅L⁻¹': 1000,
  'WaterConductivity mS⋅cm⁻¹': 1000,
  'WaterLevel mm': 0.001,
};

/** Values that have no property, and why. */
const NO_PROPERTY: readonly [pattern: RegExp, reason: string][] = [
  [/^(alpha|beta|tmax|upstream_tmax|heat_velocity)_/, 'steps of the computation of sap flow'],
  [/^(raw_ir_reading|voltage_ratio|potentiometer_position|ambient_light|counter_reading)/, 'raw readings'],
  [
    /^(status|diagnostic|freezing_flag|co2_sensor_status|sensor_id|activity_counter|input|ch\d_input)$/,
    'codes',
  ],
  [/interval$|^number_of_|^total_acquisition_time$/, 'how it was measured, not what'],
  [/^(salinity_at_level|soil_moisture_at_depth)_/, 'the decoder gives no unit'],
  [/^(leaf_wetness_index|albedo)$/, "the maker's own index; a ratio of two values that are mapped"],
  [/^(turbidity|turbidity_in_fnu|turbidity_in_mg_l|sludge_blanket)$/, 'FAU and FNU are not NTU; estimates'],
  [/^(ph_mv|oxygen_concentration_alt|co2_concentration_lpf)$/, 'a value that is mapped, in another form'],
  [/^typical_particle_size$/, 'a statistic of particle sizes'],
];

/** What a probe that is not connected reads, in °C: of these the model has fewer than the decoder has names. */
const NO_PROBE = -327.68;

interface Said {
  readonly value: unknown;
  readonly unit?: string;
}

afterAll(closeMapping);

/** An uplink with one value beside the battery's, which the profile knows the decoder by. */
const uplinkOf = (key: string, value: number) =>
  stackUplink({
    decoded_payload: {
      protocol_version: 2,
      battery_voltage: { value: 3, unit: 'V' },
      [key]: { value, unit: '°C' },
    },
  });

describe('a temperature', () => {
  const temperatures = [...profile('things-stack-decentlab').properties].flatMap(([name, { kind }]) =>
    kind === 'Temperature' ? [name] : [],
  );

  it.each(temperatures)('%s of -327.68 °C is rejected or flagged', async (name) => {
    const payload = uplinkOf(name.replaceAll('-', '_'), NO_PROBE);
    const { values, rejected } = await mapMessage(profile('things-stack-decentlab'), STACK_TOPIC, payload);
    const value = values.find((one) => one.name === name);
    if (/-at-(depth|level)-/.test(name)) {
      expect(value).toBeUndefined();
      expect(rejected).toMatchObject([{ name, code: 'value-out-of-range' }]);
    } else expect(value?.flags).toBe(FLAGS['out-of-range']);
  });

  it.each(temperatures)('%s of 21.5 °C is neither', async (name) => {
    const payload = uplinkOf(name.replaceAll('-', '_'), 21.5);
    const { values, rejected } = await mapMessage(profile('things-stack-decentlab'), STACK_TOPIC, payload);
    expect(rejected).toEqual([]);
    expect(values.find((one) => one.name === name)?.flags).toBe(0);
  });
});

describeCorpus("examples of Decentlab's decoder", 'ttn-codec-examples.jsonl', (text) => {
  const rows = jsonLines<DecoderRow>(text).filter(
    ({ vendor, output }) => vendor === 'decentlab' && output?.data,
  );

  it.each(rows.map((row, i) => [i, row.device ?? '', row.output!.data!] as const))(
    'payload %i, %s: every value is mapped with its unit, or has no property',
    async (_, __, data) => {
      const outcome = await mapMessage(
        profile('things-stack-decentlab'),
        STACK_TOPIC,
        stackUplink({ decoded_payload: data }),
      );
      const unread = Object.entries(data).filter(([, said]) => (said as Said | null)?.value === NO_PROBE);
      expect(outcome.rejected.map(({ name, code }) => [name, code])).toEqual(
        unread.map(([key]) => [key.replaceAll('_', '-'), 'value-out-of-range']),
      );
      const mapped = new Map(outcome.values.map((value) => [value.name, value]));
      for (const [key, said] of Object.entries(data)) {
        if (typeof said !== 'object' || said === null || (said as Said).value === NO_PROBE) continue;
        const value = mapped.get(key.replaceAll('_', '-'));
        mapped.delete(key.replaceAll('_', '-'));
        if (value) expectRight(key, said as Said, value);
        else expect([key, NO_PROPERTY.some(([pattern]) => pattern.test(key))]).toEqual([key, true]);
      }
      expect([...mapped.keys()]).toEqual([]);
    },
  );

  it('map 296 values of 102 payloads', async () => {
    let values = 0;
    for (const { output } of rows) {
      const payload = stackUplink({ decoded_payload: output!.data! });
      values += (await mapMessage(profile('things-stack-decentlab'), STACK_TOPIC, payload)).values.length;
    }
    expect([rows.length, values]).toEqual([102, 296]);
  });
});

function expectRight(key: string, { value: raw, unit = '' }: Said, { property, value }: Mapped): void {
  const wanted =
    property === 'quantitykind:Temperature'
      ? (raw as number) + 273.15
      : (raw as number) * (FACTORS[`${property} ${unit}`] ?? 1);
  expect([key, property, typeof value]).toEqual([key, property, 'number']);
  expect(Math.abs((value as number) - wanted)).toBeLessThanOrEqual(Math.abs(wanted) * 1e-9);
}
