import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

interface Group {
  readonly name: string;
  readonly rows: readonly string[];
}

const text = readFileSync('docs/performance.md', 'utf8');
// A program of its own, which is asked in a process of its own.
const program = `
  const { GROUPS, OPTIONAL } = await import('./test/bench/groups.mjs');
  process.stdout.write(JSON.stringify([...GROUPS, ...OPTIONAL].map(({ name, rows }) => ({ name, rows }))));
`;
const groups = JSON.parse(
  execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }),
) as Group[];

describe('docs/performance.md', () => {
  it.each(groups)('has a line for each row of $name', ({ name, rows }) => {
    const section = new RegExp(`<!-- bench ${name} -->[^]*?<!-- end -->`).exec(text)?.[0] ?? '';
    const lines = section.split('\n');
    expect(rows.filter((row) => !lines.some((line) => line.startsWith(`| ${row} `)))).toEqual([]);
  });
});
