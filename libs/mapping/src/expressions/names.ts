import { nearest } from '#semantics';
import type { AstNode } from './ast.js';
import { BUILT_IN } from './built-in.js';

/** A name that an expression uses and nothing binds. */
export interface UnknownName {
  readonly message: string;
  readonly hint: string;
  readonly position?: number;
}

/** What the mapping binds. */
const GIVEN = ['topic', 'payload'];

/** Names that an expression binds anywhere: by `:=`, as parameters, by `@` and `#`. */
export function boundNames(ast: AstNode): ReadonlySet<string> {
  const bound = new Set<string>();
  walk(ast, (node) => {
    const { type, lhs, arguments: parameters = [], focus, index, value } = node;
    if (type === 'bind') bound.add((lhs as AstNode).value as string);
    if (type === 'lambda') for (const parameter of parameters) bound.add(String(parameter.value));
    if (type === 'index') bound.add(String(value));
    for (const name of [focus, index]) if (typeof name === 'string') bound.add(name);
  });
  return bound;
}

/** The first function or variable that is neither built in nor bound. */
export function unknownName(ast: AstNode, bound: ReadonlySet<string>): UnknownName | undefined {
  let unknown: UnknownName | undefined;
  const called = new Set<AstNode>();
  walk(ast, (node) => {
    const { type, procedure, value, position } = node;
    if (procedure?.type === 'variable') called.add(procedure);
    const name = procedure?.type === 'variable' ? (procedure.value as string) : (value as string);
    if (unknown || (type === 'variable' ? called.has(node) : procedure?.type !== 'variable')) return;
    if (name === '' || name === '$' || BUILT_IN.has(name) || bound.has(name)) return;
    if (type !== 'variable') unknown = { ...unknownFunction(name), ...at(position) };
    else if (!GIVEN.includes(name)) unknown = { ...unknownVariable(name, bound), ...at(position) };
  });
  return unknown;
}

const at = (position: number | undefined) => (position === undefined ? {} : { position });

function unknownFunction(name: string): UnknownName {
  const like = nearest(name, [...BUILT_IN.keys()]);
  return {
    message: `there is no function $${name}`,
    hint: like.length > 0 ? `Did you mean ${list(like)}?` : 'docs.jsonata.org lists the functions.',
  };
}

function unknownVariable(name: string, bound: ReadonlySet<string>): UnknownName {
  const like = nearest(name, [...GIVEN, ...bound, ...BUILT_IN.keys()]);
  return {
    message: `there is no variable $${name}`,
    hint:
      like.length > 0
        ? `Did you mean ${list(like)}?`
        : "$topic.name is a variable of the topic, $payload the whole payload; the payload's members take no $.",
  };
}

const list = (names: readonly string[]) => names.map((name) => `$${name}`).join(' or ');

/** Every node, parents first. */
export function walk(node: unknown, visit: (node: AstNode) => void): void {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) visit(node as AstNode);
  for (const child of Object.values(node)) walk(child, visit);
}
