import { describeCorpus, jsonLines } from './support/corpora.js';
import { closeMapping, mapMessage, profile, valuesOf, type Outcome } from './support/mapping.js';

interface Dump {
  readonly file: string;
  readonly dump: { readonly status: Record<string, unknown> };
}

/** What the status of each device says. Energy of a Gen1 meter is in watt-minutes: 2,632 are 0.0438666666667 kWh. */
const EXPECTED: Record<string, Record<string, number | boolean>> = {
  SHAIR: {
    'switch-0': false,
    'power-0': 0,
    'energy-0': 0,
    'device-temperature': 33.89,
    'probe-0': 23.06,
    rssi: -65,
    uptime: 4572455,
    'free-memory': 38656,
  },
  SHGS: { 'gas-concentration': 0, rssi: -62, uptime: 1468391, 'free-memory': 40524 },
  'SHPLG-S': {
    'switch-0': false,
    'power-0': 0,
    'energy-0': 0.0438666666667,
    'device-temperature': 24.14,
    rssi: -76,
    uptime: 2589909,
    'free-memory': 40428,
  },
  SHVIN: {
    'light-0': false,
    'brightness-0': 100,
    'power-0': 0,
    'energy-0': 0.0000166666666667,
    rssi: -41,
    uptime: 895103,
    'free-memory': 40444,
  },
  'SNSW-001P16EU': {
    'switch-0': false,
    'power-0': 0,
    'voltage-0': 232.8,
    'current-0': 0,
    'energy-0': 0.110046,
    'temperature-0': 30.3,
    rssi: -64,
    uptime: 2622735,
    'free-memory': 122072,
  },
};

/** Numbers of a status that are no reading, and why. */
const NO_READING: readonly [pattern: RegExp, reason: string][] = [
  [
    /\/(id|serial|cfg_rev|kvs_rev|schedule_rev|webhook_rev|cfg_changed_cnt|reset_reason|hwID)$/,
    'numbers things',
  ],
  [/\/(unixtime|timestamp|minute_ts|ts)$/, 'the time'],
  [
    /\/(fs_free|fs_size|ram_total|ram_size|mem_free|mem_peak|mem_used)$/,
    'what a device has, or a script uses',
  ],
  [/\/tF$/, 'the temperature again, in °F'],
  [/\/tmp\/tC$/, "the device's own temperature again"],
  [/\/(counters|by_minute)\/\d+$/, 'means of the last minutes: the total has them'],
  [/\/(timer_duration|timer_remaining|timer_started|transition)$/, 'settings of a timer'],
  [/\/total_work_time$/, 'counts the life of a lamp'],
  [/\/(event_cnt|input|skipped|ap_client_count)$/, 'counts of the device itself'],
  [/\/meters\/\d+\/overpower$/, 'the power at which it switched off'],
];

afterAll(closeMapping);

/** The dump as the device publishes it. */
const publish = {
  gen1: (status: object) => mapMessage(profile('shelly-gen1-info'), 'shellies/shelly-1/info', status),
  gen2: (status: object) =>
    mapMessage(profile('shelly-gen2-switch'), 'shelly-1/events/rpc', {
      src: 'shelly-1',
      dst: 'shelly-1/events',
      method: 'NotifyFullStatus',
      params: status,
    }),
};

describe('the relay of a Gen1 device', () => {
  const relay = (channel: string, payload: string) =>
    mapMessage(profile('shelly-gen1-meter'), `shellies/shelly-1/relay/${channel}`, payload);

  it.each([
    ['0', 'on', true],
    ['1', 'off', false],
    ['2', 'overpower', false],
    ['3', 'on', true],
  ])('%s says %s', async (channel, text, on) => {
    const outcome = await relay(channel, text);
    expect(outcome.rejected).toEqual([]);
    expect(valuesOf(outcome)).toEqual({ [`switch-${channel}`]: on });
  });

  it('is not believed what it cannot be', async () => {
    const { values, rejected } = await relay('0', 'toggle');
    expect(values).toEqual([]);
    expect(rejected).toMatchObject([{ name: 'switch-0', code: 'value-unmapped' }]);
  });

  it('has what it is commanded to be on a topic that nothing is read from', async () => {
    expect(await relay('0/command', 'on')).toMatchObject({ values: [], rejected: [] });
  });
});

describeCorpus('status of Shelly devices', 'shelly-dumps.jsonl', (text) => {
  const dumps = jsonLines<Dump>(text).map(({ file, dump }) => {
    const [generation, , model] = file.split('_') as ['gen1' | 'gen2', string, string];
    return [model.replace(/-1$/, ''), generation, dump.status] as const;
  });

  it.each(dumps)('%s, %s: every reading is mapped, and rightly', async (model, generation, status) => {
    const outcome = await publish[generation](status);
    expect(outcome.rejected).toEqual([]);
    // A gateway for Bluetooth has no switch: the profile does not apply.
    expect(valuesOf(outcome)).toEqual(model === 'SNGW-BT01' ? {} : rounded(EXPECTED[model]!));
    const left = numbersLeft(outcome, generation === 'gen2' ? { params: status } : status);
    if (model !== 'SNGW-BT01') expect(left).toEqual([]);
  });

  it('carry the time of the device', async () => {
    for (const [model, generation, status] of dumps) {
      if (model === 'SNGW-BT01') continue;
      const { unixtime } = (generation === 'gen2' ? status.sys : status) as { unixtime: number };
      const { values } = await publish[generation](status);
      for (const { time } of values) expect(time).toBe(new Date(unixtime * 1000).toISOString());
    }
  });

  it.each(dumps.filter(([, generation]) => generation === 'gen2'))(
    '%s, %s: a topic for each component says the same',
    async (_, __, status) => {
      const schema = profile('shelly-gen2-status');
      const whole = valuesOf(await publish.gen2(status));
      const parts: Record<string, unknown> = {};
      for (const [component, payload] of Object.entries(status))
        Object.assign(parts, valuesOf(await mapMessage(schema, `shelly-1/status/${component}`, payload)));
      expect(Object.keys(parts).length).toBeGreaterThan(2);
      for (const [name, value] of Object.entries(whole)) expect([name, parts[name]]).toEqual([name, value]);
    },
  );
});

/** Twelve digits, as conversions round. */
function rounded(values: Record<string, number | boolean>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'number' ? Number(value.toPrecision(12)) : value,
    ]),
  );
}

/** Numbers that nothing reads and no reason excuses. */
function numbersLeft({ unmapped }: Outcome, payload: object): string[] {
  return unmapped.filter((pointer) => {
    const value = pointer
      .split('/')
      .slice(1)
      .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key.replaceAll('~1', '/')], payload);
    return typeof value === 'number' && !NO_READING.some(([pattern]) => pattern.test(pointer));
  });
}
