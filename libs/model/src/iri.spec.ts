import fc from 'fast-check';
import { decodeSegment, encodePath, encodeSegment, isFeaturePath, isName, paths } from './iri.js';

/** Device ids and feature paths that people have. */
const NAMES = [
  'aqara-1',
  '00:11:22:aa:bb:cc',
  'eui@fleet',
  'living room',
  'a/b',
  'a+b#c%d',
  'quote"back\\slash',
  "it's (here)!*~",
  'Küche',
  '台所',
  '🌡️',
  '<x>|{y}^`z`',
  '100%',
  '%2F',
  '...',
  '.hidden',
];

const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).filter(isName);

describe('encodeSegment', () => {
  it.each([
    ['aqara-1', 'aqara-1'],
    ['00:11:22', '00:11:22'],
    ['eui@fleet', 'eui@fleet'],
    ['living room', 'living%20room'],
    ['a/b', 'a%2Fb'],
    ['a+b#c%d', 'a%2Bb%23c%25d'],
    ['Küche', 'K%C3%BCche'],
    ['🌡', '%F0%9F%8C%A1'],
    ['"\\', '%22%5C'],
    ['%3A', '%253A'],
  ])('writes %s as %s', (text, encoded) => {
    expect(encodeSegment(text)).toBe(encoded);
  });

  it.each(NAMES)('comes back: %s', (text) => {
    expect(decodeSegment(encodeSegment(text))).toBe(text);
  });

  it('comes back, and is one segment of an IRI (RFC 3987) and one literal level of a topic', () => {
    fc.assert(
      fc.property(name, (text) => {
        const encoded = encodeSegment(text);
        expect(decodeSegment(encoded)).toBe(text);
        expect(encoded).toMatch(/^(?:[A-Za-z0-9._~!$&'()*,;=:@-]|%[0-9A-F]{2})+$/);
      }),
    );
  });

  it('gives different names different segments', () => {
    fc.assert(
      fc.property(name, name, (a, b) => {
        expect(encodeSegment(a) === encodeSegment(b)).toBe(a === b);
      }),
    );
  });

  it('survives a URL parser, which takes dot segments out', () => {
    fc.assert(
      fc.property(fc.oneof(name, fc.constantFrom(...NAMES)), (text) => {
        const url = new URL(`http://localhost:3000${paths.device(text)}`);
        expect(decodeSegment(url.pathname.split('/').at(-1)!)).toBe(text);
      }),
    );
  });
});

describe('decodeSegment', () => {
  it.each(['%', '%2', '%zz', '%C3', '%ED%A0%80', '%FF'])('has no answer for %s', (segment) => {
    expect(decodeSegment(segment)).toBeUndefined();
  });

  it.each([
    ['%2f', '/'],
    ['a+b', 'a+b'],
    ['%C3%BC', 'ü'],
  ])('reads %s as %s', (segment, text) => {
    expect(decodeSegment(segment)).toBe(text);
  });
});

describe('encodePath', () => {
  it('encodes each segment and keeps the slashes', () => {
    expect(encodePath('home/living room/a#1')).toBe('home/living%20room/a%231');
  });
});

describe('isName', () => {
  it.each([...NAMES, ' ', 'x'.repeat(256), '\u00a0', '\u{10ffff}'])('takes %j', (text) => {
    expect(isName(text)).toBe(true);
  });

  it.each(['', '.', '..', 'x'.repeat(257), 'a\u0000', 'a\nb', '\u007f', '\u0085', '\ud800', 'a\udc00b'])(
    'refuses %j',
    (text) => {
      expect(isName(text)).toBe(false);
    },
  );
});

describe('isFeaturePath', () => {
  it.each(['home', 'home/kitchen', 'a b/c+d/🌡', 'home/...'])('takes %s', (path) => {
    expect(isFeaturePath(path)).toBe(true);
  });

  it.each([
    '',
    '/',
    '/home',
    'home/',
    'home//kitchen',
    'home/./kitchen',
    'home/..',
    'a/\u0007',
    `${'x'.repeat(200)}/`.repeat(6) + 'x',
  ])('refuses %j', (path) => {
    expect(isFeaturePath(path)).toBe(false);
  });
});

describe('paths', () => {
  it('encodes whatever a name holds', () => {
    const device = 'a/b c';
    expect(paths).toMatchObject({ context: '/api/contexts/v1.jsonld' });
    expect([
      paths.device(device),
      paths.feature('home/living room'),
      paths.datastream(device, 'x#y'),
      paths.observation(device, 'x#y', 0, 0),
      paths.observation(device, 'x', 1, 1),
      paths.observation(device, 'x', 0, 2),
      paths.schema('s'),
      paths.schemaVersion('s', 3),
      paths.property('A b'),
      paths.ontology('own'),
    ]).toEqual([
      '/api/devices/a%2Fb%20c',
      '/api/features/home/living%20room',
      '/api/datastreams/a%2Fb%20c/x%23y',
      '/api/observations/a%2Fb%20c/x%23y/1970-01-01T00:00:00.000Z',
      '/api/observations/a%2Fb%20c/x/1970-01-01T00:00:00.000001Z~2',
      '/api/observations/a%2Fb%20c/x/1970-01-01T00:00:00.000Z~3',
      '/api/schemas/s',
      '/api/schemas/s/versions/3',
      '/api/properties/A%20b',
      '/api/ontologies/own',
    ]);
  });
});
