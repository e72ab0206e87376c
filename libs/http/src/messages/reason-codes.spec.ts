import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ERRORS } from '#model';
import { REASON_CODES, unknownReason } from './reason-codes.js';

const LIBS = join(import.meta.dirname, '../../..');
/** Where messages are taken, decoded, mapped and checked. */
const LINE = [
  'codecs',
  'ingest',
  'broker',
  'mapping/src/expressions',
  'mapping/src/rules',
  'mapping/src/schema',
];
/** The line's sources name them, and they are told of documents alone. */
const OF_DOCUMENTS = ['expression-invalid', 'example-failed'];

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
    .map((file) => readFileSync(join(folder, file), 'utf8'));
}

describe('the codes of dead letters', () => {
  it('are those that the line of a message names', () => {
    const texts = LINE.flatMap((folder) => sources(join(LIBS, folder)));
    const named = Object.keys(ERRORS).filter((code) => texts.some((text) => text.includes(`'${code}'`)));
    expect([...REASON_CODES, ...OF_DOCUMENTS].sort()).toEqual(named.sort());
  });

  it.each(REASON_CODES)('have %s', (code) => {
    expect(unknownReason(code)).toBeUndefined();
  });

  it.each([
    ['value-out-of-rang', /^Did you mean value-out-of-range\b/],
    ['not-number', /\bvalue-not-number\b/],
    ['Payload-Not-JSON', /^Did you mean payload-not-json\b/],
    ['qwertzuiop', /^OpenAPI at \/docs lists them\.$/],
    ['unauthenticated', /^OpenAPI/],
  ])('lack %s, and the hint names what is near', (code, hint) => {
    expect(unknownReason(code)).toEqual({
      message: `no dead letter has the code ${code}`,
      hint: expect.stringMatching(hint),
    });
  });
});
