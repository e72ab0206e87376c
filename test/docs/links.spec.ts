import { existsSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { documents, readDocument } from './documents.js';
import { ROOT } from './session.js';

const files = documents();

it('finds the documents', () => {
  expect(files).toEqual(expect.arrayContaining(['README.md', 'docs/adr/0002-units-from-qudt.md']));
});

describe.each(files)('%s', (file) => {
  const { links, anchors, prose } = readDocument(file);

  it('links to files and headings that are there', () => {
    const broken = links.flatMap(({ target, line }) => {
      if (/^[a-z]+:/.test(target)) return [];
      const [path = '', anchor] = target.split('#');
      const to = path === '' ? file : normalize(join(dirname(file), path));
      const whole = join(ROOT, to);
      if (to.startsWith('..') || !existsSync(whole)) return [`${line}: ${target}: there is no ${to}`];
      if (anchor === undefined) return [];
      const known = path === '' ? anchors : anchorsOf(to);
      return known.has(anchor) ? [] : [`${line}: ${target}: there is no heading #${anchor}`];
    });
    expect(broken).toEqual([]);
  });

  it('names no path of a machine', () => {
    expect(prose).not.toMatch(/(?:^|[\s(`"'])\/(?:home|Users|root|work|tmp)\/\w/);
  });
});

function anchorsOf(path: string): ReadonlySet<string> {
  return statSync(join(ROOT, path)).isDirectory() ? new Set() : readDocument(path).anchors;
}
