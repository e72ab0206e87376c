import fc from 'fast-check';
import { Framer } from './framer.js';

interface Taken {
  readonly first: number;
  readonly body: string;
}

/** A packet with a body of so many bytes. */
function packet(first: number, size: number): Buffer {
  const length: number[] = [];
  for (let rest = size; ; rest >>>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) break;
  }
  return Buffer.concat([Buffer.from([first, ...length]), Buffer.alloc(size, first)]);
}

function framed(limit = 1_000_000, goesOn: (first: number) => boolean = () => true) {
  const taken: Taken[] = [];
  const faults: string[] = [];
  const framer = new Framer(
    (first, bytes, start, body, end) => {
      expect(bytes[start]).toBe(first);
      taken.push({ first, body: bytes.toString('latin1', body, end) });
      return goesOn(first);
    },
    () => limit,
    (reason) => faults.push(reason),
  );
  return { framer, taken, faults };
}

describe('packets', () => {
  it('come whole and in order, however their bytes come', () => {
    const packets = fc.array(
      fc.tuple(
        fc.integer({ min: 0, max: 255 }),
        fc.oneof(fc.nat(300), fc.constantFrom(0, 127, 128, 16_383, 16_384)),
      ),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(packets, fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1 }), (list, sizes) => {
        const { framer, taken, faults } = framed();
        const stream = Buffer.concat(list.map(([first, size]) => packet(first, size)));
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes[i % sizes.length]!;
          framer.push(stream.subarray(at, at + size));
          at += size;
        }
        expect(faults).toEqual([]);
        expect(taken).toEqual(
          list.map(([first, size]) => ({ first, body: Buffer.alloc(size, first).toString('latin1') })),
        );
      }),
    );
  });

  it('wait after one behind which nothing is wanted', () => {
    const { framer, taken } = framed(100, (first) => first !== 0x10);
    framer.push(Buffer.concat([packet(0x10, 3), packet(0x30, 2), packet(0xc0, 0).subarray(0, 1)]));
    expect(taken.map(({ first }) => first)).toEqual([0x10]);
    framer.resume();
    framer.push(packet(0xc0, 0).subarray(1));
    expect(taken.map(({ first }) => first)).toEqual([0x10, 0x30, 0xc0]);
  });

  it.each([
    ['a remaining length of five bytes', Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 1]), 'four bytes'],
    ['more than the limit', packet(0x30, 101), '101 bytes is too large'],
  ])('that have %s are a fault, as soon as that is known', (_, bytes, reason) => {
    const { framer, taken, faults } = framed(100);
    framer.push(bytes.subarray(0, 5));
    expect(taken).toEqual([]);
    expect(faults).toEqual([expect.stringContaining(reason)]);
  });
});
