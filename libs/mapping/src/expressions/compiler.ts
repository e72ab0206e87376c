import type { AstNode } from './ast.js';
import { jsonataError } from './expression-error.js';
import { FUNCTIONS } from './functions.js';
import { deepEqual, isNumeric, lookup, Sequence, toBoolean, toText, unwrap } from './values.js';

/** What an expression may name beside its input: `topic` is `$topic`. */
export type Variables = Readonly<Record<string, unknown>>;

/** A compiled expression: plain and synchronous. */
export type Closure = (input: unknown, variables: Variables) => unknown;

const MAX_DEPTH = 64;

/**
 * Compiles a syntax tree to closures; undefined where it holds anything that is not simple. What compiles takes
 * time in proportion to the expression and its input, and reads own members of plain data alone.
 */
export function compile(node: AstNode, depth = 0): Closure | undefined {
  if (depth > MAX_DEPTH || node.group !== undefined || node.focus !== undefined || node.index !== undefined)
    return undefined;
  if (node.predicate !== undefined && node.type !== 'path') return undefined;
  if (node.tuple !== undefined || node.ancestor !== undefined || node.seekingParent !== undefined)
    return undefined;
  switch (node.type) {
    case 'string':
    case 'number':
    case 'value': {
      const { value } = node;
      return () => value;
    }
    case 'name':
      return compilePath([node], node);
    case 'path':
      return compilePath(node.steps ?? [], node);
    case 'variable':
      return compileVariable(node);
    case 'binary':
      return compileBinary(node, depth);
    case 'unary':
      return compileUnary(node, depth);
    case 'condition':
      return compileCondition(node, depth);
    case 'block':
      return node.expressions?.length === 1 ? compile(node.expressions[0]!, depth + 1) : undefined;
    case 'function':
      return compileFunction(node, depth);
    default:
      return undefined;
  }
}

/** `$`, `$$` and `$name`. */
function compileVariable({ value }: AstNode): Closure | undefined {
  const name = value as string;
  if (name === '') return (input) => (input instanceof Sequence ? unwrap(input) : input);
  // Without a step that changes the context, the root is the input.
  if (name === '$') return undefined;
  return (_input, variables) => (Object.hasOwn(variables, name) ? variables[name] : undefined);
}

interface Step {
  /** Member to look up; undefined for the first step of `$name.member`. */
  readonly key: string;
  /** Constant indexes, in order. */
  readonly indexes: readonly number[];
}

function compilePath(nodes: readonly AstNode[], path: AstNode): Closure | undefined {
  if (path.keepSingletonArray || path.keepArray || path.predicate !== undefined) return undefined;
  const [first, ...others] = nodes;
  if (!first) return undefined;
  const variable = first.type === 'variable' ? compileVariable(first) : undefined;
  if (first.type === 'variable' && (!variable || first.stages !== undefined || first.predicate !== undefined))
    return undefined;
  const steps: Step[] = [];
  for (const node of variable ? others : nodes) {
    const step = readStep(node);
    if (!step) return undefined;
    steps.push(step);
  }
  if (variable && (first.value as string) !== '') return pathFrom(variable, steps);
  return pathOf(steps);
}

function readStep(node: AstNode): Step | undefined {
  if (node.type !== 'name' || node.keepArray || node.group !== undefined || node.focus !== undefined)
    return undefined;
  if (node.index !== undefined || node.tuple !== undefined || node.ancestor !== undefined) return undefined;
  const indexes: number[] = [];
  for (const stage of [...(node.stages ?? []), ...(node.predicate ?? [])]) {
    const index = stage.type === 'filter' ? constantIndex(stage.expr) : undefined;
    if (index === undefined) return undefined;
    indexes.push(index);
  }
  return { key: node.value as string, indexes };
}

function constantIndex(node: AstNode): number | undefined {
  if (node.type === 'number') return Math.floor(node.value as number);
  return undefined;
}

