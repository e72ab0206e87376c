import { CodecError } from '#model';
import { json } from './json.codec.js';

const codec = json.create({});
const decode = (text: string) => codec.decode(new TextEncoder().encode(text));

function failure(text: string): CodecError {
  try {
    decode(text);
  } catch (error) {
    if (error instanceof CodecError) return error;
    throw error;
  }
  throw new Error(`${text} was read`);
}

describe('the JSON codec', () => {
  it.each<[string, unknown]>([
    ['21.5', 21.5],
    ['"21,4"', '21,4'],
    ['null', null],
    [' { "a" : [ 1 , 2 ] } ', { a: [1, 2] }],
    ['{"a":"\\ud83c\\udf21"}', { a: '🌡' }],
    ['"\\u0000"', '\u0000'],
  ])('reads %s', (text, value) => expect(decode(text)).toEqual(value));

  it('lets the last of duplicate keys count', () => {
    expect(decode('{"a":1,"b":2,"a":3}')).toEqual({ a: 3, b: 2 });
  });

  it('reads numbers beyond double range as infinite: they are refused as values', () => {
    expect(decode('{"a":1e999,"b":-1e999,"c":1e-999}')).toEqual({ a: Infinity, b: -Infinity, c: 0 });
  });

  it.each([
    '{',
    '{"a":}',
    "{'a':1}",
    'NaN',
    'Infinity',
    '21,4',
    '0x10',
    '01',
    '+1',
    '.5',
    '[1,]',
    '1 2',
    '\ufeff\ufeff1',
    ' ',
  ])('refuses %s', (text) => {
    const error = failure(text);
    expect(error.code).toBe('payload-not-json');
    expect(error.message).toMatch(/^the payload is not JSON: ./);
  });

  it('keeps __proto__ an own member', () => {
    const value = decode('{"__proto__":{"polluted":1}}') as Record<string, unknown>;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(value.polluted).toBeUndefined();
  });

  describe('nesting', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

    it('reads 128 levels and refuses 129', () => {
      expect(() => decode(nested(128))).not.toThrow();
      expect(failure(nested(129)).code).toBe('payload-too-deep');
    });

    it('says where, in bytes', () => {
      expect(failure(`["é",${'['.repeat(200)}`).offset).toBe(6 + 127);
    });

    it('counts neither what is closed nor what stands in strings', () => {
      expect(() => decode(`[${'[[]],'.repeat(500)}1]`)).not.toThrow();
      expect(() =>
        decode(JSON.stringify({ a: '['.repeat(500), b: '\\"['.repeat(500), c: `${'['.repeat(200)}\\` })),
      ).not.toThrow();
    });

    it('is not fooled by an escaped quote', () => {
      expect(failure(`["\\\\",${'['.repeat(200)}`).code).toBe('payload-too-deep');
      expect(failure(`["\\"${'['.repeat(200)}`).code).toBe('payload-not-json');
    });
  });
});
