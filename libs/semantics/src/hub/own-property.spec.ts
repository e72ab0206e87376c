import { ERRORS, type ObservableProperty } from '#model';
import { UnitTable } from '../units/index.js';
import { OntologyHub } from './ontology-hub.js';

const units = UnitTable.load();
let hub: OntologyHub;
beforeEach(() => {
  hub = OntologyHub.load(units);
});

function errorsOf(term: string, body: unknown): string[] {
  const checked = hub.checkOwn(term, body);
  if (checked.ok) return [];
  for (const { code, message, hint } of checked.errors) {
    expect(Object.keys(ERRORS)).toContain(code);
    expect(message).not.toBe('');
    expect(hint).not.toBe('');
  }
  return checked.errors.map(({ pointer, code }) => `${pointer} ${code}`);
}

function propertyOf(term: string, body: unknown): ObservableProperty {
  const checked = hub.checkOwn(term, body);
  if (!checked.ok) throw new Error(JSON.stringify(checked.errors));
  return checked.property;
}

describe('an own property', () => {
  it.each([
    ['°C', 'DEG_C'],
    ['unit:DEG_C', 'DEG_C'],
    ['http://qudt.org/vocab/unit/DEG_F', 'DEG_F'],
    ['Cel', 'DEG_C'],
    [undefined, 'K'],
  ])('takes the unit %s as %s', (unit, expected) => {
    expect(
      propertyOf('OilTemperature', { label: 'Oil', kind: 'Temperature', ...(unit && { unit }) }),
    ).toEqual({
      term: 'OilTemperature',
      origin: 'own',
      label: 'Oil',
      definition: '',
      kind: 'Temperature',
      type: 'quantity',
      unit: expected,
      broader: [],
      circular: false,
      alignments: [],
    });
  });

  it.each([
    [{ kind: 'State' }, 'State', 'state'],
    [{ kind: 'Position' }, 'Position', 'position'],
    [{ kind: 'Text' }, 'Text', 'text'],
    [{ kind: 'State', states: ['Idle'] }, 'State', 'concept'],
    [{ kind: 'quantitykind:Length', unit: 'm' }, 'Length', 'quantity'],
  ])('of %j is of kind %s, a %s', (body, kind, type) => {
    expect(propertyOf('Mine', { label: 'Mine', ...body })).toMatchObject({ kind, type });
  });

  it('names its states, with label and definition or without', () => {
    const states = [
      'Idle',
      { term: 'half open', label: 'Half open' },
      { term: 'Läuft', definition: 'It runs.' },
    ];
    expect(propertyOf('Mode', { label: 'Mode', kind: 'State', states }).states).toEqual([
      { term: 'Idle', label: 'Idle', definition: '' },
      { term: 'half open', label: 'Half open', definition: '' },
      { term: 'Läuft', label: 'Läuft', definition: 'It runs.' },
    ]);
  });

  it('may be a direction', () => {
    const body = { label: 'Heading', kind: 'Angle', unit: '°', circular: true };
    expect(propertyOf('Heading', body)).toMatchObject({ unit: 'DEG', circular: true });
  });

  it('takes back what an answer says of it', () => {
    const body = {
      id: 'OilTemperature',
      iri: 'http://localhost:3000/api/properties/OilTemperature',
      url: 'http://localhost:3000/api/properties/OilTemperature',
      label: 'Oil temperature',
      definition: 'Temperature of oil.',
      kind: 'Temperature',
      type: 'quantity',
      unit: 'unit:DEG_C',
      broader: ['AirTemperature'],
      origin: 'own',
    };
    expect(propertyOf('OilTemperature', body)).toMatchObject({ unit: 'DEG_C', broader: ['AirTemperature'] });
  });

  it.each(['AirTemperature', 'glossa:AirTemperature', 'https://w3id.org/glossa/ns#AirTemperature'])(
    'may stand below %s',
    (broader) => {
      const body = { label: 'Oven', kind: 'Temperature', unit: '°C', broader };
      expect(propertyOf('Oven', body).broader).toEqual(['AirTemperature']);
    },
  );

  it('may stand below a generic kind, and be of a narrower one', () => {
    const body = { label: 'Depth', kind: 'Depth', unit: 'm', broader: 'quantitykind:Length' };
    expect(propertyOf('SnowPack', body).broader).toEqual(['quantitykind:Length']);
  });
});

