import { NS } from '#model';
import { UnitTable } from '../units/index.js';
import { OntologyHub } from './ontology-hub.js';

const BASE = 'http://localhost:3000';
const units = UnitTable.load();
let hub: OntologyHub;
beforeEach(() => {
  hub = OntologyHub.load(units);
  hub.setOwn('OilTemperature', {
    label: 'Oil',
    kind: 'Temperature',
    unit: '°C',
    broader: 'SurfaceTemperature',
  });
  hub.setOwn('GearOilTemperature', {
    label: 'Gear',
    kind: 'Temperature',
    unit: '°C',
    broader: 'OilTemperature',
  });
});

describe('property', () => {
  it.each([
    ['AirTemperature', 'AirTemperature', 'core'],
    ['glossa:AirTemperature', 'AirTemperature', 'core'],
    [`${NS.glossa}AirTemperature`, 'AirTemperature', 'core'],
    ['OilTemperature', 'OilTemperature', 'own'],
    [`${BASE}/api/properties/OilTemperature`, 'OilTemperature', 'own'],
    ['https://gateway.example/api/properties/OilTemperature', 'OilTemperature', 'own'],
    ['quantitykind:Acceleration', 'quantitykind:Acceleration', 'kind'],
    [`${NS.quantitykind}Acceleration`, 'quantitykind:Acceleration', 'kind'],
  ])('knows %s', (ref, term, origin) => {
    expect(hub.property(ref)).toMatchObject({ term, origin });
  });

  it.each([
    'airtemperature',
    'Temperature',
    'quantitykind:Nonsense',
    'quantitykind:',
    'unit:DEG_C',
    `${BASE}/api/properties/`,
    `${BASE}/api/properties/%`,
    'constructor',
    '__proto__',
    '',
  ])('does not know %j', (ref) => {
    expect(hub.property(ref)).toBeUndefined();
  });

  it('makes a generic one of each quantity kind that has a unit, in that unit', () => {
    let generic = 0;
    for (const { id } of units.allKinds()) {
      const property = hub.property(`quantitykind:${id}`);
      if (!property) continue;
      generic++;
      expect(property).toMatchObject({
        kind: id,
        type: 'quantity',
        origin: 'kind',
        unit: units.coherentSi(id)!.id,
      });
      expect(property).toMatchObject({ circular: false, broader: [], alignments: [] });
      expect(property.definition).not.toBe('');
    }
    expect(generic).toBeGreaterThan(500);
  });
});

describe('properties', () => {
  it('are core and own ones, by term', () => {
    const terms = hub.properties().map(({ term }) => term);
    expect(terms).toEqual([...terms].sort());
    expect(terms).toEqual(expect.arrayContaining(['AirTemperature', 'OilTemperature', 'GearOilTemperature']));
    hub.removeOwn('OilTemperature');
    expect(hub.properties()).toHaveLength(terms.length - 1);
  });
});

describe('setOwn', () => {
  it('takes definitions in any order, as they are read from where they are kept', () => {
    const fresh = OntologyHub.load(units);
    const below = (broader: string) => ({ label: 'x', kind: 'Temperature', unit: '°C', broader });
    fresh.setOwn('A', below('B'));
    fresh.setOwn('B', below('C'));
    expect(fresh.property('A')).toBeUndefined();
    fresh.setOwn('C', below('AirTemperature'));
    expect(['A', 'B', 'C'].map((term) => fresh.property(term)?.broader)).toEqual([
      ['B'],
      ['C'],
      ['AirTemperature'],
    ]);
    expect([...fresh.narrower('AirTemperature')!].sort()).toEqual(['A', 'AirTemperature', 'B', 'C']);
  });

  it('passes over what does not hold and keeps what held', () => {
    hub.setOwn('OilTemperature', { label: 'Oil', kind: 'Nonsense' });
    expect(hub.property('OilTemperature')?.unit).toBe('DEG_C');
    hub.setOwn('AirTemperature', { label: 'Mine', kind: 'State' });
    expect(hub.property('AirTemperature')?.origin).toBe('core');
  });

  it('forgets what waits when it is removed', () => {
    hub.setOwn('A', { label: 'x', kind: 'State', broader: 'B' });
    hub.removeOwn('A');
    hub.setOwn('B', { label: 'x', kind: 'State' });
    expect(hub.property('A')).toBeUndefined();
  });
});

