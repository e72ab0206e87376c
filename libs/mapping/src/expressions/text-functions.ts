import { spend, spendNewText, spendText } from './budget.js';
import { ExpressionError, jsonataError } from './expression-error.js';

/**
 * JSONata's functions of text, argument by argument as its own library has them. An argument that is missing is
 * undefined, which JavaScript reads as the text "undefined" where JSONata does.
 */
type Text = string | undefined;

export function uppercase(value: Text): Text {
  spendText(value ?? '');
  return value?.toUpperCase();
}

export function lowercase(value: Text): Text {
  spendText(value ?? '');
  return value?.toLowerCase();
}

/** Characters, not UTF-16 units. */
export function length(value: Text): number | undefined {
  if (value === undefined) return undefined;
  spend(value.length);
  return Array.from(value).length;
}

export function trim(value: Text): Text {
  if (value === undefined) return undefined;
  spend(value.length >> 2);
  return value.replace(/[ \t\n\r]+/g, ' ').replace(/^ | $/g, '');
}

export function substring(value: Text, start: number, count: number | undefined): Text {
  if (value === undefined) return undefined;
  spend(value.length);
  const characters = Array.from(value);
  const from = characters.length + start < 0 ? 0 : start;
  if (count === undefined) return characters.slice(from).join('');
  if (count <= 0) return '';
  return characters.slice(from, from >= 0 ? from + count : characters.length + from + count).join('');
}

export function substringBefore(value: Text, chars: string): Text {
  if (value === undefined) return undefined;
  spendText(value);
  const at = value.indexOf(chars);
  return at < 0 ? value : value.slice(0, at);
}

export function substringAfter(value: Text, chars: Text): Text {
  if (value === undefined) return undefined;
  spendText(value);
  const at = value.indexOf(chars as string);
  if (at < 0) return value;
  return value.slice(at + present(chars).length);
}

export function contains(value: Text, token: Text): boolean | undefined {
  if (value === undefined || token === undefined) return undefined;
  spendText(value);
  return value.includes(token);
}

export function split(value: Text, separator: Text, limit: number | undefined): string[] | undefined {
  if (value === undefined) return undefined;
  if (limit !== undefined && limit < 0) throw jsonataError('D3020');
  if (limit !== undefined && !(limit > 0)) return [];
  spend(value.length);
  return value.split(present(separator), limit);
}

export function join(values: readonly string[] | undefined, separator = ''): Text {
  if (values === undefined) return undefined;
  let size = 0;
  for (const value of values) size += value.length + separator.length;
  spend(values.length);
  spendNewText(size);
  return values.join(separator);
}

export function replace(value: Text, pattern: Text, replacement: Text, limit: number | undefined): Text {
  if (value === undefined) return undefined;
  if (pattern === '') throw jsonataError('D3010');
  if (limit !== undefined && limit < 0) throw jsonataError('D3011');
  if (limit !== undefined && !(limit > 0)) return value;
  spendText(value);
  const text = String(replacement);
  const sought = present(pattern);
  let result = '';
  let from = 0;
  let count = 0;
  for (let at = value.indexOf(sought); at >= 0 && !(limit !== undefined && count >= limit); count++) {
    spendNewText(result.length + at - from + text.length);
    result += value.slice(from, at) + text;
    from = at + sought.length;
    at = value.indexOf(sought, from);
  }
  return result + value.slice(from);
}

export function pad(value: Text, width: number, chars: Text): Text {
  if (value === undefined) return undefined;
  const fill = chars === undefined || chars === '' ? ' ' : chars;
  const missing = Math.abs(Math.trunc(width)) - length(value)!;
  if (!(missing > 0)) return value;
  spendNewText(missing * fill.length);
  const padding = fill.repeat(missing);
  const cut = fill.length > 1 ? substring(padding, 0, missing)! : padding;
  return width > 0 ? value + cut : cut + value;
}

/** Bytes as Latin-1 text, one character a byte. */
export function base64decode(value: Text): Text {
  if (value === undefined) return undefined;
  spendText(value);
  return Buffer.from(value, 'base64').toString('latin1');
}

export function base64encode(value: Text): Text {
  if (value === undefined) return undefined;
  spendText(value);
  return Buffer.from(value, 'latin1').toString('base64');
}

/** Where JSONata goes on with what is missing until JavaScript fails. */
function present(value: Text): string {
  if (value === undefined) throw new ExpressionError('expression-failed', 'an argument is missing');
  return value;
}
