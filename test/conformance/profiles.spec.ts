import { readFileSync } from 'node:fs';
import { bindSchema, comparePatterns, runExamples, type CompiledSchema } from '#mapping';
import { closeMapping, compile, profile, profileDocument, profileNames } from './support/mapping.js';

const names = profileNames();

afterAll(closeMapping);

describe.each(names)('the profile %s', (name) => {
  it('compiles, and is named like its file', () => {
    expect(profile(name).id).toBe(name);
  });

  it('tells people what it is', () => {
    const { title, description = '' } = profileDocument(name);
    expect(title).toMatch(/^\S.{5,79}$/);
    expect(description).toMatch(/^[A-Z].{30,}\.$/);
  });

  it('has examples, and they hold', async () => {
    expect(profileDocument(name).examples?.length).toBeGreaterThan(0);
    expect(await runExamples(profile(name))).toEqual([]);
  });
});

describe('the profiles together', () => {
  const schemas = names.map(profile);

  it('stand in the list of their folder, with title and topic', () => {
    const readme = readFileSync(new URL('../../ontologies/profiles/README.md', import.meta.url), 'utf8');
    const rows = [...readme.matchAll(/^\| \[([\w-]+)\]\(\1\.json\) +\| (.*?) +\| `(.*?)`/gm)];
    expect(rows.map(([, ...cells]) => cells)).toEqual(
      schemas.map(({ id, document: { title, topic } }) => [id, title, [topic].flat()[0]]),
    );
  });

  it('can all be registered: of two with one pattern, at least one says by match which messages it means', () => {
    const open = schemas.filter(({ hasMatch }) => !hasMatch);
    const holders = new Map<string, string>();
    for (const { id, patterns } of open)
      for (const { key } of patterns) {
        expect([key, holders.get(key)]).toEqual([key, undefined]);
        holders.set(key, id);
      }
  });

  it('take each their own examples, whichever was registered first', async () => {
    for (const { id, document } of schemas)
      for (const { topic, payload, payloadBase64, expect: expected } of document.examples ?? []) {
        if (expected.length === 0) continue;
        const bytes =
          payloadBase64 !== undefined
            ? Buffer.from(payloadBase64, 'base64')
            : Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
        expect([id, topic, await takers(schemas, topic, bytes)]).toEqual([id, topic, [id]]);
      }
  });
});

describe.each([
  ['Zigbee2MQTT', /^zigbee2mqtt-/],
  ['Tasmota', /^tasmota-/],
  ['Shelly Gen1', /^shelly-gen1-/],
  ['Shelly Gen2', /^shelly-gen2-/],
  ['ChirpStack', /^chirpstack-/],
  ['rtl_433', /^rtl433-/],
])('the profiles of %s', (_, family) => {
  it('agree on what a datastream of a name observes: a device may be told by several', () => {
    const observed = new Map<string, string>();
    for (const name of names.filter((one) => family.test(one)))
      for (const [datastream, { term }] of profile(name).properties) {
        expect([name, datastream, observed.get(datastream) ?? term]).toEqual([name, datastream, term]);
        observed.set(datastream, term);
      }
  });
});

describe('the two profiles of Zigbee2MQTT', () => {
  const both = [profile('zigbee2mqtt-climate'), profile('zigbee2mqtt-devices')];
  const others = [...String(profileDocument('zigbee2mqtt-devices').match).matchAll(/exists\((\w+)\)/g)];

  it.each(others.map(([, key]) => key!))('share no message: one with %s is of a device', async (key) => {
    const payload = Buffer.from(JSON.stringify({ temperature: 20, humidity: 50, battery: 90, [key]: 1 }));
    expect(await takers(both, 'zigbee2mqtt/a', payload)).toEqual(['zigbee2mqtt-devices']);
  });

  it('leave what measures nothing but climate to the one', async () => {
    const payload = Buffer.from(JSON.stringify({ temperature: 20, battery: 90, linkquality: 80 }));
    expect(await takers(both, 'zigbee2mqtt/a', payload)).toEqual(['zigbee2mqtt-climate']);
  });
});

/** The schemas among which only their age would decide. */
async function takers(schemas: readonly CompiledSchema[], topic: string, bytes: Uint8Array) {
  const fitting = [];
  for (const schema of schemas) {
    const [pattern] = schema.patterns.filter((one) => one.match(topic)).sort(comparePatterns);
    if (!pattern) continue;
    const bound = bindSchema(schema, pattern, topic);
    if ((await bound.matches(bound.decode(bytes), { client: 'c' })) === true)
      fitting.push({ schema, pattern });
  }
  fitting.sort(
    (a, b) => comparePatterns(a.pattern, b.pattern) || Number(b.schema.hasMatch) - Number(a.schema.hasMatch),
  );
  const [first] = fitting;
  return fitting
    .filter(
      ({ schema, pattern }) =>
        comparePatterns(pattern, first!.pattern) === 0 && schema.hasMatch === first!.schema.hasMatch,
    )
    .map(({ schema }) => schema.id);
}

describe('a profile that is not right', () => {
  it('does not compile', () => {
    expect(() =>
      compile({ id: 'x', topic: 'a/{device}', observations: { t: { property: 'Nope' } } }),
    ).toThrow(/property-unknown/);
  });
});
