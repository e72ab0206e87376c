import fc from 'fast-check';
import { ERRORS, GlossaError, pointer, pointerSegment, problem, type ErrorCode } from './errors.js';

const codes = Object.keys(ERRORS) as ErrorCode[];

describe('ERRORS', () => {
  it.each(codes)('%s is kebab-case, says what happened and the way out', (code) => {
    const { title, hint } = ERRORS[code];
    expect(code).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
    expect(title).toMatch(/^\S.*[^.\s]$/);
    expect(hint).toMatch(/^\S.*\S$/);
    expect(hint).not.toBe(title);
  });

  // docs of the REST interface promise these
  it.each(
    `schema-invalid property-unknown unit-unknown unit-missing unit-incompatible expression-invalid topic-reserved
     topic-taken example-failed datastream-property-changed device-limit`.split(/\s+/),
  )('has %s', (code) => {
    expect(codes).toContain(code);
  });

  it('gives no two codes the same title', () => {
    const titles = codes.map((code) => ERRORS[code].title);
    expect(new Set(titles).size).toBe(titles.length);
  });
});

describe('problem', () => {
  it('takes the hint of the catalogue unless a better one is known', () => {
    expect(problem('/unit', 'unit-missing', 'no unit')).toEqual({
      pointer: '/unit',
      code: 'unit-missing',
      message: 'no unit',
      hint: ERRORS['unit-missing'].hint,
    });
    expect(problem('/unit', 'unit-missing', 'no unit', 'Add °C.').hint).toBe('Add °C.');
  });
});

describe('GlossaError', () => {
  it('is an error with a code and every problem', () => {
    const errors = [problem('', 'schema-invalid', 'wrong')];
    const error = new GlossaError('schema-invalid', 'the document is wrong', errors);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'GlossaError',
      code: 'schema-invalid',
      message: 'the document is wrong',
      errors,
    });
    expect(new GlossaError('not-found', 'none').errors).toEqual([]);
  });
});

describe('pointer (RFC 6901)', () => {
  it.each([
    [[], ''],
    [['observations', 'temperature', 'unit'], '/observations/temperature/unit'],
    [['rules', 0, 'topic'], '/rules/0/topic'],
    [['a/b', 'm~n', '~1'], '/a~1b/m~0n/~01'],
    [[''], '/'],
  ])('joins %j to %s', (segments, text) => {
    expect(pointer(...segments)).toBe(text);
  });

  it('keeps segments apart', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', '/', '~', '0', '1') })), (segments) => {
        const read = pointer(...segments)
          .split('/')
          .slice(1)
          .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
        expect(read).toEqual(segments);
      }),
    );
    expect(pointerSegment(3)).toBe('3');
  });
});
