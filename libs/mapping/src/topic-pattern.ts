import { CONTROL_CHARACTERS, MAX_TOPIC_LEVELS } from '#access';

/** One level of a pattern. */
type Level =
  | { readonly kind: 'literal'; readonly text: string }
  /** `{name}`, or `prefix{name}suffix`; without a name `+`. */
  | {
      readonly kind: 'one';
      readonly name: string | undefined;
      readonly prefix: string;
      readonly suffix: string;
    }
  /** `{name*}`, last; without a name `#`. */
  | { readonly kind: 'rest'; readonly name: string | undefined };

/** What a pattern binds of a topic. */
export type TopicVariables = Readonly<Record<string, string>>;

/** Why a text is no pattern. */
export interface PatternProblem {
  readonly code: 'topic-invalid' | 'topic-reserved';
  readonly message: string;
}

const NAME = /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/**
 * A topic pattern of a mapping document: literals, `{name}` for one level or a part of it, `{name*}` for the rest,
 * `+` and `#` for levels that are not bound. What is bound is never empty: `a/#` matches the topic `a` too, as in
 * MQTT, but `a/{rest*}` needs at least one level after it.
 */
export class TopicPattern {
  private constructor(
    readonly source: string,
    private readonly levels: readonly Level[],
  ) {}

  /** Reads a pattern. */
  static parse(source: string): TopicPattern | PatternProblem {
    const wrong = (message: string): PatternProblem => ({ code: 'topic-invalid', message });
    if (source === '' || source.length > 1024) return wrong('a topic pattern has 1 to 1,024 characters');
    if (CONTROL_CHARACTERS.test(source)) return wrong('a topic pattern has no control characters');
    const parts = source.split('/');
    if (parts.length > MAX_TOPIC_LEVELS)
      return wrong(`a topic pattern has at most ${MAX_TOPIC_LEVELS} levels`);
    const levels: Level[] = [];
    const names = new Set<string>();
    for (const [i, part] of parts.entries()) {
      const level = readLevel(part, i === parts.length - 1);
      if (typeof level === 'string') return wrong(`level ${i + 1} of ${source}: ${level}`);
      if (level.kind !== 'literal' && level.name !== undefined) {
        if (names.has(level.name)) return wrong(`{${level.name}} is bound twice in ${source}`);
        names.add(level.name);
      }
      levels.push(level);
    }
    const [first] = parts;
    if (first === 'semantic' || first === 'glossa' || source.startsWith('$')) {
      return { code: 'topic-reserved', message: `${source} claims a topic of the gateway` };
    }
    return new TopicPattern(source, levels);
  }

  /** Names that the pattern binds. */
  get names(): string[] {
    return this.levels.flatMap((level) =>
      level.kind === 'literal' || level.name === undefined ? [] : [level.name],
    );
  }

  /**
   * The pattern without its names: two patterns with one key match the same topics, but for empty levels, which
   * only `+` and `#` match.
   */
  get key(): string {
    return this.levels
      .map((level) =>
        level.kind === 'literal'
          ? level.text
          : level.kind === 'one'
            ? `${level.prefix}+${level.suffix}`
            : '#',
      )
      .join('/');
  }

  /** The MQTT topic filter that covers it. */
  get filter(): string {
    return this.levels
      .map((level) => (level.kind === 'literal' ? level.text : level.kind === 'one' ? '+' : '#'))
      .join('/');
  }

  /** The variables of a topic that fits; undefined when it does not. */
  match(topic: string): TopicVariables | undefined {
    const parts = topic.split('/');
    const [head] = parts;
    if (head === 'semantic' || head === 'glossa' || topic.startsWith('$')) return undefined;
    const variables: Record<string, string> = {};
    for (const [i, level] of this.levels.entries()) {
      if (level.kind === 'rest') {
        // "#" matches its parent level too [MQTT 4.7.1.2]; a bound rest is at least one level, and not empty.
        if (level.name === undefined) return i > parts.length ? undefined : variables;
        const rest = parts.slice(i).join('/');
        if (rest === '') return undefined;
        variables[level.name] = rest;
        return variables;
      }
      const part = parts[i];
      if (part === undefined) return undefined;
      if (level.kind === 'literal') {
        if (part !== level.text) return undefined;
        continue;
      }
      const { name, prefix, suffix } = level;
      if (part.length < prefix.length + suffix.length || !part.startsWith(prefix) || !part.endsWith(suffix))
        return undefined;
      const bound = part.slice(prefix.length, part.length - suffix.length);
      if (name === undefined) continue;
      if (bound === '') return undefined;
      variables[name] = bound;
    }
    return parts.length === this.levels.length ? variables : undefined;
  }

  /**
   * Left to right: a literal before a part of a level, that before one level, that before the rest. A pattern that
   * ends where another one goes on with the rest is the closer of the two: `a` before `a/#`.
   */
  static compare(a: TopicPattern, b: TopicPattern): number {
    for (let i = 0; i < Math.max(a.levels.length, b.levels.length); i++) {
      const difference = weight(b.levels[i]) - weight(a.levels[i]);
      if (difference !== 0) return difference;
    }
    return 0;
  }
}

/** Orders patterns, the most specific first. */
export const comparePatterns = (a: TopicPattern, b: TopicPattern): number => TopicPattern.compare(a, b);

function weight(level: Level | undefined): number {
  if (!level) return 2;
  switch (level.kind) {
    case 'literal':
      return 1_000_000;
    case 'one':
      return 3 + level.prefix.length + level.suffix.length;
    case 'rest':
      return 1;
  }
}

function readLevel(part: string, last: boolean): Level | string {
  if (part === '+') return { kind: 'one', name: undefined, prefix: '', suffix: '' };
  if (part === '#') return last ? { kind: 'rest', name: undefined } : '# is the last level';
  const braces = /^([^{}]*)\{([^{}]*)\}([^{}]*)$/.exec(part);
  if (!braces) {
    if (/[{}]/.test(part)) return 'braces hold one name, such as {device}';
    return /[+#]/.test(part) ? '+ and # stand alone in a level' : { kind: 'literal', text: part };
  }
  const [, prefix = '', inner = '', suffix = ''] = braces;
  if (/[+#]/.test(prefix + suffix)) return '+ and # stand alone in a level';
  const rest = inner.endsWith('*');
  const name = rest ? inner.slice(0, -1) : inner;
  if (!NAME.test(name)) return `${JSON.stringify(name)} is no variable name`;
  if (!rest) return { kind: 'one', name, prefix, suffix };
  if (!last) return `{${name}*} is the last level`;
  return prefix + suffix === '' ? { kind: 'rest', name } : `{${name}*} stands alone in its level`;
}
