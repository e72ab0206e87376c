import { describeCorpus, jsonLines } from './support/corpora.js';
import { closeMapping, mapMessage, profile, valuesOf, type Outcome } from './support/mapping.js';

const RECEIVED = '2026-11-23T02:40:11.204512Z';
const TOPIC = 'v3/building@ttn/devices/node-1/up';

/** An uplink as The Things Stack v3 publishes it. */
const uplink = (message: object) => ({
  end_device_ids: { device_id: 'node-1', application_ids: { application_id: 'building' } },
  correlation_ids: ['gs:uplink:01HFX7Q3ZP'],
  received_at: '2026-11-23T02:40:11.512345678Z',
  uplink_message: { f_port: 1, f_cnt: 7, ...message, received_at: RECEIVED },
});

afterAll(closeMapping);

interface Normalized {
  readonly vendor: string;
  readonly device: string;
  readonly normalizedOutput: { readonly data: readonly object[] };
}

/** What each device's normalized payload says, by the units that the schema of The Things Stack fixes. */
const NORMALIZED: Record<string, Record<string, number | boolean>> = {
  'mclimate/vicki': { 'air-temperature': 18.01, 'air-humidity': 46.88, 'battery-voltage': 3.5 },
  'milesight-iot/em300-th': { 'air-temperature': 20, 'air-humidity': 30 },
  'mclimate/ht-pir-lite': {
    'air-temperature': 23.3,
    'air-humidity': 48.83,
    'battery-voltage': 3.55,
    motion: false,
    'motion-count': 1,
  },
  'mclimate/pir-mini': {
    'air-temperature': 24.8,
    'air-humidity': 50,
    'air-light': 753,
    'battery-voltage': 3.33,
    motion: true,
    'motion-count': 431,
  },
  'mclimate/co2-pir-lite': {
    'air-temperature': 23.3,
    'air-humidity': 49.22,
    'air-co2': 839,
    'battery-voltage': 3.48,
    motion: true,
    'motion-count': 241,
  },
  'example/windsensor': { 'wind-speed': 16.4608, 'wind-direction': 0 },
};

/** Fields that are no property of the schema. */
const UNMAPPED: Record<string, string> = {
  battVolt: 'a percentage under the name of a voltage; the schema of The Things Stack has no such key',
};

describeCorpus('normalized payloads of The Things Stack', 'ttn-normalized.jsonl', (text) => {
  const schema = profile('things-stack-normalized');
  const rows = jsonLines<Normalized>(text);

  it.each(rows.map((row) => [`${row.vendor}/${row.device}`, row] as const))(
    '%s: every field is mapped, rightly',
    async (name, { normalizedOutput }) => {
      const outcome = await mapMessage(schema, TOPIC, uplink({ normalized_payload: normalizedOutput.data }));
      expect(outcome.rejected).toEqual([]);
      expect(valuesOf(outcome)).toEqual(NORMALIZED[name]);
      expect(outcome.values.map(({ time }) => time)).toEqual(outcome.values.map(() => RECEIVED));
      expect(leftOf(outcome).filter((field) => !(field in UNMAPPED))).toEqual([]);
    },
  );
});

/** Fields of the normalized payload that nothing read. */
function leftOf({ unmapped }: Outcome): string[] {
  const at = '/uplink_message/normalized_payload/';
  return unmapped
    .filter((pointer) => pointer.startsWith(at))
    .map((pointer) => pointer.slice(at.length).replace(/^\d+\//, ''));
}

interface Definition {
  readonly properties?: Record<string, Definition>;
}

describeCorpus('the schema of normalized payloads', 'ttn-normalized-payload.schema.json', (text) => {
  const { definitions } = JSON.parse(text) as { definitions: { measurement: Definition } };
  const leaves = Object.entries(definitions.measurement.properties ?? {}).flatMap(
    ([group, { properties }]) =>
      properties ? Object.keys(properties).map((key) => [group, key] as const) : [],
  );

  it('has 15 fields or more', () => {
    expect(leaves.length).toBeGreaterThanOrEqual(15);
  });

  it.each(leaves)('%s.%s is mapped', async (group, key) => {
    const outcome = await mapMessage(
      profile('things-stack-normalized'),
      TOPIC,
      uplink({ normalized_payload: [{ time: '2026-11-23T02:30:00Z', [group]: { [key]: 7 } }] }),
    );
    expect(outcome.values).toHaveLength(1);
    expect(outcome.values[0]!.time).toBe('2026-11-23T02:30:00.000Z');
    expect(outcome.rejected).toEqual([]);
    expect(leftOf(outcome)).toEqual([]);
  });
});
