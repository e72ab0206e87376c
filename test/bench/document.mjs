import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GROUPS, OPTIONAL } from './groups.mjs';
import { root } from './processes.mjs';
import { markdownTable } from './text.mjs';

const FILE = 'docs/performance.md';

/**
 * Puts the tables of the results between the marks of their groups. A row that was not measured says so; a group
 * without results keeps the tables that are there.
 * @returns the file's name
 */
export async function writeDocument(results) {
  const file = join(root, FILE);
  let text = readFileSync(file, 'utf8');
  for (const group of [...GROUPS, ...OPTIONAL]) {
    const found = results.of(group.name);
    const mark = new RegExp(`(<!-- bench ${group.name} -->\n)[^]*?(<!-- end -->)`);
    if (!mark.test(text))
      throw new Error(`${FILE} has no place <!-- bench ${group.name} --> ... <!-- end -->`);
    text = text.replace(mark, (kept, open, close) => {
      const nothing = Object.keys(found).length === 0;
      return nothing && kept.includes('|') ? kept : `${open}\n${section(group, found)}\n\n${close}`;
    });
  }
  const { format, resolveConfig } = await import('prettier');
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), filepath: file }));
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
  if (measured.length === 0) return tables.join('\n\n');
  const say = (name) => [...new Set(measured.map((one) => one[name]))].join(' and ');
  return [
    ...tables,
    `Measured ${say('date')}; ${say('machine')}; runs a row: ${say('runs')}, seconds a run: ${say('seconds')}.`,
  ].join('\n\n');
}
