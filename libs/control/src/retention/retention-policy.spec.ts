import { OntologyHub, UnitTable } from '#semantics';
import { RetentionPolicy } from './retention-policy.js';

const hub = OntologyHub.load(UnitTable.load());
const OWN = { label: 'own', kind: 'Temperature', unit: '°C', broader: 'AirTemperature' };
hub.setOwn('CellarTemperature', OWN);
const policy = (properties: Record<string, number>, otherwise = Infinity) =>
  new RetentionPolicy({ otherwise, properties: new Map(Object.entries(properties)) }, hub);

describe('a retention', () => {
  it('is that of all where no rule is nearer', () => {
    const keep = policy({ Acceleration: 7 }, 365).lookup();
    expect(['Acceleration', 'AirTemperature', 'Position', 'GoneSince'].map(keep)).toEqual([7, 365, 365, 365]);
  });

  it.each([
    ['the kind for its properties', { 'quantitykind:Temperature': 90 }, [90, 90, 90, Infinity]],
    ['the kind, named as in topics', { Temperature: 90 }, [90, 90, 90, Infinity]],
    ['the broader property for the narrower ones', { AirTemperature: 90 }, [90, 90, Infinity, Infinity]],
    ['the narrowest', { Temperature: 90, AirTemperature: 30, CellarTemperature: 7 }, [30, 7, 90, Infinity]],
    [
      'the narrowest, longer or not',
      { Temperature: 30, CellarTemperature: Infinity },
      [30, Infinity, 30, Infinity],
    ],
  ] as const)('is that of %s', (_, rules, kept) => {
    const keep = policy(rules).lookup();
    const properties = ['AirTemperature', 'CellarTemperature', 'WaterTemperature', 'RelativeHumidity'];
    expect(properties.map(keep)).toEqual(kept);
  });

  it('is the longer of two names for one thing', () => {
    expect(policy({ AirTemperature: 1, 'glossa:AirTemperature': 2 }).lookup()('AirTemperature')).toBe(2);
  });

  it('knows the properties that were defined since', () => {
    const one = policy({ Temperature: 5 });
    const before = one.lookup();
    expect(before('OvenTemperature')).toBe(Infinity);
    hub.setOwn('OvenTemperature', OWN);
    expect(one.lookup()('OvenTemperature')).toBe(5);
    hub.removeOwn('OvenTemperature');
  });

  it('is what a property says of itself, for the narrower ones too', () => {
    hub.setOwn('CellarTemperature', { ...OWN, retention: '2h' });
    hub.setOwn('VaultTemperature', { ...OWN, broader: 'CellarTemperature' });
    const one = policy({ AirTemperature: 5 });
    expect(['AirTemperature', 'CellarTemperature', 'VaultTemperature'].map(one.lookup())).toEqual([
      5, 7200e6, 7200e6,
    ]);
    expect(policy({}).deletes).toBe(true);
    hub.setOwn('CellarTemperature', OWN);
    hub.removeOwn('VaultTemperature');
    expect(policy({}).deletes).toBe(false);
  });

  it('names what is no property', () => {
    expect(policy({ AirTemprature: 1, Pressure: 2 }).unknown()).toEqual([
      { name: 'AirTemprature', like: expect.arrayContaining(['AirTemperature']) },
    ]);
  });

  it('tells whether it deletes, and how soon', () => {
    expect([policy({}).deletes, policy({ Position: Infinity }).deletes]).toEqual([false, false]);
    expect([policy({ Position: 4 }, 9).deletes, policy({ Position: 4 }, 9).shortest]).toEqual([true, 4]);
  });
});
