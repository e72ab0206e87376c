import fc from 'fast-check';
import type { ObservableProperty } from '#model';
import { typedValue, Unfit } from './typed-value.js';

function property(
  type: ObservableProperty['type'],
  more: Partial<ObservableProperty> = {},
): ObservableProperty {
  return {
    term: 'Thing',
    origin: 'core',
    label: 'thing',
    definition: 'A thing.',
    kind: 'Temperature',
    type,
    broader: [],
    circular: false,
    alignments: [],
    ...more,
  };
}

const quantity = property('quantity', { unit: 'DEG_C' });
const concept = property('concept', {
  term: 'Mode',
  states: ['Heating', 'Cooling'].map((term) => ({ term, label: term, definition: term })),
});

function codeOf(raw: unknown, of: ObservableProperty): string | undefined {
  const value = typedValue(raw, of);
  return value instanceof Unfit ? value.code : undefined;
}

describe('a quantity', () => {
  it.each<[unknown, number]>([
    [21.5, 21.5],
    [-0.1, -0.1],
    [5e-324, 5e-324],
    ['21.5', 21.5],
    [' 21.5\n', 21.5],
    ['+21', 21],
    ['-.5', -0.5],
    ['5.', 5],
    ['1e3', 1000],
    ['1.5E-3', 0.0015],
    ['007', 7],
  ])('reads %j as %d', (raw, value) => expect(typedValue(raw, quantity)).toBe(value));

  it.each<[unknown, string]>([
    [NaN, 'value-not-finite'],
    [Infinity, 'value-not-finite'],
    [-Infinity, 'value-not-finite'],
    ['NaN', 'value-not-finite'],
    ['nan', 'value-not-finite'],
    ['-Infinity', 'value-not-finite'],
    ['+inf', 'value-not-finite'],
    ['1e999', 'value-not-finite'],
    ['', 'value-not-number'],
    ['  ', 'value-not-number'],
    ['21,4', 'value-not-number'],
    ['0x10', 'value-not-number'],
    ['0b1', 'value-not-number'],
    ['1_000', 'value-not-number'],
    ['1 000', 'value-not-number'],
    ['21.5 °C', 'value-not-number'],
    ['.', 'value-not-number'],
    ['e5', 'value-not-number'],
    ['٢١', 'value-not-number'],
    ['--5', 'value-not-number'],
    [true, 'value-not-number'],
    [null, 'value-not-number'],
    [[21.5], 'value-not-number'],
    [{ valueOf: 1 }, 'value-not-number'],
  ])('refuses %j: %s', (raw, code) => expect(codeOf(raw, quantity)).toBe(code));

  it('reads back every number printed', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(typedValue(String(value), quantity)).toBe(Object.is(value, -0) ? 0 : value);
      }),
    );
  });

  it.each([
    '1'.repeat(1_000_000) + 'x',
    '1'.repeat(500_000) + '.' + '1'.repeat(500_000) + 'e',
    ' '.repeat(1_000_000) + 'x',
  ])('tells a mebibyte of digits in no time', (text) => {
    const start = performance.now();
    expect(codeOf(text, quantity)).toBe('value-not-number');
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe('a state', () => {
  it.each<[unknown, boolean]>([
    [true, true],
    [1, true],
    ['1', true],
    ['true', true],
    [false, false],
    [0, false],
    [-0, false],
    ['0', false],
    ['false', false],
  ])('reads %j as %s', (raw, value) => expect(typedValue(raw, property('state'))).toBe(value));

  it.each<unknown>(['ON', 'True', 'yes', '', 2, 0.5, NaN, null, [], [true], {}])('refuses %j', (raw) =>
    expect(codeOf(raw, property('state'))).toBe('value-not-boolean'),
  );
});

describe('a concept', () => {
  it('is one of its states, as written', () => {
    expect(typedValue('Heating', concept)).toBe('Heating');
    for (const raw of ['heating', '', 'toString', 'constructor', 0, true, null, ['Heating'], {}])
      expect(codeOf(raw, concept)).toBe('value-unmapped');
  });

  it('names the states that there are', () => {
    expect(typedValue('x', concept)).toMatchObject({ message: '"x" is no state of Mode: Heating, Cooling' });
    expect(codeOf('x', property('concept'))).toBe('value-unmapped');
    const states = Array.from({ length: 10_000 }, (_, i) => ({ term: `S${i}`, label: '', definition: '' }));
    const many = typedValue('x', property('concept', { states }));
    expect(many).toMatchObject({
      message: expect.stringMatching(/^"x" is no state of Thing: S0, .*S19, …$/),
    });
  });
});

describe('a text', () => {
  it('is a string', () => {
    for (const text of ['', ' a ', '21']) expect(typedValue(text, property('text'))).toBe(text);
    for (const raw of [21, true, null, [], {}]) expect(codeOf(raw, property('text'))).toBe('value-not-text');
  });

  it('has at most 65,536 characters', () => {
    const longest = 'x'.repeat(65_536);
    expect(typedValue(longest, property('text'))).toBe(longest);
    expect(typedValue(`${longest}x`, property('text'))).toMatchObject({
      code: 'value-too-large',
      message: 'the text has 65537 characters; at most 65536 are kept',
    });
  });
});

it('is told without reading all of a large one, as each item may say it', () => {
  const digits = '1'.repeat(900_000);
  const [spaces, point] = [`${' '.repeat(900_000)}x`, `POINT(${digits}`];
  const list = new Proxy(Array(100_000).fill(0), {
    get: (target, key) => ((reads += 1), Reflect.get(target, key) as unknown),
  });
  let reads = 0;
  const from = process.cpuUsage();
  for (let i = 0; i < 400; i++) {
    expect(codeOf(digits, quantity)).toBe('value-not-number');
    expect(codeOf(spaces, quantity)).toBe('value-not-number');
    expect(codeOf(point, property('position'))).toBe('value-not-position');
    expect(codeOf({ lat: digits, lon: digits }, property('position'))).toBe('value-not-position');
  }
  expect(process.cpuUsage(from).user).toBeLessThan(1_000_000);
  expect(codeOf([[Array(90).fill(0)], list], quantity)).toBe('value-not-number');
  expect(reads).toBeLessThan(300);
  expect(typedValue(`${'0'.repeat(400)}1${'0'.repeat(300)}.5`, quantity)).toBe(1e300);
});

describe('a position', () => {
  const position = property('position');

  it.each<[unknown, string]>([
    ['POINT(13.4 52.5)', 'POINT(13.4 52.5)'],
    [' point ( -13.40 5.25e1 ) ', 'POINT(-13.4 52.5)'],
    ['POINT Z(13.4 52.5 34)', 'POINT Z(13.4 52.5 34)'],
    [{ type: 'Point', coordinates: [13.4, 52.5] }, 'POINT(13.4 52.5)'],
    [{ type: 'Point', coordinates: [13.4, 52.5, 34, 1] }, 'POINT Z(13.4 52.5 34)'],
    [{ latitude: 52.5, longitude: 13.4 }, 'POINT(13.4 52.5)'],
    [{ lat: '52.5', lon: '13.4', alt: 34 }, 'POINT Z(13.4 52.5 34)'],
    [{ lat: 0, lng: 0, altitude: null }, 'POINT(0 0)'],
    [{ lat: -90, lng: 180 }, 'POINT(180 -90)'],
  ])('reads %j as %s', (raw, value) => expect(typedValue(raw, position)).toBe(value));

  it.each<unknown>([
    'POINT(13.4)',
    'POINT(1.2.3 4)',
    'POINT(13.4 52.5) x',
    'POLYGON((0 0,1 1))',
    '13.4,52.5',
    'POINT(181 0)',
    { lat: 91, lon: 0 },
    { lat: '', lon: 0 },
    { lat: true, lon: 0 },
    { lat: Infinity, lon: 0 },
    { lat: 1 },
    { type: 'Point', coordinates: 'x' },
    { type: 'Point', coordinates: [] },
    { type: 'LineString', coordinates: [1, 2] },
    [13.4, 52.5],
    13.4,
    null,
  ])('refuses %j', (raw) => expect(codeOf(raw, position)).toBe('value-not-position'));

  it('survives a hundred thousand coordinates', () => {
    const coordinates = Array.from({ length: 500_000 }, () => 1);
    expect(typedValue({ type: 'Point', coordinates }, position)).toBe('POINT Z(1 1 1)');
  });
});

it('whatever the value, it is typed or unfit with a short message', () => {
  const types: Record<ObservableProperty['type'], string> = {
    quantity: 'number',
    state: 'boolean',
    concept: 'string',
    position: 'string',
    text: 'string',
  };
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.constantFrom(...(Object.keys(types) as ObservableProperty['type'][])),
      (raw, type) => {
        const value = typedValue(raw, property(type));
        if (value instanceof Unfit) expect(value.message.length).toBeLessThan(300);
        else expect(typeof value).toBe(types[type]);
      },
    ),
    { numRuns: 1000 },
  );
});
