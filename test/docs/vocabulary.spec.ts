import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OntologyHub, UnitTable } from '../../libs/semantics/src/index.js';
import { readDocument } from './documents.js';
import { plain } from './markdown.js';
import { ROOT } from './session.js';

const { tables } = readDocument('docs/vocabulary.md');
const hub = OntologyHub.load(UnitTable.load());

it('lists every observable property with its kind, unit and what it is', () => {
  const rows = tables
    .filter(([head]) => head?.[0] === 'Term' && head[1] === 'Kind')
    .flatMap((table) => table.slice(1));
  const listed = rows.map(([term = '', kind, unit, text]) => [plain(term), kind, unit, plain(text ?? '')]);
  const expected = hub.properties().map(({ term, kind, unit, definition, broader, states }) => {
    const parts = [
      definition,
      ...(broader.length > 0 ? [`Narrower than ${broader.join(', ')}.`] : []),
      ...(states ? [`One of ${states.map((state) => state.term).join(', ')}.`] : []),
    ];
    return [term, kind, unit ?? '', parts.join(' ')];
  });
  expect(listed.sort(byTerm)).toEqual(expected.sort(byTerm));
});

it('lists every flag', () => {
  const { flags } = JSON.parse(readFileSync(join(ROOT, 'ontologies/core/flags.json'), 'utf8')) as {
    flags: { term: string; definition: string }[];
  };
  const table = tables.find(([head]) => head?.[0] === 'Flag');
  expect(table?.slice(1).map((cells) => cells.map(plain))).toEqual(
    flags.map(({ term, definition }) => [term, definition]),
  );
});

function byTerm(
  [a = '']: readonly (string | undefined)[],
  [b = '']: readonly (string | undefined)[],
): number {
  return a < b ? -1 : 1;
}
