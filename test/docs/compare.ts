/** Stands for anything: a value, a part of a text, further members, items or lines. */
const ANY = '…';
const INSTANT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;
/** Clocks of one machine, read at different places. */
const SLACK_MS = 2000;

export interface CompareOptions {
  /** What is written is a part of the answer: more members are no difference. */
  readonly part?: boolean;
  /** When the session began, in milliseconds: an arrival time since then stands where the document has another one. */
  readonly since: number;
}

/** Differences between an answer and the JSON that a document shows, each with its place. */
export function jsonDifferences(
  written: unknown,
  answer: unknown,
  options: CompareOptions,
  at = '',
): string[] {
  if (written === ANY) return [];
  if (typeof written === 'string' && typeof answer === 'string') {
    return fits(written, answer, options.since) ? [] : [differs(at, written, answer)];
  }
  if (Array.isArray(written) && Array.isArray(answer)) return arrayDifferences(written, answer, options, at);
  if (isObject(written) && isObject(answer)) return objectDifferences(written, answer, options, at);
  return written === answer ? [] : [differs(at, written, answer)];
}

function arrayDifferences(
  written: readonly unknown[],
  answer: readonly unknown[],
  options: CompareOptions,
  at: string,
): string[] {
  const open = written.at(-1) === ANY;
  const items = open ? written.slice(0, -1) : written;
  if (answer.length < items.length || (!open && answer.length > items.length))
    return [
      `${at || '/'}: ${items.length} items are written, the answer has ${answer.length}: ${brief(answer)}`,
    ];
  return items.flatMap((item, i) => jsonDifferences(item, answer[i], options, `${at}/${i}`));
}

function objectDifferences(
  written: Readonly<Record<string, unknown>>,
  answer: Readonly<Record<string, unknown>>,
  options: CompareOptions,
  at: string,
): string[] {
  const open = options.part === true || ANY in written;
  const differences = Object.entries(written).flatMap(([name, value]) => {
    if (name === ANY) return [];
    return name in answer
      ? jsonDifferences(value, answer[name], options, `${at}/${name}`)
      : [`${at}/${name}: the answer has no such member: ${brief(answer)}`];
  });
  const more = open ? [] : Object.keys(answer).filter((name) => !(name in written));
  return [
    ...differences,
    ...more.map((name) => `${at}/${name}: is not written, the answer has ${brief(answer[name])}`),
  ];
}

/** The first line of an output that is not what a document shows; undefined when all fit. */
export function textDifference(written: string, output: string, since: number): string | undefined {
  const expected = linesOf(written);
  const lines = linesOf(output);
  // How far the output is read when the written lines up to here are.
  let reached = new Set([0]);
  for (const [i, line] of expected.entries()) {
    const next = new Set<number>();
    for (const at of reached) {
      if (line === ANY) for (let k = at; k <= lines.length; k++) next.add(k);
      else if (at < lines.length && fits(line, lines[at]!, since)) next.add(at + 1);
    }
    if (next.size === 0) {
      const at = Math.max(...reached);
      return `line ${i + 1} is written as\n  ${line}\nand is\n  ${lines[at] ?? '(nothing)'}\nof\n${output}`;
    }
    reached = next;
  }
  if (reached.has(lines.length)) return undefined;
  return `more is said than is written:\n${lines.slice(Math.max(...reached)).join('\n')}`;
}

function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trimEnd());
  while (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Whether a text is the written one: `…` is any part of it, an arrival time any other one of this session. */
function fits(written: string, text: string, since: number): boolean {
  let pattern = '';
  const instants: string[] = [];
  for (const part of written.split(new RegExp(`(${INSTANT.source}|${ANY})`))) {
    if (part === ANY) pattern += '[^]*?';
    else if (new RegExp(`^${INSTANT.source}$`).test(part)) {
      instants.push(part);
      pattern += `(${INSTANT.source})`;
    } else pattern += part.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
  }
  const match = new RegExp(`^${pattern}$`).exec(text);
  if (!match) return false;
  return instants.every((instant, i) => {
    const found = match[i + 1]!;
    const time = Date.parse(found);
    return found === instant || (time >= since - SLACK_MS && time <= Date.now() + SLACK_MS);
  });
}

function differs(at: string, written: unknown, answer: unknown): string {
  return `${at || '/'}: ${brief(written)} is written, the answer is ${brief(answer)}`;
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? 'nothing' : text.length > 400 ? `${text.slice(0, 400)} ...` : text;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