/** A path over plain objects is a chain of own members; arrays on the way take the general walk. */
function pathOf(steps: readonly Step[]): Closure {
  const [only] = steps;
  if (steps.length === 1 && only!.indexes.length === 0) {
    const { key } = only!;
    return (input) => {
      if (Array.isArray(input)) return walk(input, steps);
      if (input === null || typeof input !== 'object' || !Object.hasOwn(input, key)) return undefined;
      const value = (input as Record<string, unknown>)[key];
      return Array.isArray(value) ? walk(input, steps) : value;
    };
  }
  return (input) => {
    let value = input;
    for (const { key, indexes } of steps) {
      if (Array.isArray(value)) return walk(input, steps);
      if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined;
      value = (value as Record<string, unknown>)[key];
      if (indexes.length > 0 && !Array.isArray(value)) return walk(input, steps);
      for (const index of indexes) {
        const items = value as unknown[];
        value = items[index < 0 ? items.length + index : index];
        if (value === undefined || Array.isArray(value)) return walk(input, steps);
      }
    }
    return Array.isArray(value) ? walk(input, steps) : value;
  };
}

function pathFrom(variable: Closure, steps: readonly Step[]): Closure {
  const rest = pathOf(steps);
  if (steps.length === 0) return variable;
  return (input, variables) => {
    const start = variable(input, variables);
    return start === undefined ? undefined : rest(start, variables);
  };
}

/** JSONata's path evaluation: each step maps a sequence to a sequence, flattened. */
function walk(input: unknown, steps: readonly Step[]): unknown {
  let sequence: unknown[] = Array.isArray(input) ? (input as unknown[]) : [input];
  for (const [i, { key, indexes }] of steps.entries()) {
    const results: unknown[] = [];
    for (const item of sequence) {
      let value = unwrap(lookup(item, key));
      for (const index of indexes) value = filterByIndex(value, index);
      if (value !== undefined) results.push(value);
    }
    const last = i === steps.length - 1;
    if (last && results.length === 1 && Array.isArray(results[0]) && !(results[0] instanceof Sequence))
      return results[0];
    const next = new Sequence();
    for (const result of results) {
      if (Array.isArray(result)) for (const item of result as unknown[]) next.push(item);
      else next.push(result);
    }
    if (next.length === 0) return undefined;
    sequence = next;
  }
  return unwrap(sequence);
}

function filterByIndex(value: unknown, index: number): unknown {
  const items = Array.isArray(value) ? (value as unknown[]) : value === undefined ? [] : [value];
  const item = items[index < 0 ? items.length + index : index];
  if (Array.isArray(item)) return item;
  const result = new Sequence();
  if (item !== undefined) result.push(item);
  return result;
}

function compileBinary(node: AstNode, depth: number): Closure | undefined {
  const lhs = node.lhs && !Array.isArray(node.lhs) ? compile(node.lhs as AstNode, depth + 1) : undefined;
  const rhs = node.rhs && compile(node.rhs, depth + 1);
  if (!lhs || !rhs) return undefined;
  const { position } = node;
  switch (node.value) {
    case 'and':
      return (input, variables) =>
        Boolean(toBoolean(lhs(input, variables))) && Boolean(toBoolean(rhs(input, variables)));
    case 'or':
      return (input, variables) =>
        Boolean(toBoolean(lhs(input, variables))) || Boolean(toBoolean(rhs(input, variables)));
    case '=':
      return (input, variables) => {
        const a = lhs(input, variables);
        const b = rhs(input, variables);
        return a !== undefined && b !== undefined && deepEqual(a, b);
      };
    case '!=':
      return (input, variables) => {
        const a = lhs(input, variables);
        const b = rhs(input, variables);
        return a !== undefined && b !== undefined && !deepEqual(a, b);
      };
    case '&':
      return (input, variables) =>
        (toText(lhs(input, variables)) ?? '') + (toText(rhs(input, variables)) ?? '');
    case 'in':
      return (input, variables) => {
        const a = lhs(input, variables);
        const b = rhs(input, variables);
        if (a === undefined || b === undefined) return false;
        return Array.isArray(b) ? b.includes(a) : a === b;
      };
    case '<':
      return compare(lhs, rhs, (a, b) => a < b, position);
    case '<=':
      return compare(lhs, rhs, (a, b) => a <= b, position);
    case '>':
      return compare(lhs, rhs, (a, b) => a > b, position);
    case '>=':
      return compare(lhs, rhs, (a, b) => a >= b, position);
    case '+':
      return arithmetic(lhs, rhs, (a, b) => a + b, position);
    case '-':
      return arithmetic(lhs, rhs, (a, b) => a - b, position);
    case '*':
      return arithmetic(lhs, rhs, (a, b) => a * b, position);
    case '/':
      return arithmetic(lhs, rhs, (a, b) => a / b, position);
    case '%':
      return arithmetic(lhs, rhs, (a, b) => a % b, position);
    default:
      return undefined;
  }
}

