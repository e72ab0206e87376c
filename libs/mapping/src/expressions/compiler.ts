import type { AstFilter, AstNode } from './ast.js';
import { openBudget, spend } from './budget.js';
import { BUILT_IN } from './built-in.js';
import type { Closure } from './closure.js';
import { ExpressionError, inFunction } from './expression-error.js';
import { FUNCTIONS } from './functions.js';
import { negation, OPERATORS } from './operators.js';
import { indexFilter, itemFilter, pathOf, type Filter, type Step } from './path.js';
import { lookup, toBoolean, unwrap } from './values.js';

/**
 * Compiles a syntax tree to closures; undefined where it holds anything that is not simple. What compiles yields
 * what jsonata yields, reads own members of plain data alone, and ends within a budget.
 * @param bound names that the expression binds
 */
export function compile(ast: AstNode, bound: ReadonlySet<string>): Closure | undefined {
  let closure: Closure;
  try {
    closure = new Compiler(bound).build(ast, true);
  } catch (error) {
    if (error instanceof NotSimple) return undefined;
    throw error;
  }
  return (input, variables) => {
    openBudget(variables);
    try {
      return closure(input, variables);
    } catch (error) {
      if (error instanceof ExpressionError) throw error;
      throw new ExpressionError('expression-failed', error instanceof Error ? error.message : String(error));
    }
  };
}

/** Leaves an expression to the worker. */
class NotSimple extends Error {}

function leave(): never {
  throw new NotSimple();
}

const known = (condition: boolean): void => {
  if (!condition) leave();
};

class Compiler {
  /** Nodes built: what an expression costs for each item that it is evaluated on. */
  #nodes = 0;

  constructor(private readonly bound: ReadonlySet<string>) {}

  /** @param root whether the input is the payload or item itself, not what a step or filter looks at */
  build(node: AstNode, root: boolean): Closure {
    const { group, focus, index, tuple, ancestor, seekingParent } = node;
    for (const more of [group, focus, index, tuple, ancestor, seekingParent]) known(more === undefined);
    known(!node.keepArray && !node.keepSingletonArray && !node.consarray);
    this.#nodes++;
    const closure = this.#value(node, root);
    if (!node.predicate) return closure;
    const filters = node.predicate.map((filter) => this.#filter(filter));
    return (input, variables) => {
      let value = closure(input, variables);
      for (const filter of filters) value = filter(value, variables);
      return unwrap(value);
    };
  }

  #value(node: AstNode, root: boolean): Closure {
    switch (node.type) {
      case 'string':
      case 'number':
      case 'value':
        return constant(node.value);
      case 'name':
        return member(node.value as string);
      case 'path':
        return this.#path(node.steps ?? [], root);
      case 'variable':
        return this.#variable(node.value as string, root);
      case 'binary':
        return this.#binary(node, root);
      case 'unary':
        if (node.value === '-') return negation(this.build(node.expression!, root), node.position);
        return node.value === '[' ? this.#array(node.expressions ?? [], root) : leave();
      case 'condition':
        return this.#condition(node, root);
      case 'block':
        return this.#block(node.expressions ?? [], root);
      case 'function':
        return this.#function(node, root);
      default:
        return leave();
    }
  }

