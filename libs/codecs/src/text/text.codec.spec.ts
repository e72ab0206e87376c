import { text } from './text.codec.js';

const decode = (payload: string, options: Record<string, unknown> = {}) =>
  text.create(options).decode(new TextEncoder().encode(payload));

describe('the text codec', () => {
  it.each([
    ['21.5', '21.5'],
    ['  21.5 \r\n', '21.5'],
    ['21,4', '21,4'],
    ['ON', 'ON'],
    ['{"a":1}', '{"a":1}'],
    ['1e3', '1e3'],
    [' ', ''],
    ['a\u0000b', 'a\u0000b'],
  ])('reads %j as one value', (payload, value) => expect(decode(payload)).toEqual({ value }));

  it.each([
    ['21,4', '21.4'],
    ['-0,5', '-0.5'],
    ['+1,25\n', '+1.25'],
    ['21', '21'],
    ['21.4', '21.4'],
    // Neither is a number with one decimal comma: they stay as they are, and are refused as values.
    ['1.234,5', '1.234,5'],
    ['1,2,3', '1,2,3'],
    [',5', ',5'],
    ['Berlin, Mitte', 'Berlin, Mitte'],
  ])('with a decimal comma reads %j as %j', (payload, value) => {
    expect(decode(payload, { decimal: ',' })).toEqual({ value });
  });

  describe('of separated fields', () => {
    const fields = (separator: string, ...names: string[]) => ({ separator, fields: names });

    it.each<[string, Record<string, unknown>, Record<string, string>]>([
      ['21.5;48', fields(';', 't', 'h'), { t: '21.5', h: '48' }],
      [' 21.5 ; 48 \r\n', fields(';', 't', 'h'), { t: '21.5', h: '48' }],
      ['21.5', fields(';', 't', 'h'), { t: '21.5' }],
      [';48', fields(';', 't', 'h'), { h: '48' }],
      ['1;2;3;4', fields(';', 't', 'h'), { t: '1', h: '2' }],
      ['1::2:3', fields('::', 'a', 'b'), { a: '1', b: '2:3' }],
      ['21,5;4,8', { ...fields(';', 't', 'h'), decimal: ',' }, { t: '21.5', h: '4.8' }],
      ['\t48', fields('\t', 't', 'h'), { h: '48' }],
      ['21.5\t\n', fields('\t', 't', 'h'), { t: '21.5' }],
    ])('reads %j with %j', (payload, options, record) => expect(decode(payload, options)).toEqual(record));

    it('keeps names of prototypes own members', () => {
      const record = decode('1;2', fields(';', 'constructor', 'toString')) as object;
      expect(Object.entries(record)).toEqual([
        ['constructor', '1'],
        ['toString', '2'],
      ]);
      expect(Object.hasOwn(decode(';', fields(';', 'constructor', 'b')) as object, 'constructor')).toBe(
        false,
      );
    });
  });

  it('describes its options: __proto__ is no field', () => {
    const { properties } = text.options as { properties: { fields: { items: { not: unknown } } } };
    expect(properties.fields.items.not).toEqual({ const: '__proto__' });
  });
});