describe('narrower', () => {
  const of = (ref: string) => [...(hub.narrower(ref) ?? ['none'])];

  it.each([
    ['AirTemperature', ['AirTemperature']],
    ['glossa:ApparentTemperature', ['ApparentTemperature', 'HeatIndex', 'WindChill']],
    ['SurfaceTemperature', ['GearOilTemperature', 'OilTemperature', 'SurfaceTemperature']],
    [`${BASE}/api/properties/OilTemperature`, ['GearOilTemperature', 'OilTemperature']],
    ['ParticulateMatter', ['PM1', 'PM10', 'PM2_5', 'PM4', 'ParticulateMatter']],
    ['Text', ['ErrorText', 'FirmwareVersion']],
    ['Position', ['Position']],
  ])('of %s', (ref, expected) => {
    expect(of(ref).sort()).toEqual(expected);
  });

  it.each(['Temperature', 'quantitykind:Temperature', `${NS.quantitykind}Temperature`])(
    'of %s: core and own properties, and generic ones of the kind and narrower kinds',
    (ref) => {
      const found = of(ref);
      for (const term of [
        'AirTemperature',
        'DewPoint',
        'OilTemperature',
        'quantitykind:Temperature',
        'quantitykind:BoilingPoint',
      ])
        expect(found).toContain(term);
      for (const term of ['RelativeHumidity', 'quantitykind:Pressure', 'Opened'])
        expect(found).not.toContain(term);
    },
  );

  it('of a kind holds exactly the properties whose kind is within it', () => {
    for (const kind of ['Temperature', 'Pressure', 'Length', 'Energy', 'Dimensionless', 'Voltage']) {
      const expected = hub
        .properties()
        .filter((one) => units.kindWithin(one.kind, kind))
        .map(({ term }) => term);
      expect(
        of(kind)
          .filter((term) => !term.startsWith('quantitykind:'))
          .sort(),
      ).toEqual(expected);
    }
  });

  it('of a word that is a property and a kind means both', () => {
    expect(of('Acceleration')).toEqual(
      expect.arrayContaining([
        'Acceleration',
        'VibrationAcceleration',
        'quantitykind:Acceleration',
        'quantitykind:LinearAcceleration',
      ]),
    );
    // the property is of kind Speed, the kind takes the rate of precipitation
    expect(of('Velocity')).toEqual(
      expect.arrayContaining(['Velocity', 'VibrationVelocity', 'PrecipitationRate']),
    );
  });

  it('of State: every state and concept', () => {
    const states = hub.properties().filter(({ kind }) => kind === 'State');
    expect(of('State').sort()).toEqual(states.map(({ term }) => term));
  });

  it.each(['Nonsense', '', 'constructor', 'quantitykind:Nonsense', 'unit:DEG_C'])(
    'of %j: there is no such thing',
    (ref) => {
      expect(hub.narrower(ref)).toBeUndefined();
    },
  );
});

describe('suggest', () => {
  it.each([
    ['AirTemprature', 'AirTemperature'],
    ['glossa:AirTemprature', 'AirTemperature'],
    [`${NS.glossa}AirTemprature`, 'AirTemperature'],
    ['OilTemprature', 'OilTemperature'],
    ['Humidty', 'RelativeHumidity'],
  ])('%s: %s', (ref, term) => {
    expect(hub.suggest(ref)[0]).toBe(term);
  });

  it('has none for what is near to nothing', () => {
    expect(hub.suggest('qwertzuiop')).toEqual([]);
    expect(hub.suggest('')).toEqual([]);
  });
});

describe('iri', () => {
  it.each([
    ['AirTemperature', `${NS.glossa}AirTemperature`],
    ['quantitykind:Acceleration', `${NS.quantitykind}Acceleration`],
    ['OilTemperature', `${BASE}/api/properties/OilTemperature`],
  ])('of %s is %s, and leads back', (term, iri) => {
    expect(hub.iri(hub.property(term)!, BASE)).toBe(iri);
    expect(hub.property(iri)?.term).toBe(term);
  });
});