  /** `$`, `$$` and `$name`. */
  #variable(name: string, root: boolean): Closure {
    if (name === '' || (name === '$' && root)) return (input) => input;
    // A function is a value too.
    known(name !== '$' && !BUILT_IN.has(name));
    return (_input, variables) => (Object.hasOwn(variables, name) ? variables[name] : undefined);
  }

  #path(nodes: readonly AstNode[], root: boolean): Closure {
    const absolute = nodes[0]?.type === 'variable';
    const steps = nodes.map((node, i) => this.#step(node, absolute && i === 0 && root));
    return pathOf(steps, { absolute, root });
  }

  #step(node: AstNode, root: boolean): Step {
    const before = this.#nodes;
    const evaluate = this.build(node, root);
    const stages = node.stages ?? [];
    const filters = stages.map((stage) => this.#filter(stage));
    const cost = this.#nodes - before;
    const [first] = stages;
    if (node.type !== 'name' || node.predicate || stages.length > 1) return { evaluate, filters, cost };
    const key = node.value as string;
    if (!first) return { evaluate, filters, cost, key };
    return first.expr.type === 'number'
      ? { evaluate, filters, cost, key, index: indexOf(first.expr) }
      : { evaluate, filters, cost };
  }

  #filter({ type, expr }: AstFilter): Filter {
    known(type === 'filter');
    if (expr.type === 'number') return indexFilter(indexOf(expr));
    const before = this.#nodes;
    const predicate = this.build(expr, false);
    return itemFilter(predicate, this.#nodes - before);
  }

  #binary({ value, lhs, rhs, position }: AstNode, root: boolean): Closure {
    const sign = value as string;
    const operator = Object.hasOwn(OPERATORS, sign) ? OPERATORS[sign]! : leave();
    return operator(this.build(lhs as AstNode, root), this.build(rhs!, root), position);
  }

  /** Items that are arrays are joined, but for those that are constructors themselves. */
  #array(nodes: readonly AstNode[], root: boolean): Closure {
    // jsonata evaluates items at once: which of two errors it tells is not ours to know.
    known(nodes.filter(mayFail).length < 2);
    const items = nodes.map((node) => ({
      item: this.build(node, root),
      whole: node.type === 'unary' && node.value === '[',
    }));
    // Arrays in arrays of what is bound would grow without bounds for whatever walks them.
    known(nodes.every((node, i) => !items[i]!.whole || isConstant(node)));
    const make: Closure = (input, variables) => {
      const result: unknown[] = [];
      for (const { item, whole } of items) {
        const value = item(input, variables);
        if (value === undefined) continue;
        if (whole || !Array.isArray(value)) {
          result.push(value);
          continue;
        }
        spend(value.length * 4);
        for (const one of value as unknown[]) result.push(one);
      }
      return result;
    };
    if (!nodes.every(isConstant)) return make;
    return constant(Object.freeze(make(undefined, {})));
  }

  #condition({ condition, then, else: otherwise }: AstNode, root: boolean): Closure {
    const holds = this.build(condition!, root);
    const yes = this.build(then!, root);
    const no = otherwise ? this.build(otherwise, root) : constant(undefined);
    return (input, variables) =>
      toBoolean(holds(input, variables)) ? yes(input, variables) : no(input, variables);
  }

  /** `(a; b)`; bindings, `$x := a`, only as parts of it. */
  #block(nodes: readonly AstNode[], root: boolean): Closure {
    const parts = nodes.map((node) => {
      if (node.type !== 'bind') return { value: this.build(node, root) };
      const name = (node.lhs as AstNode).value as string;
      known(!BUILT_IN.has(name) && name !== '' && name !== '$');
      return { name, value: this.build(node.rhs!, root) };
    });
    const [only] = parts;
    if (only && parts.length === 1) return only.value;
    return (input, variables) => {
      const frame = Object.assign(Object.create(null), variables) as Record<string, unknown>;
      let result: unknown;
      for (const { name, value } of parts) {
        result = value(input, frame);
        if (name !== undefined) frame[name] = result;
      }
      return result;
    };
  }

  #function(node: AstNode, root: boolean): Closure {
    const { procedure, position } = node;
    const name = procedure?.type === 'variable' ? (procedure.value as string) : '';
    const nodes = node.arguments ?? [];
    const { signature, call, max } = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name]! : leave();
    known(!this.bound.has(name) && nodes.length <= max);
    const args = nodes.map((argument) => this.build(argument, root));
    const apply = call as (...values: readonly unknown[]) => unknown;
    // Filters take a sequence as it is.
    const finish = node.predicate ? (value: unknown) => value : unwrap;
    return (input, variables) => {
      const values: unknown[] = [];
      for (const argument of args) values.push(argument(input, variables));
      try {
        return finish(apply(...signature.check(values, input)));
      } catch (error) {
        throw inFunction(error, name, position);
      }
    };
  }
}

const constant =
  (value: unknown): Closure =>
  () =>
    value;

const member =
  (key: string): Closure =>
  (input) =>
    unwrap(lookup(input, key));

/** A constant index is rounded down. */
const indexOf = ({ value }: AstNode): number => Math.floor(value as number);

function isConstant({ type, value, predicate, expressions = [] }: AstNode): boolean {
  if (predicate) return false;
  if (type === 'unary') return value === '[' && expressions.every(isConstant);
  return type === 'string' || type === 'number' || type === 'value';
}

/** Whether evaluating it can be an error: paths of names and constants cannot. */
function mayFail(node: AstNode): boolean {
  if (node.predicate?.some(({ expr }) => expr.type !== 'number')) return true;
  switch (node.type) {
    case 'string':
    case 'number':
    case 'value':
    case 'name':
    case 'variable':
      return node.stages?.some(({ expr }) => expr.type !== 'number') ?? false;
    case 'path':
      return node.steps!.some(mayFail);
    case 'unary':
      return node.value !== '[' || node.expressions!.some(mayFail);
    default:
      return true;
  }
}
