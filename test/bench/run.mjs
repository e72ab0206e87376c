/**
 * npm run bench [-- options] [group ...]
 *
 * Measures Glossa beside what it is compared with, in turns, on one machine. Options:
 *   --quick          one short run of the most telling rows, without what needs minutes to prepare
 *   --runs N         runs of each row (3; 1 when quick); medians, least and most are told
 *   --seconds N      seconds of one run (5; 3 when quick)
 *   --row TEXT       only rows whose name holds the text
 *   --rows N         rows of the store that is queried (50000000; 1000000 when quick)
 *   --json FILE      keeps the results, beside those of other groups and rows that are in the file
 *   --write          writes the tables of the results into docs/performance.md; with no group and --json, of the file
 *   --node-red DIR   a folder in which Node-RED is installed, for the group node-red
 *   --minutes N      of the group soak (60)
 *   --rate N         raw messages a second of the group soak (half of the throughput)
 *   --watch URL      a live view of a running gateway (GLOSSA_ADMIN_TOKEN names its token)
 */
import { parseArgs } from 'node:util';
import { writeDocument } from './document.mjs';
import { GROUPS, OPTIONAL, QUICK } from './groups.mjs';
import { machine, Results } from './results.mjs';
import { plainTable } from './text.mjs';
import { watch } from './watch.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    runs: { type: 'string' },
    seconds: { type: 'string' },
    row: { type: 'string', default: '' },
    rows: { type: 'string' },
    json: { type: 'string' },
    write: { type: 'boolean', default: false },
    'node-red': { type: 'string' },
    minutes: { type: 'string', default: '60' },
    rate: { type: 'string' },
    watch: { type: 'string' },
  },
});

if (options.watch !== undefined) await watch(options.watch, process.env.GLOSSA_ADMIN_TOKEN ?? '');
else await main();

async function main() {
  const results = new Results(options.json);
  const onlyWrite = options.write && options.json !== undefined && positionals.length === 0;
  const groups = onlyWrite ? [] : chosen();
  const settings = {
    quick: options.quick,
    runs: Number(options.runs ?? (options.quick ? 1 : 3)),
    seconds: Number(options.seconds ?? (options.quick ? 3 : 5)),
    minutes: Number(options.minutes),
    ...(options.rows !== undefined && { rows: Number(options.rows) }),
    ...(options.rate !== undefined && { rate: Number(options.rate) }),
    nodeRed: options['node-red'],
    only: (label) => label.includes(options.row),
    say: print,
  };
  if (!onlyWrite)
    print(`${machine().text}; ${settings.runs === 1 ? 'one run' : `medians of ${settings.runs} runs`}`);
  if (groups.length > 0) plan(groups, settings);
  const complaints = [];
  for (const group of groups) {
    print(`\n${group.name}`);
    await group.run({
      ...settings,
      report: (row, { complaints: found = [], ...data }) => {
        complaints.push(...found.map((text) => `${group.name}, ${row}: ${text}`));
        results.add(group.name, row, data, settings);
        print(`  ${new Date().toISOString().slice(11, 19)}  ${row}`);
      },
    });
    for (const table of group.tables(results.of(group.name))) {
      const rows = table.rows.filter(Boolean);
      if (rows.length > 0) print(`\n${plainTable({ ...table, rows })}`);
    }
  }
  if (options.write) print(`\nWrote ${await writeDocument(results)}`);
  for (const complaint of complaints) print(`WRONG: ${complaint}`);
  process.exitCode = complaints.length > 0 ? 1 : 0;
}

function chosen() {
  const all = [...GROUPS, ...OPTIONAL];
  const unknown = positionals.filter((name) => !all.some((group) => group.name === name));
  if (unknown.length > 0)
    throw new Error(`no group ${unknown.join(', ')}; there are ${all.map(({ name }) => name).join(', ')}`);
  if (positionals.length === 0) return options.quick ? QUICK : GROUPS;
  return all.filter(({ name }) => positionals.includes(name));
}

function plan(groups, { quick, minutes, nodeRed }) {
  const of = (group) => {
    if (group.name === 'soak') return minutes;
    return group.name === 'node-red' && nodeRed === undefined ? 0 : group.minutes[quick ? 'quick' : 'full'];
  };
  const total = groups.reduce((sum, group) => sum + of(group), 0);
  print(
    `About ${Math.ceil(total)} minutes: ${groups.map((group) => `${group.name} ${of(group)}`).join(', ')}`,
  );
}

function print(text) {
  process.stdout.write(`${text}\n`);
}
