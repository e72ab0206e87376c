import fc from 'fast-check';
import {
  decodeCursor,
  decodeDatastreamCursor,
  encodeCursor,
  encodeDatastreamCursor,
} from './observation-store.js';

describe('a cursor', () => {
  it('comes back from its text, which needs no escape in a URL', () => {
    const count = fc.nat({ max: 999_999_999_999_999 });
    const time = fc.maxSafeInteger();
    fc.assert(
      fc.property(time, count, count, count, (t, series, nth, batch) => {
        const cursor = { time: t, series, nth, batch };
        const text = encodeCursor(cursor);
        expect(encodeURIComponent(text)).toBe(text);
        expect(decodeCursor(text)).toEqual(cursor);
      }),
    );
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.-4',
    '1.2.3.x',
    ' 1.2.3.4',
    '1.2.3.4\n',
    '1e3.2.3.4',
    '0x1.2.3.4',
    '+1.2.3.4',
    '9007199254740992.1.0.1',
    '-9999999999999999.1.0.1',
    '99999999999999999.1.0.1',
    '1.1000000000000000.0.1',
  ])('is not %j', (text) => {
    expect(decodeCursor(text)).toBeUndefined();
  });
});

describe("a datastream's cursor", () => {
  it('comes back from its text, which needs no escape in a URL', () => {
    const name = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(name, name, (device, datastream) => {
        const text = encodeDatastreamCursor(device, datastream);
        expect(encodeURIComponent(text)).toBe(text);
        expect(decodeDatastreamCursor(text)).toEqual({ device, name: datastream });
      }),
    );
  });

  const packed = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  it.each([
    '',
    'junk',
    '%%%',
    packed('device'),
    packed(['device']),
    packed(['device', 1]),
    packed([null, 'name']),
    packed(['device', 'name', 'more']),
    packed({ device: 'a', name: 'b' }),
  ])('is not %j', (text) => {
    expect(decodeDatastreamCursor(text)).toBeUndefined();
  });

  it('answers for any text', () => {
    fc.assert(fc.property(fc.string(), (text) => void decodeDatastreamCursor(text)));
  });
});
