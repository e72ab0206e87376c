import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GROUPS, OPTIONAL } from './groups.mjs';
import { root } from './processes.mjs';
import { markdownTable } from './text.mjs';

const FILE = 'docs/performance.md';

/**
 * Puts the tables of the results between the marks of their groups. A row that was not measured says so; a group
 * without results keeps what is there.
 * @returns the file's name
 */
export function writeDocument(results) {
  const file = join(root, FILE);
  let text = readFileSync(file, 'utf8');
  for (const group of [...GROUPS, ...OPTIONAL]) {
    const found = results.of(group.name);
    if (Object.keys(found).length === 0) continue;
    const mark = new RegExp(`(<!-- bench ${group.name} -->\n)[^]*?(<!-- end -->)`);
    if (!mark.test(text))
      throw new Error(`${FILE} has no place <!-- bench ${group.name} --> ... <!-- end -->`);
    text = text.replace(mark, (_, open, close) => `${open}\n${section(group, found)}\n\n${close}`);
  }
  writeFileSync(file, text);
  return FILE;
}

function section(group, found) {
  const tables = group.tables(found).map(({ columns, rows, labels = group.rows }) =>
    markdownTable({
      columns,
      rows: rows.map((row, i) => row ?? [labels[i], ...columns.slice(1).map(() => 'not measured')]),
    }),
  );
  const measured = Object.values(found);
  const say = (name) => [...new Set(measured.map((one) => one[name]))].join(' and ');
  return [
    ...tables,
    `Measured ${say('date')}; ${say('machine')}; runs a row: ${say('runs')}, seconds a run: ${say('seconds')}.`,
  ].join('\n\n');
}
