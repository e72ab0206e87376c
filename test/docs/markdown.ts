/** A fenced block of a Markdown file. */
export interface Block {
  /** First word after the fence. */
  readonly language: string;
  /** The words after it. */
  readonly tags: readonly string[];
  readonly text: string;
  /** Of the fence, from 1. */
  readonly line: number;
}

/** A link of a Markdown file, as written. */
export interface Link {
  readonly target: string;
  readonly line: number;
}

/** What the tests read of a Markdown file. */
export interface Markdown {
  readonly blocks: readonly Block[];
  readonly links: readonly Link[];
  /** As GitHub makes them of headings. */
  readonly anchors: ReadonlySet<string>;
  /** Cells of each table, without the line under the head. */
  readonly tables: readonly (readonly (readonly string[])[])[];
  /** Without fenced blocks. */
  readonly prose: string;
}

const FENCE = /^( *)(`{3,})(.*)$/;
const LINK = /\[(?:[^\]\\]|\\.)*\]\(([^()\s]+)\)/g;

/** Reads a Markdown file. @throws for a fence that nothing closes */
export function readMarkdown(text: string): Markdown {
  const blocks: Block[] = [];
  const prose: string[] = [];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const fence = FENCE.exec(lines[i]!);
    if (!fence) {
      prose.push(lines[i]!);
      continue;
    }
    const [, indent = '', ticks = '', info = ''] = fence;
    const end = lines.findIndex((line, k) => k > i && line.trim() === ticks);
    if (end < 0) throw new Error(`nothing closes the fence of line ${i + 1}`);
    const [language = '', ...tags] = info.trim().split(/\s+/);
    const body = lines.slice(i + 1, end).map((line) => line.slice(indent.length));
    blocks.push({ language, tags, text: body.join('\n'), line: i + 1 });
    prose.push(...lines.slice(i, end + 1).map(() => ''));
    i = end;
  }
  return {
    blocks,
    links: linksOf(prose),
    anchors: anchorsOf(prose),
    tables: tablesOf(prose),
    prose: prose.join('\n'),
  };
}

function linksOf(prose: readonly string[]): Link[] {
  return prose.flatMap((text, i) => {
    const bare = text.replaceAll(/`[^`]*`/g, '');
    return [...bare.matchAll(LINK)].map(([, target = '']) => ({ target, line: i + 1 }));
  });
}

function anchorsOf(prose: readonly string[]): Set<string> {
  const anchors = new Set<string>();
  for (const line of prose) {
    const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const slug = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}\s_-]/gu, '')
      .replaceAll(' ', '-');
    let unique = slug;
    for (let n = 1; anchors.has(unique); n++) unique = `${slug}-${n}`;
    anchors.add(unique);
  }
  return anchors;
}

function tablesOf(prose: readonly string[]): string[][][] {
  const tables: string[][][] = [];
  let table: string[][] | undefined;
  for (const line of prose) {
    if (!line.trimStart().startsWith('|')) {
      table = undefined;
      continue;
    }
    if (!table) tables.push((table = []));
    if (!/^[\s|:-]+$/.test(line)) table.push(cellsOf(line));
  }
  return tables;
}

/** `\|` is a bar of the text. */
function cellsOf(line: string): string[] {
  return line
    .trim()
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
}

/** A cell without the backticks around its code. */
export function plain(cell: string): string {
  return cell.replaceAll('`', '');
}
