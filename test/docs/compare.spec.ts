import { jsonDifferences, textDifference } from './compare.js';

const SINCE = Date.now();
const now = new Date(SINCE).toISOString();

describe('jsonDifferences', () => {
  const differences = (written: unknown, answer: unknown, part = false) =>
    jsonDifferences(written, answer, { since: SINCE, part }).length;

  it.each([
    ['the same', { a: [1, 'x', null] }, { a: [1, 'x', null] }],
    ['anything', { a: '…' }, { a: { b: 1 } }],
    ['a part of a text', { a: 'aedes_…' }, { a: 'aedes_42' }],
    ['further members', { a: 1, '…': '…' }, { a: 1, b: 2 }],
    ['further items', [1, '…'], [1, 2, 3]],
    ['an arrival time', { t: '2026-11-24T13:51:21.682Z' }, { t: now }],
    ['an arrival time in an IRI', 'http://x/t/2026-11-24T13:51:21.682Z', `http://x/t/${now}`],
  ])('takes %s', (_what, written, answer) => {
    expect(differences(written, answer)).toBe(0);
  });

  it.each([
    ['another value', { a: 1 }, { a: 2 }],
    ['a number for a text', { a: '1' }, { a: 1 }],
    ['a member that is not there', { a: 1, b: 2 }, { a: 1 }],
    ['a member that is not written', { a: 1 }, { a: 1, b: 2 }],
    ['an item more', [1], [1, 2]],
    ['an item less', [1, 2], [1]],
    ['another time of a device', '2025-06-01T00:00:00Z', '2025-06-01T01:00:00Z'],
    ['a pattern', 'a.c', 'abc'],
  ])('tells %s', (_what, written, answer) => {
    expect(differences(written, answer)).toBe(1);
  });

  it('takes a part of the members where the block says so, of items never', () => {
    expect(differences({ a: { b: 1 } }, { a: { b: 1, c: 2 }, d: 3 }, true)).toBe(0);
    expect(differences([1], [1, 2], true)).toBe(1);
  });
});

describe('textDifference', () => {
  it.each([
    ['a\nb', 'a\nb\n'],
    ['a\r\nb', 'a\nb'],
    ['a …c\n…\nz', 'a b c\nd\ne\nz'],
    ['…\nb', 'b'],
    [`at 2026-11-24T13:51:21.682Z`, `at ${now}`],
  ])('takes %j for %j', (written, output) => {
    expect(textDifference(written, output, SINCE)).toBeUndefined();
  });

  it.each([
    ['a', 'b'],
    ['a', 'a\nb'],
    ['a\nb', 'a'],
    ['…\na', 'a\nb'],
  ])('tells %j from %j', (written, output) => {
    expect(textDifference(written, output, SINCE)).toBeDefined();
  });
});
