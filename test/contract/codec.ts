import fc from 'fast-check';
import { CodecError, type Codec } from '#model';

/** A codec under test. */
export interface CodecUnderTest {
  readonly codec: Codec;
  /** Bytes that it reads, as a seed of damaged ones. */
  readonly valid: readonly Uint8Array[];
  /** Whether it refuses text that nests 10,000 levels; others read it as it stands. */
  readonly nests: boolean;
}

const MEBIBYTE = 1024 * 1024;
const utf8 = (text: string) => new TextEncoder().encode(text);

function failure(decode: () => unknown): CodecError {
  try {
    decode();
  } catch (error) {
    if (error instanceof CodecError) return error;
    throw error;
  }
  throw new Error('the payload was read');
}

/** What every codec must do with any bytes: see {@link Codec}. */
export function codecContract(name: string, make: () => CodecUnderTest): void {
  describe(`codec: ${name}`, () => {
    const { codec, valid, nests } = make();
    /** Decodes or fails with a CodecError; anything else fails the test. */
    const survives = (bytes: Uint8Array) => {
      try {
        codec.decode(bytes);
      } catch (error) {
        if (!(error instanceof CodecError)) throw error;
      }
    };

    it('is named', () => expect(codec.name).toMatch(/^[a-z][a-z0-9-]*$/));

    it('reads what it must read', () => {
      expect(valid.length).toBeGreaterThan(0);
      for (const bytes of valid) expect(codec.decode(bytes)).toBeDefined();
    });

    it('throws nothing but CodecError, whatever the bytes', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
          survives(bytes);
        }),
        { numRuns: 1000 },
      );
    });

    it('throws nothing but CodecError, however a good payload is damaged', () => {
      const damaged = fc.record({
        bytes: fc.constantFrom(...valid),
        at: fc.nat({ max: 200 }),
        put: fc.uint8Array({ maxLength: 4 }),
        cut: fc.nat({ max: 4 }),
      });
      fc.assert(
        fc.property(damaged, ({ bytes, at, put, cut }) => {
          survives(Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + cut)]));
        }),
        { numRuns: 1000 },
      );
    });

    it('does not change the bytes', () => {
      for (const bytes of valid) {
        const copy = Uint8Array.from(bytes);
        codec.decode(bytes);
        expect(Uint8Array.from(bytes)).toEqual(copy);
      }
    });

    it('refuses an empty payload', () => {
      expect(failure(() => codec.decode(new Uint8Array(0))).code).toBe('payload-empty');
    });

    it('refuses more than a mebibyte, and says how much', () => {
      const error = failure(() => codec.decode(new Uint8Array(MEBIBYTE + 1).fill(0x31)));
      expect(error.code).toBe('payload-too-large');
      expect(error.message).toContain('1048577');
    });

    it.each([
      ['a stray continuation byte', [0x22, 0x80, 0x22]],
      ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
      ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
      ['a cut sequence', [0x22, 0xe2, 0x82]],
      ['UTF-16', [0xff, 0xfe, 0x31, 0x00]],
    ])('refuses what is not UTF-8: %s', (_what, bytes) => {
      expect(failure(() => codec.decode(Uint8Array.from(bytes))).code).toBe('payload-not-utf8');
    });

    it('reads past a byte order mark', () => {
      const mark = [0xef, 0xbb, 0xbf];
      for (const bytes of valid)
        expect(codec.decode(Uint8Array.from([...mark, ...bytes]))).toEqual(codec.decode(bytes));
    });

    it(nests ? 'refuses 10,000 levels' : 'is not impressed by 10,000 levels', () => {
      for (const text of [
        '['.repeat(10_000),
        '{"a":'.repeat(10_000),
        `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
      ]) {
        if (nests) expect(failure(() => codec.decode(utf8(text))).code).toBe('payload-too-deep');
        else survives(utf8(text));
      }
    });

    // A quadratic decoder needs minutes for these, a linear one milliseconds: the bound is far from both.
    it.each([
      ['backslashes', `["${'\\'.repeat(MEBIBYTE - 4)}`],
      ['quotes', '"'.repeat(MEBIBYTE)],
      ['escaped quotes', `["${'\\"'.repeat(MEBIBYTE / 2 - 4)}`],
      ['digits and a letter', `${'1'.repeat(MEBIBYTE - 1)}x`],
      ['line ends and a letter', `${'\n'.repeat(MEBIBYTE - 1)}x`],
      ['commas', ','.repeat(MEBIBYTE)],
      ['empty arrays', `[${'[],'.repeat(349_000)}[]]`],
      ['short members', `{${Array.from({ length: 80_000 }, (_, i) => `"k${i}":1`).join(',')}}`],
    ])('takes a mebibyte of %s in its stride', (_what, text) => {
      const start = performance.now();
      survives(utf8(text));
      expect(performance.now() - start).toBeLessThan(3000);
    });

    it('reaches no prototype by any member name', () => {
      const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'];
      for (const member of names) survives(utf8(`{"${member}":{"polluted":true},"a":[{"${member}":1}]}`));
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
      expect(typeof Object.prototype.toString).toBe('function');
      expect(Object.getPrototypeOf(codec.decode(valid[0]!))).toBe(Object.prototype);
    });
  });
}
