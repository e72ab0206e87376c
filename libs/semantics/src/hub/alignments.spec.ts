import { existsSync, readFileSync } from 'node:fs';
import { NS, type Alignment } from '#model';
import { readCoreProperties } from './core-data.js';

const properties = readCoreProperties();
const all = properties.flatMap(({ term, alignments }) =>
  alignments.map((alignment) => ({ term, ...alignment })),
);
const of = (scheme: string) => all.filter((one) => one.scheme === scheme);

/** The form of a target, by scheme; there is no other scheme. */
const TARGETS: Readonly<Record<string, RegExp>> = {
  saref: new RegExp(`^${NS.saref}[A-Z][A-Za-z]+$`),
  brick: new RegExp(`^${NS.brick}[A-Z][A-Za-z0-9._]+$`),
  cf: /^[a-z][a-z0-9_]+$/,
  'home-assistant': /^(sensor|binary_sensor)\.[a-z][a-z0-9_]*$/,
  lwm2m: /^([3-6]|33\d\d)(\/\d{1,4})?$/,
  tts: /^(air|soil|wind)\.[A-Za-z0-9]+$/,
  'smart-data-models': /^[A-Z][A-Za-z]+\.[a-z][A-Za-z0-9]*$/,
};

function problemOf({ match, scheme, target }: Alignment): string | undefined {
  if (!(['exact', 'close'] as string[]).includes(match)) return `no match ${match}`;
  const form = Object.hasOwn(TARGETS, scheme) ? TARGETS[scheme] : undefined;
  if (!form) return `no scheme ${scheme}`;
  return form.test(target) ? undefined : `no target ${target}`;
}

describe('alignments', () => {
  it('are of the known schemes, in the form of each', () => {
    expect(
      all.flatMap((one) => (problemOf(one) === undefined ? [] : [`${one.term}: ${problemOf(one)}`])),
    ).toEqual([]);
  });

  it.each(Object.keys(TARGETS))('to %s are there', (scheme) => {
    expect(of(scheme).length).toBeGreaterThan(4);
  });

  it.each([
    [{ match: 'exact', scheme: 'schema.org', target: 'temperature' }, /no scheme/],
    [{ match: 'exact', scheme: 'constructor', target: 'x' }, /no scheme/],
    [{ match: 'same', scheme: 'cf', target: 'air_temperature' }, /no match/],
    [{ match: 'exact', scheme: 'cf', target: 'Air Temperature' }, /no target/],
    [{ match: 'exact', scheme: 'saref', target: 'Temperature' }, /no target/],
    [{ match: 'exact', scheme: 'lwm2m', target: '33030' }, /no target/],
  ] as [Alignment, RegExp][])('such as %j would be found', (alignment, why) => {
    expect(problemOf(alignment)).toMatch(why);
  });

  it('stand once in a property, and no two properties are exactly the same', () => {
    const stated = all.map(({ term, scheme, target }) => `${term} ${scheme} ${target}`);
    expect(new Set(stated).size).toBe(stated.length);
    const exact = all
      .filter(({ match }) => match === 'exact')
      .map(({ scheme, target }) => `${scheme} ${target}`);
    expect(exact.filter((one, i) => exact.indexOf(one) !== i)).toEqual([]);
  });

  // OMA's registry: object ids of the Internet of Things' most usual sensors.
  it.each([
    ['AirTemperature', '3303'],
    ['RelativeHumidity', '3304'],
    ['Illuminance', '3301'],
    ['AtmosphericPressure', '3315'],
    ['Voltage', '3316'],
    ['ElectricCurrent', '3317'],
    ['BatteryLevel', '3/9'],
  ])('%s is LwM2M %s', (term, target) => {
    expect(of('lwm2m').find((one) => one.term === term)?.target).toBe(target);
  });
});

const corpora = new URL('../../../../../shared/corpora/', import.meta.url);
const read = (name: string) => {
  const file = new URL(name, corpora);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
};
const schema = read('ttn-normalized-payload.schema.json');
const models = read('smart-data-models-examples.jsonl');
const whenPresent = (text: string | undefined) => (text === undefined ? describe.skip : describe);

whenPresent(schema)(
  `The Things Stack's normalized payload${schema === undefined ? ' (absent: skipped)' : ''}`,
  () => {
    interface Node {
      properties?: Record<string, Node>;
    }
    const measurement = () =>
      (JSON.parse(schema!) as { definitions: { measurement: Node } }).definitions.measurement;

    it('has every key that is aligned to', () => {
      for (const { target } of of('tts')) {
        const node = target
          .split('.')
          .reduce<Node | undefined>((at, key) => at?.properties?.[key], measurement());
        expect([target, typeof node]).toEqual([target, 'object']);
      }
    });
  },
);

whenPresent(models)(`Smart Data Models${models === undefined ? ' (absent: skipped)' : ''}`, () => {
  it('have every attribute that is aligned to', () => {
    const attributes = new Set(
      models!
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { type: string; example: { properties?: object } | null })
        .flatMap(({ type, example }) =>
          Object.keys(example?.properties ?? example ?? {}).map((attribute) => `${type}.${attribute}`),
        ),
    );
    expect(
      of('smart-data-models')
        .map(({ target }) => target)
        .filter((target) => !attributes.has(target)),
    ).toEqual([]);
  });
});
