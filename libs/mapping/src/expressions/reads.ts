import type { AstNode } from './ast.js';
import { BUILT_IN } from './built-in.js';

/**
 * JSON Pointers that an expression reads of its input, by its paths; `''` when it may read anything; those that
 * begin with `$payload` are of the whole payload. Indexes do not count: an array is read as a whole.
 */
export function readsOf(ast: AstNode): ReadonlySet<string> {
  const reads = new Set<string>();
  visit(ast, '', reads);
  return reads;
}

const escape = (key: string) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;

function visit(node: unknown, context: string, reads: Set<string>): void {
  if (typeof node !== 'object' || node === null) return;
  const { type, steps, value, stages, predicate, group } = node as AstNode;
  switch (type) {
    case 'path':
      visit(group, visitPath(steps ?? [], context, reads), reads);
      return;
    case 'variable':
      if (value === '') reads.add(context);
      if (value === '$') reads.add('');
      if (value === 'payload') reads.add('$payload');
      break;
    case 'wildcard':
    case 'descendant':
      reads.add(context);
      break;
    case 'parent':
      reads.add('');
      break;
    case 'function':
    case 'partial':
      visitCall(node as AstNode, context, reads);
      break;
    default:
      for (const child of Object.values(node)) visit(child, context, reads);
      return;
  }
  visit([stages, predicate, group], context, reads);
}

/** @returns where the path leads */
function visitPath(steps: readonly AstNode[], context: string, reads: Set<string>): string {
  let at = context;
  for (const [i, step] of steps.entries()) {
    if (step.type === 'name') {
      at += escape(String(step.value));
      visit([step.stages, step.predicate], at, reads);
    } else if (step.type === 'variable' && step.value === '') {
      visit([step.stages, step.predicate], at, reads);
    } else if (i === 0 && step.type === 'variable') {
      // What another name holds was read where it was bound.
      if (step.value !== 'payload' && step.value !== '$') return at;
      at = step.value === '$' ? '' : '$payload';
      visit([step.stages, step.predicate], at, reads);
    } else {
      visit(step, at, reads);
    }
  }
  reads.add(at);
  return at;
}

/** A function that is called with fewer arguments than it takes reads the context. */
function visitCall({ procedure, arguments: args }: AstNode, context: string, reads: Set<string>): void {
  const name = procedure?.type === 'variable' ? (procedure.value as string) : undefined;
  const needed = name === undefined ? 0 : (BUILT_IN.get(name) ?? 0);
  if (needed === Infinity) reads.add('');
  else if ((args?.length ?? 0) < needed) reads.add(context);
  visit([name === undefined ? procedure : undefined, args], context, reads);
}
