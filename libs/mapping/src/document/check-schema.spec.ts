import { CODECS } from '#codecs';
import { OntologyHub, UnitTable } from '#semantics';
import type { MappingEnvironment } from '../environment.js';
import { ExpressionWorker } from '../expressions/index.js';
import { checkSchema } from './check-schema.js';

const environment: MappingEnvironment = {
  hub: OntologyHub.load(UnitTable.load()),
  codecs: CODECS,
  worker: new ExpressionWorker(),
};

const CLIMATE = {
  id: 'climate',
  topic: 'zigbee2mqtt/{device}',
  observations: {
    temperature: { property: 'AirTemperature', unit: '°C' },
    humidity: { property: 'RelativeHumidity', unit: '%' },
  },
};

const check = (document: unknown) =>
  checkSchema(document, environment, { version: 1, createdAt: '2026-01-01T00:00:00Z' });

/** `pointer code` of each problem. */
function problems(document: unknown): string[] {
  const checked = check(document);
  return checked.ok ? [] : checked.errors.map(({ pointer, code }) => `${pointer} ${code}`);
}

const withRule = (rule: object) => ({ ...CLIMATE, observations: { temperature: rule } });
const RULE = CLIMATE.observations.temperature;

describe('checkSchema', () => {
  it('takes the smallest useful document', () => {
    expect(problems(CLIMATE)).toEqual([]);
  });

  it('names every problem at once, each with a hint', () => {
    const checked = check({
      id: 'Bad Id',
      topic: ['semantic/{device}', 'a/{x', 'a/b'],
      match: '(',
      codec: 'jsno',
      time: { value: 't', format: 'unix', timezone: 'Mars/Base' },
      observations: {
        t: { property: 'AirTemprature', unit: '°C' },
        h: { property: 'RelativeHumidity', unit: 'kPa' },
        p: { property: 'AtmosphericPressure' },
        o: { property: 'Opened', unit: 'm' },
        r: { property: 'AirTemperature', unit: '°C', range: [5, 1], colour: 'red' },
      },
    });
    expect(checked.ok).toBe(false);
    if (checked.ok) return;
    expect(checked.errors.map(({ pointer, code }) => `${pointer} ${code}`)).toEqual([
      '/id schema-invalid',
      '/topic/0 topic-reserved',
      '/topic/1 topic-invalid',
      '/match expression-invalid',
      '/codec codec-unknown',
      '/time/format schema-invalid',
      '/time/timezone timezone-unknown',
      '/observations/t/property property-unknown',
      '/observations/h/unit unit-incompatible',
      '/observations/p/unit unit-missing',
      '/observations/o/unit unit-unexpected',
      '/observations/r/colour schema-invalid',
      '/observations/r/range schema-invalid',
      '/device template-invalid',
    ]);
    for (const { hint, message } of checked.errors) {
      expect(hint).not.toBe('');
      expect(message).not.toBe('');
    }
    expect(checked.errors.find(({ pointer }) => pointer.endsWith('t/property'))?.hint).toContain(
      'AirTemperature',
    );
    expect(checked.errors.find(({ pointer }) => pointer === '/codec')?.hint).toContain('json');
  });

  it.each([
    ['no object', [], [' schema-invalid']],
    ['null', null, [' schema-invalid']],
    ['a text', 'x', [' schema-invalid']],
    ['an empty object', {}, ['/id schema-invalid', '/topic schema-invalid', '/observations schema-invalid']],
    ['a misspelt member', { ...CLIMATE, obsevations: {} }, ['/obsevations schema-invalid']],
    ['no rules', { ...CLIMATE, observations: {} }, ['/observations schema-invalid']],
    ['a rule that is no object', { ...CLIMATE, observations: { t: 5 } }, ['/observations/t schema-invalid']],
    ['a pattern twice', { ...CLIMATE, topic: ['a/{device}', 'a/{device}'] }, ['/topic/1 topic-invalid']],
    [
      'a codec with unknown options',
      { ...CLIMATE, codec: { name: 'text', decimals: ',' } },
      ['/codec codec-invalid'],
    ],
    [
      'a template with unbound variables',
      { ...CLIMATE, feature: 'home/{room}' },
      ['/feature template-invalid'],
    ],
    [
      'a range without order',
      withRule({ ...RULE, range: [2, 1] }),
      ['/observations/temperature/range schema-invalid'],
    ],
    [
      'outOfRange without range',
      withRule({ ...RULE, outOfRange: 'flag' }),
      ['/observations/temperature/outOfRange schema-invalid'],
    ],
    [
      'a state that means a number',
      withRule({ property: 'Opened', values: { ON: 1.5 } }),
      ['/observations/temperature/values/ON schema-invalid'],
    ],
    [
      'a unit map to an unknown unit',
      withRule({ ...RULE, unit: { value: 'u', map: { F: 'Farenhight' } } }),
      ['/observations/temperature/unit/map/F unit-unknown'],
    ],
    ['an unusable JSON Schema', { ...CLIMATE, payload: { type: 'objekt' } }, ['/payload schema-invalid']],
    [
      'a JSON Schema from the network',
      { ...CLIMATE, payload: { $ref: 'http://example.org/s.json' } },
      ['/payload schema-invalid'],
    ],
    [
      'a pattern that backtracks',
      { ...CLIMATE, payload: { pattern: '(?=a)b' } },
      ['/payload schema-invalid'],
    ],
    [
      'an empty datastream name',
      { ...CLIMATE, observations: { '': RULE } },
      ['/observations/ datastream-invalid'],
    ],
    [
      'an example beside the patterns',
      { ...CLIMATE, examples: [{ topic: 'other/x', payload: {}, expect: [] }] },
      ['/examples/0/topic example-failed'],
    ],
    [
      'an example without payload',
      { ...CLIMATE, examples: [{ topic: 'zigbee2mqtt/x', expect: [] }] },
      ['/examples/0/payload schema-invalid'],
    ],
    [
      'a status whose pattern lacks the device',
      { ...CLIMATE, status: { topic: 'x/status', online: 'on' } },
      ['/status/topic topic-invalid'],
    ],
  ])('refuses %s', (_name, document, expected) => {
    expect(problems(document)).toEqual(expected);
  });

  it('refuses 10,000 rules in one sentence', () => {
    const observations = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`t${i}`, RULE]));
    expect(problems({ ...CLIMATE, observations })).toEqual(['/observations document-too-large']);
  });

  it('needs no {device} where every rule names its own', () => {
    const rule = { ...RULE, device: '{= id}' };
    expect(problems({ ...CLIMATE, topic: 'all/devices', observations: { t: rule } })).toEqual([]);
  });

  it('takes names that objects inherit', () => {
    const observations = JSON.parse(
      '{"__proto__":{"property":"AirTemperature","unit":"°C"},"constructor":{"property":"AirTemperature","unit":"°C"}}',
    ) as object;
    expect(problems({ ...CLIMATE, observations })).toEqual([]);
  });

  it('leaves the JSON Schema of a stored document to its first message', () => {
    const document = { ...CLIMATE, payload: { type: 'object' } };
    expect(checkSchema(document, environment, { version: 1, createdAt: '', examples: false }).ok).toBe(true);
  });
});
