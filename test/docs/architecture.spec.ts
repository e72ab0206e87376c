import { RUNGS } from '../architecture/law.js';
import { documents, readDocument } from './documents.js';
import { plain } from './markdown.js';

it('shows the libraries with the rungs that the law has', () => {
  const table = readDocument('docs/architecture.md').tables.find(([head]) => head?.[0] === 'Library');
  const rungs = table?.slice(1).map(([library = '', rung]) => {
    const name = /^\[(.*)\]/.exec(plain(library))?.[1] ?? library;
    return [name, Number(rung)] as const;
  });
  expect(Object.fromEntries(rungs ?? [])).toEqual(RUNGS);
});

it('numbers the decision records without a gap, each with its parts', () => {
  const records = documents().filter((file) => file.startsWith('docs/adr/'));
  expect(records.map((file) => Number(file.slice('docs/adr/'.length).split('-')[0]))).toEqual(
    records.map((_, i) => i + 1),
  );
  for (const [i, file] of records.entries()) {
    const { prose, anchors } = readDocument(file);
    expect([file, prose.startsWith(`# ${i + 1}. `)]).toEqual([file, true]);
    expect([file, [...anchors]]).toEqual([
      file,
      expect.arrayContaining(['context', 'decision', 'consequences']),
    ]);
  }
});
