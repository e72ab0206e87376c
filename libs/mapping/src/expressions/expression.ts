import jsonata from 'jsonata';
import type { AstNode } from './ast.js';
import type { Closure } from './closure.js';
import { compile } from './compiler.js';
import { boundNames, unknownName } from './names.js';
import { readsOf } from './reads.js';

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
/** What walks the tree recurses, in the worker on a small stack. */
const MAX_DEPTH = 250;
/** jsonata's parser copies what stands left of `??` and `?:`, again for each within another. */
const MAX_COPIES = 2 ** 19;
/** Its time for a path grows with the square of the steps. */
const MAX_DOTS = 1000;

/**
 * Parses and compiles a JSONata expression.
 * @returns the expression, or what is wrong with it and where (characters from 0)
 */
export function compileExpression(
  source: string,
): { ok: true; expression: Expression } | { ok: false; error: ExpressionProblem } {
  const parsed = parse(source);
  if ('message' in parsed) return { ok: false, error: { code: 'expression-invalid', ...parsed } };
  const { ast } = parsed;
  const bound = boundNames(ast);
  const unknown = unknownName(ast, bound);
  if (unknown) return { ok: false, error: { code: 'expression-invalid', ...unknown } };
  const reads = readsOf(ast);
  const evaluate = compile(ast, bound);
  return {
    ok: true,
    expression: evaluate ? { source, mode: 'compiled', evaluate, reads } : { source, mode: 'worker', reads },
  };
}

type Refusal = Omit<ExpressionProblem, 'code'>;

function parse(source: string): { readonly ast: AstNode } | Refusal {
  const refusal = refusalOf(source);
  if (refusal) return refusal;
  const tooDeep = { message: `the expression is nested deeper than ${MAX_DEPTH} levels` };
  try {
    const ast = jsonata(source).ast() as unknown as AstNode;
    return depthOf(ast) > MAX_DEPTH ? tooDeep : { ast };
  } catch (error) {
    // The parser recurses too.
    if (error instanceof RangeError) return tooDeep;
    const { message, position, token } = error as { message?: string; position?: number; token?: string };
    return {
      message: message ?? 'the expression does not parse',
      ...(position !== undefined && { position }),
      ...(token !== undefined && { hint: `Look at "${token}".` }),
    };
  }
}

/** What is refused unread. */
function refusalOf(source: string): Refusal | undefined {
  if (source.trim() === '') return { message: 'the expression is empty' };
  if (source.length > MAX_LENGTH) {
    return { message: `the expression has more than ${MAX_LENGTH} characters` };
  }
  const defaults = source.split(/\?[?:]/).length - 1;
  if (source.length * 2 ** defaults > MAX_COPIES) {
    return {
      message: `the expression has ${defaults} of ?? and ?:, too many for its length`,
      hint: 'Write condition ? value : other, or split it into several rules.',
    };
  }
  if (source.split('.').length - 1 > MAX_DOTS) {
    return { message: `the expression has more than ${MAX_DOTS} dots` };
  }
  return undefined;
}

/** Levels of the tree, without recursion. */
function depthOf(ast: AstNode): number {
  let level: unknown[] = [ast];
  let depth = 0;
  for (; level.length > 0; depth++) {
    const children = level.flatMap((node): unknown[] => Object.values(node as object));
    level = children.filter((child) => typeof child === 'object' && child !== null);
  }
  return depth;
}
