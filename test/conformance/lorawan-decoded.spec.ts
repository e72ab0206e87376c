import { describeCorpus, jsonLines } from './support/corpora.js';
import {
  CHIRP_TOPIC,
  chirpEvent,
  commonValues,
  STACK_TOPIC,
  stackUplink,
  type DecoderRow,
} from './support/lorawan.js';
import { closeMapping, mapMessage, profile, valuesOf } from './support/mapping.js';

/** Values that are rejected, by device and datastream, and why. */
const REJECTED: Record<string, [code: string, reason: string]> = {
  'browan/tabs-tbhh100 co2': ['value-out-of-range', 'zero where there is no such sensor'],
  'dragino/lse01-114 external-temperature': ['value-out-of-range', 'what no probe reads'],
  'browan/l0010 pressure': ['value-out-of-range', 'pressure in a gas bottle, not of the air'],
  'elsys/elt-2 pressure': ['value-out-of-range', 'made-up bytes: a hundred atmospheres'],
  'elsys/elt-ultrasonic pressure': ['value-out-of-range', 'made-up bytes: a hundred atmospheres'],
};

afterAll(closeMapping);

/** Two profiles of a platform with the same rules: what a row comes to, and what is rejected. */
async function check(row: DecoderRow, platform: 'stack' | 'chirp'): Promise<number> {
  const { data = {} } = row.output ?? row.expected ?? {};
  const outcome =
    platform === 'stack'
      ? await mapMessage(profile('things-stack-decoded'), STACK_TOPIC, stackUplink({ decoded_payload: data }))
      : await mapMessage(profile('chirpstack-v4'), CHIRP_TOPIC, chirpEvent(data));
  const device = `${row.vendor}/${row.device ?? row.codec ?? ''}`;
  const refused = new Set(outcome.rejected.map(({ name }) => name));
  for (const { name = '', code } of outcome.rejected) {
    expect([device, name, code]).toEqual([device, name, REJECTED[`${device} ${name}`]?.[0]]);
  }
  const expected = Object.entries(commonValues(data)).filter(([name]) => !refused.has(name));
  expect(valuesOf(outcome)).toEqual(Object.fromEntries(expected));
  return outcome.values.length;
}

describe.each([
  ['things-stack-decoded', STACK_TOPIC, (data: object) => stackUplink({ decoded_payload: data })],
  ['chirpstack-v4', CHIRP_TOPIC, chirpEvent],
] as const)('the voltage of a battery by %s', (name, topic, uplink) => {
  it.each([2.88, '2.87', 3036])('is not read from Supply_Voltage, volts or millivolts: %j', async (said) => {
    const outcome = await mapMessage(profile(name), topic, uplink({ Supply_Voltage: said }));
    expect([outcome.values, outcome.rejected]).toEqual([[], []]);
    expect(outcome.unmapped).toContainEqual(expect.stringMatching(/\/Supply_Voltage$/));
  });

  it.each([
    [{ vdd: 3036 }, 3.036],
    [{ BatV: 3.062 }, 3.062],
    [{ vdd: 3036, BatV: 3.04 }, 3.036],
    [{ BatV: 3.062, Supply_Voltage: 3062 }, 3.062],
  ])('has the unit of the name that it is read from: %j', async (data, volts) => {
    const outcome = await mapMessage(profile(name), topic, uplink(data));
    expect(valuesOf(outcome)).toEqual({ 'battery-voltage': volts });
  });
});

describeCorpus("examples of vendors' decoders in The Things Stack", 'ttn-codec-examples.jsonl', (text) => {
  const rows = jsonLines<DecoderRow>(text).filter(
    ({ vendor, output }) =>
      output?.data !== undefined && vendor !== 'decentlab' && vendor !== 'stmicroelectronics',
  );

  it.each(rows.map((row) => [`${row.vendor}/${row.device ?? ''}: ${row.description ?? ''}`, row] as const))(
    '%s',
    async (_, row) => {
      await check(row, 'stack');
    },
  );

  it('that say a unit beside the value are no numbers, and are not guessed at', async () => {
    const described = jsonLines<DecoderRow>(text).filter(
      ({ vendor, output }) => vendor === 'stmicroelectronics' && output?.data !== undefined,
    );
    expect(described).toHaveLength(2);
    for (const { output } of described) {
      const payload = stackUplink({ decoded_payload: output!.data! });
      const { values, rejected } = await mapMessage(profile('things-stack-decoded'), STACK_TOPIC, payload);
      expect(values).toEqual([]);
      for (const { code } of rejected) expect(code).toMatch(/^value-not-(number|position)$/);
    }
  });

  it('are mapped in part by their names alone', async () => {
    let mapped = 0;
    for (const row of rows) if ((await check(row, 'stack')) > 0) mapped++;
    expect([rows.length, mapped]).toEqual([202, 80]);
  });
});

describeCorpus('examples of decoders in ChirpStack', 'chirpstack-decode.jsonl', (text) => {
  const rows = jsonLines<DecoderRow>(text);

  it.each(rows.map((row) => [`${row.vendor}/${row.codec ?? ''}: ${row.name ?? ''}`, row] as const))(
    '%s',
    async (_, row) => {
      await check(row, 'chirp');
    },
  );
});
