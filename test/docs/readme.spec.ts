import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SETTINGS } from '../../apps/gateway/src/config.js';
import { documents, readDocument } from './documents.js';
import { plain } from './markdown.js';
import { ROOT } from './session.js';

const { tables, prose } = readDocument('README.md');
const { engines, scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  engines: { node: string };
  scripts: Record<string, string>;
};

it('lists every setting as the code has it', () => {
  const table = tables.find(([head]) => head?.[0] === 'Setting');
  const rows = table?.slice(1).map((cells) => cells.map(plain));
  expect(rows).toEqual(SETTINGS.map(({ name, fallback, about }) => [name, fallback, about]));
});

it('names the version of Node.js that package.json asks for', () => {
  const oldest = engines.node.replace('>=', '');
  expect(prose).toContain(`Node.js ${oldest} or newer`);
  for (const file of documents())
    for (const [, version] of readDocument(file).prose.matchAll(/Node(?:\.js)? (?:>= ?)?(\d+\.\d+)/g))
      expect([file, version]).toEqual([file, oldest]);
});

it('names no npm script that is not there', () => {
  for (const file of documents()) {
    const { blocks, prose: text } = readDocument(file);
    const all = [text, ...blocks.map((block) => block.text)].join('\n');
    for (const [, name = ''] of all.matchAll(/npm run (?:--silent )?([\w:]+)/g))
      expect([file, Object.keys(scripts)]).toEqual([file, expect.arrayContaining([name])]);
  }
});
