import { compactIri, expandCurie, NS, type Prefix } from './namespaces.js';

const prefixes = Object.keys(NS) as Prefix[];

describe('NS', () => {
  it.each(prefixes)('%s is an absolute IRI that ends where a local name begins', (prefix) => {
    expect(NS[prefix]).toMatch(/^https?:\/\/\S+[/#]$/);
  });

  it('begins no namespace with another', () => {
    for (const a of prefixes)
      for (const b of prefixes) if (a !== b) expect(NS[a].startsWith(NS[b])).toBe(false);
  });
});

describe('CURIEs', () => {
  it.each(prefixes)('%s expands and compacts again', (prefix) => {
    expect(expandCurie(`${prefix}:Local-1`)).toBe(`${NS[prefix]}Local-1`);
    expect(compactIri(`${NS[prefix]}Local-1`)).toBe(`${prefix}:Local-1`);
  });

  it.each([
    ['https://example.org/x', 'https://example.org/x'],
    ['urn:dev:mac:0011', 'urn:dev:mac:0011'],
    ['AirTemperature', undefined],
    ['nope:AirTemperature', undefined],
    [':AirTemperature', undefined],
    ['constructor:x', undefined],
    ['', undefined],
  ])('reads %s as %s', (text, iri) => {
    expect(expandCurie(text)).toBe(iri);
  });

  it('leaves other IRIs as they are', () => {
    expect(compactIri('https://example.org/x')).toBe('https://example.org/x');
  });
});
