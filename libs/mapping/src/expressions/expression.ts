import jsonata from 'jsonata';
import type { AstNode } from './ast.js';
import { compile, type Closure } from './compiler.js';

/** An expression, compiled to a closure where it is simple, else evaluated in the worker. */
export type Expression =
  | {
      readonly source: string;
      readonly mode: 'compiled';
      readonly evaluate: Closure;
      readonly reads: ReadonlySet<string>;
    }
  | { readonly source: string; readonly mode: 'worker'; readonly reads: ReadonlySet<string> };

/** Why a source is no expression. */
export interface ExpressionProblem {
  readonly code: 'expression-invalid';
  readonly message: string;
  readonly position?: number;
  readonly hint?: string;
}

const MAX_LENGTH = 16_384;
/** The parser recurses: a source nested deeper would overflow the stack. */
const MAX_NESTING = 100;

/**
 * Parses and compiles a JSONata expression.
 * @returns the expression, or what is wrong with it and where (characters from 0)
 */
export function compileExpression(
  source: string,
): { ok: true; expression: Expression } | { ok: false; error: ExpressionProblem } {
  const refused = (message: string, position?: number, hint?: string) => ({
    ok: false as const,
    error: {
      code: 'expression-invalid' as const,
      message,
      ...(position !== undefined && { position }),
      ...(hint !== undefined && { hint }),
    },
  });
  if (source.trim() === '') return refused('the expression is empty');
  if (source.length > MAX_LENGTH) return refused(`the expression has more than ${MAX_LENGTH} characters`);
  if (nesting(source) > MAX_NESTING)
    return refused(`the expression is nested deeper than ${MAX_NESTING} levels`);
  let ast: AstNode;
  try {
    ast = jsonata(source).ast() as unknown as AstNode;
  } catch (error) {
    const { message, position, token } = error as { message?: string; position?: number; token?: string };
    return refused(
      message ?? 'the expression does not parse',
      position,
      token === undefined ? undefined : `Look at "${token}".`,
    );
  }
  const unknown = unknownFunction(ast, new Set());
  if (unknown !== undefined)
    return refused(`there is no function $${unknown}`, undefined, 'docs.jsonata.org lists the functions.');
  const reads = pathsOf(ast);
  const evaluate = compile(ast);
  return {
    ok: true,
    expression: evaluate ? { source, mode: 'compiled', evaluate, reads } : { source, mode: 'worker', reads },
  };
}

function nesting(source: string): number {
  let depth = 0;
  let deepest = 0;
  let quote = '';
  for (let i = 0; i < source.length; i++) {
    const char = source[i]!;
    if (quote !== '') {
      if (char === '\\') i++;
      else if (char === quote) quote = '';
    } else if (char === '"' || char === "'" || char === '`') quote = char;
    else if ('([{?-'.includes(char)) deepest = Math.max(deepest, ++depth);
    else if (')]}'.includes(char)) depth--;
    else if (char === ';' || char === ',') depth = Math.max(0, depth);
  }
  return deepest;
}

const BUILT_IN = new Set(
  (
    'sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim pad match contains ' +
    'replace split join formatNumber formatBase formatInteger parseInteger number floor ceil round abs sqrt power random boolean ' +
    'not map zip filter single reduce sift keys lookup append exists spread merge reverse each error assert type sort shuffle ' +
    'distinct base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl eval toMillis fromMillis clone now millis'
  ).split(' '),
);

/** A called name that is neither built in nor bound in the expression. */
function unknownFunction(node: unknown, bound: Set<string>): string | undefined {
  collectBound(node, bound);
  return findUnknown(node, bound);
}

function collectBound(node: unknown, bound: Set<string>): void {
  if (typeof node !== 'object' || node === null) return;
  const {
    type,
    lhs,
    arguments: args,
  } = node as { type?: string; lhs?: { value?: unknown }; arguments?: { value?: unknown }[] };
  if (type === 'bind' && typeof lhs?.value === 'string') bound.add(lhs.value);
  if (type === 'lambda')
    for (const argument of args ?? []) if (typeof argument.value === 'string') bound.add(argument.value);
  for (const child of Object.values(node)) collectBound(child, bound);
}

function findUnknown(node: unknown, bound: ReadonlySet<string>): string | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  const { type, procedure } = node as { type?: string; procedure?: { type?: string; value?: unknown } };
  if ((type === 'function' || type === 'partial') && procedure?.type === 'variable') {
    const name = String(procedure.value);
    if (!BUILT_IN.has(name) && !bound.has(name)) return name;
  }
  for (const child of Object.values(node)) {
    const found = findUnknown(child, bound);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * JSON Pointers that an expression reads, by its paths; `''` when it may read anything. Indexes do not count: an
 * array is read as a whole.
 */
function pathsOf(ast: AstNode): ReadonlySet<string> {
  const reads = new Set<string>();
  visit(ast, '', reads);
  return reads;
}

const escape = (key: string) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;

function visit(node: unknown, context: string, reads: Set<string>): void {
  if (typeof node !== 'object' || node === null) return;
  const { type, steps, value } = node as AstNode;
  switch (type) {
    case 'name':
      reads.add(context + escape(String(value)));
      visitAll((node as AstNode).predicate, context + escape(String(value)), reads);
      return;
    case 'path': {
      let at = context;
      for (const [i, step] of (steps ?? []).entries()) {
        if (step.type === 'name') {
          at += escape(String(step.value));
          visitAll(step.stages, at, reads);
          visitAll(step.predicate, at, reads);
        } else if (step.type === 'variable' && i === 0) {
          const name = String(step.value);
          if (name === 'topic') return;
          if (name === 'payload' || name === '$') at = '$payload';
          else if (name !== '') return;
        } else {
          visit(step, at, reads);
        }
      }
      reads.add(at);
      return;
    }
    case 'variable':
      if (value === '' || value === '$') reads.add(context);
      if (value === 'payload') reads.add('$payload');
      return;
    case 'wildcard':
    case 'descendant':
      reads.add(context);
      return;
    default:
      for (const child of Object.values(node)) visit(child, context, reads);
  }
}

function visitAll(children: unknown, context: string, reads: Set<string>): void {
  if (!Array.isArray(children)) return;
  for (const child of children as unknown[]) visit(child, context, reads);
}
