import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMarkdown, type Markdown } from './markdown.js';
import { ROOT } from './session.js';

/** Every Markdown file of the repository's root and of docs/, by its path. */
export function documents(): string[] {
  const below = (folder: string): string[] =>
    readdirSync(join(ROOT, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() || entry.name.endsWith('.md'))
      .flatMap((entry) => {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
        return entry.isDirectory() ? below(path) : [path];
      });
  const top = readdirSync(ROOT).filter((name) => name.endsWith('.md'));
  return [...top, ...(existsSync(join(ROOT, 'docs')) ? below('docs') : [])].sort();
}

export function readDocument(path: string): Markdown {
  return readMarkdown(readFileSync(join(ROOT, path), 'utf8'));
}
