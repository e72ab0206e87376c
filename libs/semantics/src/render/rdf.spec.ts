import fc from 'fast-check';
import { NS } from '#model';
import { quadsOf } from '../../../../test/fixtures/rdf-graphs.js';
import { canonicalDouble, escapeIri, escapeLiteral } from './rdf.js';

describe('canonicalDouble', () => {
  it.each([
    [0, '0.0E0'],
    [-0, '0.0E0'],
    [1, '1.0E0'],
    [-40, '-4.0E1'],
    [21.87, '2.187E1'],
    [100, '1.0E2'],
    [1e-7, '1.0E-7'],
    [1.5e300, '1.5E300'],
    [0.1 + 0.2, '3.0E-1'],
    [Number.MAX_SAFE_INTEGER, '9.007199254740991E15'],
    [Infinity, 'INF'],
    [-Infinity, '-INF'],
    [NaN, 'NaN'],
  ])('writes %d as %s', (value, text) => {
    expect(canonicalDouble(value)).toBe(text);
  });

  it('is the canonical form of xsd:double, and reads back to 16 digits', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = canonicalDouble(value);
        expect(text).toMatch(/^-?(0\.0E0|[1-9]\.(0|\d*[1-9])E(0|-?[1-9]\d*))$/);
        expect(Number(text)).toBe(Number(value.toPrecision(16)) + 0);
      }),
    );
  });
});

describe('escapeLiteral', () => {
  it.each(['Turtle', 'N-Quads'] as const)('writes any text so that %s reads it back', (format) => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('"', '\\', '\\u0041', '\r\n', '\u0000\u007f\u0085'),
    );
    fc.assert(
      fc.property(text, (value) => {
        const [quad] = quadsOf(`<${NS.sosa}a> <${NS.sosa}b> "${escapeLiteral(value)}" .`, format);
        expect(quad!.object.value).toBe(value);
      }),
    );
  });
});

describe('escapeIri', () => {
  it('leaves what is an IRI', () => {
    const iri = "http://localhost:3000/api/x?a=b&c=%20d#e~!$'()*,;:@/é🌡";
    expect(escapeIri(iri)).toBe(iri);
  });

  it('makes an IRI of any URL, once', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), (query) => {
        const iri = escapeIri(`http://localhost/?${query}`);
        expect(escapeIri(iri)).toBe(iri);
        const [quad] = quadsOf(`<${iri}> <${NS.sosa}b> <${iri}> .`, 'N-Quads');
        expect(quad!.subject.value).toBe(iri);
      }),
    );
  });
});
