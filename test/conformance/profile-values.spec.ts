import {
  closeMapping,
  environment,
  mapMessage,
  profile,
  profileDocument,
  profileNames,
} from './support/mapping.js';
import { VALUES } from './support/profile-values.js';

afterAll(closeMapping);

it('every profile has its values here', () => {
  expect(Object.keys(VALUES).sort()).toEqual(profileNames());
});

describe.each(Object.keys(VALUES))('the examples of %s', (name) => {
  const examples = profileDocument(name).examples ?? [];

  it('come to these values, and to no others', async () => {
    expect(VALUES[name]).toHaveLength(examples.length);
    for (const [i, { topic, payload }] of examples.entries()) {
      const { values } = await mapMessage(profile(name), topic, payload);
      const expected = VALUES[name]![i]!;
      expect([i, values.map((value) => value.name).sort()]).toEqual([i, Object.keys(expected).sort()]);
      for (const { name: datastream, value } of values) {
        const wanted = expected[datastream]!;
        if (typeof wanted !== 'number') expect([datastream, value]).toEqual([datastream, wanted]);
        else expect([datastream, near(value, wanted)]).toEqual([datastream, true]);
      }
    }
  });

  it('state properties that measure what the profile says', () => {
    for (const { expect: expected } of examples)
      for (const { name: datastream = '', property } of expected) {
        const stated = environment.hub.property(property)?.term;
        expect([datastream, profile(name).properties.get(datastream)?.term]).toEqual([datastream, stated]);
      }
  });
});

const near = (value: unknown, wanted: number) =>
  typeof value === 'number' && Math.abs(value - wanted) <= 1e-9 * Math.abs(wanted);
