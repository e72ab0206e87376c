import { compileExpression, type Expression, type Variables } from '../expressions/index.js';
import { readerOf, readOuter, type Reader, type Resolved } from './reader.js';

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'expression'; readonly read: Reader; readonly expression: Expression };

/** A template such as `home/{room}` or `{= model & "-" & $string(id)}`. */
export class Template {
  private constructor(
    readonly source: string,
    private readonly parts: readonly Part[],
  ) {}

  /** Reads a template; `names` are the topic variables that every pattern binds. */
  static parse(
    source: string,
    names: ReadonlySet<string>,
  ): Template | { readonly message: string; readonly position?: number } {
    const parts: Part[] = [];
    let at = 0;
    while (at < source.length) {
      const open = source.indexOf('{', at);
      if (open < 0 || open > at) {
        const text = source.slice(at, open < 0 ? undefined : open);
        if (text.includes('}')) return { message: `a "}" without "{" in ${source}`, position: at };
        parts.push({ kind: 'text', text });
        at += text.length;
        continue;
      }
      const close = closing(source, open);
      if (close < 0) return { message: `a "{" without "}" in ${source}`, position: open };
      const part = readPart(source.slice(open + 1, close), names);
      if ('message' in part) return { message: part.message, position: open + 1 + (part.position ?? -1) };
      parts.push(part);
      at = close + 1;
    }
    return parts.length === 0 ? { message: 'the template is empty' } : new Template(source, parts);
  }

  /** Whether the topic alone decides it. */
  get fixed(): boolean {
    return this.parts.every((part) => part.kind !== 'expression');
  }

  get expressions(): Expression[] {
    return this.parts.flatMap((part) => (part.kind === 'expression' ? [part.expression] : []));
  }

  /**
   * Fills it. An expression that finds nothing in the item is tried on the whole payload.
   * @returns undefined when a part has no text
   */
  render(
    topic: Readonly<Record<string, string>>,
    input: unknown,
    variables: Variables,
    resolved: Resolved | undefined,
  ): string | undefined {
    let text = '';
    for (const part of this.parts) {
      if (part.kind === 'text') text += part.text;
      else if (part.kind === 'variable') {
        const bound = topic[part.name];
        if (bound === undefined) return undefined;
        text += bound;
      } else {
        const value = readOuter(part.read, input, variables, resolved);
        if (typeof value !== 'string' && typeof value !== 'boolean' && !Number.isFinite(value))
          return undefined;
        text += String(value);
      }
    }
    return text;
  }
}

function readPart(
  inner: string,
  names: ReadonlySet<string>,
): Part | { readonly message: string; readonly position?: number } {
  if (inner.startsWith('=')) {
    const compiled = compileExpression(inner.slice(1).trim());
    if (!compiled.ok) {
      const { message, position } = compiled.error;
      const start = inner.length - inner.slice(1).trimStart().length;
      return { message, ...(position !== undefined && { position: start + position }) };
    }
    return { kind: 'expression', read: readerOf(compiled.expression), expression: compiled.expression };
  }
  const name = inner.trim();
  if (names.has(name)) return { kind: 'variable', name };
  const known = names.size > 0 ? [...names].map((one) => `{${one}}`).join(', ') : 'no variables';
  return { message: `{${name}} is not bound by every topic pattern; the patterns bind ${known}` };
}

/** The brace that closes one: expressions hold braces and strings of their own. */
function closing(source: string, open: number): number {
  let depth = 0;
  let quote = '';
  const expression = source[open + 1] === '=';
  for (let i = open; i < source.length; i++) {
    const char = source[i]!;
    if (quote !== '') {
      if (char === '\\') i++;
      else if (char === quote) quote = '';
    } else if (expression && (char === '"' || char === "'" || char === '`')) quote = char;
    else if (char === '{') depth++;
    else if (char === '}' && --depth === 0) return i;
  }
  return -1;
}