function arithmetic(
  lhs: Closure,
  rhs: Closure,
  apply: (a: number, b: number) => number,
  position?: number,
): Closure {
  return (input, variables) => {
    const a = lhs(input, variables);
    const b = rhs(input, variables);
    if (a !== undefined && !isNumeric(a)) throw jsonataError('T2001', position);
    if (b !== undefined && !isNumeric(b)) throw jsonataError('T2002', position);
    return a === undefined || b === undefined ? undefined : apply(a, b);
  };
}

function compare(
  lhs: Closure,
  rhs: Closure,
  apply: (a: string | number, b: string | number) => boolean,
  position?: number,
): Closure {
  return (input, variables) => {
    const a = lhs(input, variables);
    const b = rhs(input, variables);
    if (!comparable(a) || !comparable(b)) throw jsonataError('T2010', position);
    if (a === undefined || b === undefined) return undefined;
    if (typeof a !== typeof b) throw jsonataError('T2009', position);
    return apply(a, b);
  };
}

function comparable(value: unknown): value is string | number | undefined {
  return value === undefined || typeof value === 'string' || typeof value === 'number';
}

function compileUnary(node: AstNode, depth: number): Closure | undefined {
  if (node.value === '-' && node.expression) {
    const operand = compile(node.expression, depth + 1);
    if (!operand) return undefined;
    return (input, variables) => {
      const value = operand(input, variables);
      if (value === undefined) return undefined;
      if (!isNumeric(value)) throw jsonataError('D1002', node.position);
      return -value;
    };
  }
  // Array constructors of literals serve `in`; others join arrays in ways that are the worker's.
  if (node.value === '[' && !node.consarray && node.expressions) {
    const items = node.expressions.map(({ type, value, predicate }) =>
      predicate === undefined && (type === 'string' || type === 'number' || type === 'value')
        ? { value }
        : undefined,
    );
    if (items.some((item) => item === undefined)) return undefined;
    const values = items.map((item) => item!.value);
    return () => values;
  }
  return undefined;
}

function compileCondition(node: AstNode, depth: number): Closure | undefined {
  const condition = node.condition && compile(node.condition, depth + 1);
  const then = node.then && compile(node.then, depth + 1);
  const otherwise = node.else === undefined ? () => undefined : compile(node.else, depth + 1);
  if (!condition || !then || !otherwise) return undefined;
  return (input, variables) =>
    toBoolean(condition(input, variables)) ? then(input, variables) : otherwise(input, variables);
}

function compileFunction(node: AstNode, depth: number): Closure | undefined {
  const { procedure } = node;
  const name = procedure?.type === 'variable' ? (procedure.value as string) : '';
  const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  const nodes = node.arguments ?? [];
  if (!known || nodes.length < known.min || nodes.length > known.max) return undefined;
  const args: Closure[] = [];
  for (const argument of nodes) {
    const compiled = compile(argument, depth + 1);
    if (!compiled) return undefined;
    args.push(compiled);
  }
  const { call } = known;
  const [first] = args;
  if (args.length === 1) return (input, variables) => call([first!(input, variables)]);
  return (input, variables) => call(args.map((argument) => argument(input, variables)));
}
