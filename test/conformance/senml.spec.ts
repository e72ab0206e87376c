import { describeCorpus, readCorpus } from './support/corpora.js';
import { closeMapping, compile, mapMessage } from './support/mapping.js';

/** Below it a time is relative to now (RFC 8428, 4.5.3). */
const RELATIVE = 2 ** 28;

/**
 * SenML (RFC 8428) without a codec: base names, times and units hold until they are said again, so each record takes
 * the last of those up to it. What a record measures its unit alone tells.
 */
const schema = compile({
  id: 'senml',
  topic: 'senml/{gateway}',
  each: `$map($, function($r, $i, $all) { (
    $last := function($base) { $lookup($all[[0..$i]], $base)[-1] };
    $t := $sum([$last("bt"), $r.t]);
    {
      "name": $last("bn") & $r.n,
      "unit": $exists($r.u) ? $r.u : $last("bu"),
      "time": $t >= ${RELATIVE} ? $t : null,
      "value": $r.v,
      "state": $r.vb
    }
  ) })`,
  device: '{= name}',
  time: { value: 'time', format: 'unix-s' },
  observations: {
    temperature: { value: 'value', when: 'unit = "Cel"', property: 'AirTemperature', unit: 'Cel' },
    humidity: { value: 'value', when: 'unit = "%RH"', property: 'RelativeHumidity', unit: '%RH' },
    voltage: { value: 'value', when: 'unit = "V"', property: 'Voltage', unit: 'V' },
    current: { value: 'value', when: 'unit = "A"', property: 'ElectricCurrent', unit: 'A' },
    battery: { value: 'value', when: 'unit = "%EL"', property: 'BatteryLevel', unit: '%EL' },
    ratio: { value: 'value', when: 'unit = "/"', property: 'quantitykind:DimensionlessRatio', unit: '/' },
    open: { value: 'state', when: '$contains(name, "open")', property: 'Opened' },
  },
});

const DATASTREAMS: Record<string, string> = {
  Cel: 'temperature',
  '%RH': 'humidity',
  V: 'voltage',
  A: 'current',
  '%EL': 'battery',
  '/': 'ratio',
};

/** Records that a mapping cannot take, by what they hold, and why. */
const LEFT_OUT: Record<string, string> = {
  lon: 'a position in two records needs a codec that puts them together',
  lat: 'a position in two records needs a codec that puts them together',
  vs: 'text without a unit: no property tells what it says',
  vd: 'bytes',
};

interface SenmlRecord {
  readonly n: string;
  readonly u?: string;
  readonly t: number;
  readonly v?: number;
  readonly vb?: boolean;
}

afterAll(closeMapping);

describe.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])('example %i of RFC 8428', (n) => {
  describeCorpus('and its resolution', `senml/ex${n}.json`, (text) => {
    const resolved = JSON.parse(readCorpus(`senml/ex${n}.gen.resolved.json`) ?? '[]') as SenmlRecord[];
    const absolute = /"(bt|t)":\s*1\d{9}|"bt":\s*1\.\d+e\+09/.test(text);

    it('come to the same records', async () => {
      const { values, rejected } = await mapMessage(schema, 'senml/gw', text);
      expect(rejected).toEqual([]);
      const expected = resolved.flatMap((record) => {
        const name = record.vb !== undefined ? 'open' : DATASTREAMS[record.u ?? ''];
        if (name === undefined) {
          expect(Object.keys(LEFT_OUT)).toContain(
            record.u ?? Object.keys(record).find((key) => key in LEFT_OUT),
          );
          return [];
        }
        // A canonical humidity is in percent, as %RH is.
        const time = absolute ? new Date(Math.round(record.t * 1000)).toISOString() : undefined;
        return [[record.n, name, record.vb ?? record.v, time]];
      });
      expect(values.map(({ device, name, value, time }) => [device, name, value, time])).toEqual(expected);
    });
  });
});
