import type { Rest } from './rest.js';

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"(?:,|$)/g;

/** A scrape, read as Prometheus reads it. A line that is none fails. */
export class Metrics {
  /** By name: what HELP and TYPE say. */
  readonly families = new Map<string, { type: string; help: string }>();
  readonly samples: Sample[] = [];

  constructor(readonly text: string) {
    const help = new Map<string, string>();
    for (const line of text.split('\n')) {
      const [, comment, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
      if (comment === 'HELP') help.set(name, rest);
      else if (comment === 'TYPE') this.families.set(name, { type: rest, help: help.get(name) ?? '' });
      else if (line !== '') this.samples.push(sample(line));
    }
  }

  static async of(rest: Rest): Promise<Metrics> {
    const { status, text } = await rest.get('/metrics');
    if (status !== 200) throw new Error(`${status}: ${text}`);
    return new Metrics(text);
  }

  /** The value of a series; 0 where it is not there. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const found = this.samples.filter(
      (one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value),
    );
    if (found.length > 1) throw new Error(`${name} ${JSON.stringify(labels)} fits ${found.length} series`);
    return found[0]?.value ?? 0;
  }
}

function sample(line: string): Sample {
  const match = LINE.exec(line);
  if (!match) throw new Error(`no line of Prometheus' text form: ${line}`);
  const [, name = '', labels = '', value] = match;
  const pairs = [...labels.matchAll(LABEL)].map(([, key = '', text = '']) => [key, text] as const);
  const number = Number(value?.replace('Inf', 'Infinity'));
  // Go reads it in any case, and prom-client writes it so.
  if (Number.isNaN(number) && value?.toLowerCase() !== 'nan') throw new Error(`no number: ${line}`);
  return { name, labels: Object.fromEntries(pairs), value: number };
}
