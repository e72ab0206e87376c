import { describeCorpus, jsonLines } from './support/corpora.js';
import { closeMapping, compile, environment, mapMessage } from './support/mapping.js';
import { documentOf, LEFT_OUT, MODELS } from './support/smart-data-models.js';

interface Row {
  readonly type: string;
  readonly form: string;
  readonly example: Record<string, unknown> & { readonly id: string };
}

/** Values that are rejected, by model, form and attribute, and why. */
const REJECTED: Record<string, [code: string, reason: string]> = {
  'AirQualityObserved example-normalized.json precipitation': ['value-not-number', 'false for a depth'],
};

/** Models that observe nothing that is measured now. */
const NO_OBSERVATION: Record<string, string> = {
  AeroAllergenObserved: 'risks as words',
  AirQualityForecast: 'a forecast',
  Camera: 'pictures',
  CarbonFootprint: 'an estimate',
  DeviceMeasurement: 'a number whose unit is a code of a vendor',
  DeviceModel: 'describes devices',
  DeviceOperation: 'describes work on devices',
  ElectroMagneticObserved: 'no documented unit',
  EnvironmentObserved: 'refers to others',
  Modbus: 'registers',
  NoisePollution: 'estimates',
  NoisePollutionForecast: 'a forecast',
  PrivacyObject: 'describes processing of data',
  RainFallRadarObserved: 'pictures',
  SenseHat: 'no documented units',
  TrafficEnvironmentImpact: 'estimates',
  TrafficEnvironmentImpactForecast: 'a forecast',
};

afterAll(closeMapping);

it.each(['GP', 'GQ', 'P1'])(
  'the code %s of UN/CEFACT is no spelling of the unit table: documents map it',
  (code) => {
    expect(environment.hub.units.resolve(code)).toMatchObject({ code: 'unit-unknown' });
  },
);

describeCorpus('examples of Smart Data Models', 'smart-data-models-examples.jsonl', (text) => {
  const rows = jsonLines<Row>(text);
  const observed = rows.filter(({ type }) => type in MODELS);

  it('are of models that are mapped, or observe nothing', () => {
    const types = new Set(rows.map(({ type }) => type));
    expect([...types].filter((type) => !(type in MODELS) && !(type in NO_OBSERVATION))).toEqual([]);
    expect(Object.keys({ ...MODELS, ...NO_OBSERVATION }).filter((type) => !types.has(type))).toEqual([]);
  });

  it.each(observed.map((row) => [row.type, row.form, row.example] as const))(
    '%s, %s: every number is mapped in its unit, or has no property',
    async (type, form, example) => {
      const outcome = await mapMessage(compile(documentOf(type)), `ngsi/${type}`, example);
      const rejected = outcome.rejected.map(({ name = '', code }) => [`${type} ${form} ${name}`, code]);
      expect(rejected.filter(([key, code]) => REJECTED[key!]?.[0] !== code)).toEqual([]);
      const values = new Map(outcome.values.map(({ name, value }) => [name, value]));
      const attributes = (example.properties ?? example) as Record<string, unknown>;
      for (const [key, raw] of Object.entries(attributes)) {
        const [name, attribute] = attributeOf(type, key);
        const number = numberOf(raw, attribute?.member);
        if (number === undefined) continue;
        if (!attribute) expectLeftOut(type, name);
        else
          expect([name, values.get(name)]).toEqual([
            name,
            expect.closeTo(number * (attribute.factor ?? 1), 9),
          ]);
      }
      for (const { device } of outcome.values) expect(device).toBe(example.id);
    },
  );

  it('map 157 numbers of 50 examples', async () => {
    let numbers = 0;
    for (const { type, example } of observed) {
      const { values } = await mapMessage(compile(documentOf(type)), `ngsi/${type}`, example);
      numbers += values.filter(({ value }) => typeof value === 'number').length;
    }
    expect([observed.length, numbers]).toEqual([50, 157]);
  });

  it('tell the time: an interval begins, and a time without a zone is flagged', async () => {
    const { example } = rows.find(
      ({ type, form }) => type === 'AirQualityObserved' && form.startsWith('example-geo'),
    )!;
    const { values } = await mapMessage(compile(documentOf('AirQualityObserved')), 'ngsi/a', example);
    expect(values.map(({ time }) => time)).toEqual(values.map(() => '2016-03-15T11:00:00.000Z'));
    expect(values.every(({ flags }) => flags !== 0)).toBe(true);
  });
});

/** The attribute that a key means, by its name of now or then. */
function attributeOf(type: string, key: string) {
  const [entry] = Object.entries(MODELS[type]!).filter(
    ([name, { earlier }]) => key === name || key === earlier,
  );
  return entry ?? ([key, undefined] as const);
}

/** The number of an attribute in any form. */
function numberOf(raw: unknown, member: string | undefined): number | undefined {
  const value = typeof raw === 'object' && raw !== null && 'value' in raw ? raw.value : raw;
  const inner = member === undefined ? value : (value as Record<string, unknown> | undefined)?.[member];
  return typeof inner === 'number' ? inner : undefined;
}

function expectLeftOut(type: string, name: string): void {
  const known = LEFT_OUT.some(([model, attribute]) => model.test(type) && attribute.test(name));
  expect([type, name, known]).toEqual([type, name, true]);
}
