import { readFileSync } from 'node:fs';

interface Group {
  readonly name: string;
  readonly rows: readonly string[];
}

const text = readFileSync('docs/performance.md', 'utf8');
// A program of its own, and no part of what is compiled.
const file = new URL('../bench/groups.mjs', import.meta.url).href;
const { GROUPS, OPTIONAL } = (await import(file)) as { GROUPS: readonly Group[]; OPTIONAL: readonly Group[] };

describe('docs/performance.md', () => {
  it.each([...GROUPS, ...OPTIONAL])('has a line for each row of $name', ({ name, rows }) => {
    const section = new RegExp(`<!-- bench ${name} -->[^]*?<!-- end -->`).exec(text)?.[0] ?? '';
    expect(
      rows.filter(
        (row) => !new RegExp(`^\\| ${row.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')} +\\|`, 'm').test(section),
      ),
    ).toEqual([]);
  });
});
