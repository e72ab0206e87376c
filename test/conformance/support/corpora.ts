import { existsSync, readFileSync } from 'node:fs';

/** Payloads of others, kept beside the checkout: see docs of the suite's title for where each comes from. */
const CORPORA = new URL('../../../../shared/corpora/', import.meta.url);

/** The text of a corpus; undefined where there is none. */
export function readCorpus(file: string): string | undefined {
  const url = new URL(file, CORPORA);
  return existsSync(url) ? readFileSync(url, 'utf8') : undefined;
}

/** The rows of a file with one JSON document a line. */
export function jsonLines<T>(text: string): T[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as T);
}

/** A suite over a corpus. Where the corpus is absent, one skipped test says so. */
export function describeCorpus(title: string, file: string, suite: (text: string) => void): void {
  const text = readCorpus(file);
  if (text !== undefined) describe(title, () => suite(text));
  else
    describe.skip(title, () => {
      it(`skipped: no corpora beside the checkout (../shared/corpora/${file})`, () => undefined);
    });
}