describe('is refused', () => {
  it.each([null, [], 'text', 7])('when it is %j', (body) => {
    expect(errorsOf('Mine', body)).toEqual([' property-invalid']);
  });

  it.each(['', '7up', 'a b', 'a/b', 'quantitykind:X', 'ä', 'x'.repeat(65), '__proto__'])('as %j', (term) => {
    expect(errorsOf(term, { label: 'x', kind: 'State' })).toEqual([' property-invalid']);
  });

  it.each([
    [{ kind: 'State' }, ['/label property-invalid']],
    [{ label: '  ', kind: 'State' }, ['/label property-invalid']],
    [{ label: 'x' }, ['/kind property-invalid']],
    [{ label: 'x', kind: 7 }, ['/kind property-invalid']],
    [{ label: 'x', kind: 'Temprature' }, ['/kind property-invalid']],
    [{ label: 'x', kind: 'constructor' }, ['/kind property-invalid']],
    [{ label: 'x', kind: 'Temperature', unit: 'furlong per moon' }, ['/unit unit-unknown']],
    [{ label: 'x', kind: 'Temperature', unit: 7 }, ['/unit unit-unknown']],
    [{ label: 'x', kind: 'Temperature', unit: 'hPa' }, ['/unit unit-incompatible']],
    [{ label: 'x', kind: 'State', unit: '°C' }, ['/unit unit-unexpected']],
    [{ label: 'x', kind: 'Temperature', broader: 'Nothing' }, ['/broader property-invalid']],
    [{ label: 'x', kind: 'Temperature', broader: 'WindSpeed' }, ['/broader property-invalid']],
    [{ label: 'x', kind: 'Temperature', broader: 'Opened' }, ['/broader property-invalid']],
    [{ label: 'x', kind: 'State', broader: [7] }, ['/broader property-invalid']],
    [{ label: 'x', kind: 'Temperature', circular: true }, ['/circular property-invalid']],
    [{ label: 'x', kind: 'State', circular: true }, ['/circular property-invalid']],
    [{ label: 'x', kind: 'State', circular: 'yes' }, ['/circular property-invalid']],
    [{ label: 'x', kind: 'State', definition: 7 }, ['/definition property-invalid']],
    [{ label: 'x', kind: 'Text', states: ['a'] }, ['/states property-invalid']],
    [{ label: 'x', kind: 'Temperature', states: ['a'] }, ['/states property-invalid']],
    [{ label: 'x', kind: 'State', states: [] }, ['/states property-invalid']],
    [{ label: 'x', kind: 'State', states: 'a' }, ['/states property-invalid']],
    [
      {
        label: 'x',
        kind: 'State',
        states: ['a', '', 'a', null, { term: 7 }, { term: 'b', label: 7 }, '\ud800'],
      },
      [1, 2, 3, 4, 5, 6].map((i) => `/states/${i} property-invalid`),
    ],
    [{ label: 'x', kind: 'State', color: 'red' }, ['/color property-invalid']],
  ])('when it is %j', (body, errors) => {
    expect(errorsOf('Mine', body)).toEqual(errors);
  });

  it('with every problem at once', () => {
    const body = {
      color: 'red',
      definition: 7,
      kind: 'Temperature',
      unit: 'hPa',
      broader: ['Nothing', 'WindSpeed'],
      circular: 1,
      states: ['a'],
    };
    expect(errorsOf('7up', body).sort()).toEqual(
      [
        ' property-invalid',
        '/broader property-invalid',
        '/broader property-invalid',
        '/circular property-invalid',
        '/color property-invalid',
        '/definition property-invalid',
        '/label property-invalid',
        '/states property-invalid',
        '/unit unit-incompatible',
      ].sort(),
    );
  });

  it('when its term belongs to the core, beside its other problems', () => {
    expect(errorsOf('AirTemperature', { label: 'x', kind: 'State' })).toEqual([' property-reserved']);
    expect(errorsOf('AirTemperature', { kind: 'State' })).toEqual([
      ' property-reserved',
      '/label property-invalid',
    ]);
  });

  it('with a suggestion for a misspelt kind', () => {
    const checked = hub.checkOwn('Mine', { label: 'x', kind: 'Temprature' });
    expect(!checked.ok && checked.errors[0]!.hint).toContain('Temperature');
  });
});

describe('the hierarchy', () => {
  const body = (broader: string[]) => ({ label: 'x', kind: 'Temperature', unit: '°C', broader });

  it('has no cycles, of whatever length', () => {
    expect(errorsOf('A', body(['A']))).toEqual(['/broader property-invalid']);
    hub.setOwn('A', body([]));
    hub.setOwn('B', body(['A']));
    hub.setOwn('C', body(['AirTemperature', 'B']));
    expect(errorsOf('A', body(['A']))).toEqual(['/broader property-invalid']);
    expect(errorsOf('A', body(['B']))).toEqual(['/broader property-invalid']);
    expect(errorsOf('A', body(['SoilTemperature', 'C']))).toEqual(['/broader property-invalid']);
    expect(errorsOf('D', body(['A', 'B', 'C']))).toEqual([]);
  });

  it('keeps narrower properties within the kind of the broader', () => {
    hub.setOwn('A', body([]));
    hub.setOwn('B', body(['A']));
    expect(errorsOf('A', { label: 'x', kind: 'Pressure', unit: 'hPa' })).toEqual(['/kind property-invalid']);
    hub.removeOwn('B');
    expect(errorsOf('A', { label: 'x', kind: 'Pressure', unit: 'hPa' })).toEqual([]);
  });
});
