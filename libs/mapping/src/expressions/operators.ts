import { spend, spendNewText, spendText } from './budget.js';
import type { Closure } from './closure.js';
import { jsonataError } from './expression-error.js';
import { deepEqual, isNumeric, toBoolean, toText } from './values.js';

type Binary = (lhs: Closure, rhs: Closure, position: number | undefined) => Closure;

/** Binary operators that compile, by their sign. */
export const OPERATORS: Readonly<Record<string, Binary>> = {
  and: (lhs, rhs) => (input, variables) =>
    toBoolean(lhs(input, variables)) === true && toBoolean(rhs(input, variables)) === true,
  or: (lhs, rhs) => (input, variables) =>
    toBoolean(lhs(input, variables)) === true || toBoolean(rhs(input, variables)) === true,
  '=': (lhs, rhs) => (input, variables) => {
    const a = lhs(input, variables);
    const b = rhs(input, variables);
    return a !== undefined && b !== undefined && deepEqual(a, b);
  },
  '!=': (lhs, rhs) => (input, variables) => {
    const a = lhs(input, variables);
    const b = rhs(input, variables);
    return a !== undefined && b !== undefined && !deepEqual(a, b);
  },
  '&': (lhs, rhs) => (input, variables) => {
    const left = lhs(input, variables);
    const right = rhs(input, variables);
    const a = toText(left) ?? '';
    const b = toText(right) ?? '';
    spendNewText(a.length + b.length);
    return a + b;
  },
  in: (lhs, rhs) => (input, variables) => {
    const a = lhs(input, variables);
    const b = rhs(input, variables);
    if (a === undefined || b === undefined) return false;
    const items = Array.isArray(b) ? (b as unknown[]) : [b];
    spend(items.length * (typeof a === 'string' ? 1 + (a.length >> 6) : 1));
    // Unlike `includes`, which finds what is not a number.
    return items.indexOf(a) >= 0;
  },
  '<': comparison((a, b) => a < b),
  '<=': comparison((a, b) => a <= b),
  '>': comparison((a, b) => a > b),
  '>=': comparison((a, b) => a >= b),
  '+': arithmetic((a, b) => a + b),
  '-': arithmetic((a, b) => a - b),
  '*': arithmetic((a, b) => a * b),
  '/': arithmetic((a, b) => a / b),
  '%': arithmetic((a, b) => a % b),
};

function arithmetic(apply: (a: number, b: number) => number): Binary {
  return (lhs, rhs, position) => (input, variables) => {
    const a = lhs(input, variables);
    const b = rhs(input, variables);
    if (a !== undefined && !isNumeric(a)) throw jsonataError('T2001', position);
    if (b !== undefined && !isNumeric(b)) throw jsonataError('T2002', position);
    return a === undefined || b === undefined ? undefined : apply(a, b);
  };
}

function comparison(apply: (a: string | number, b: string | number) => boolean): Binary {
  return (lhs, rhs, position) => (input, variables) => {
    const a = lhs(input, variables);
    const b = rhs(input, variables);
    if (!comparable(a) || !comparable(b)) throw jsonataError('T2010', position);
    if (a === undefined || b === undefined) return undefined;
    if (typeof a !== typeof b) throw jsonataError('T2009', position);
    if (typeof a === 'string') spendText(a);
    return apply(a, b);
  };
}

function comparable(value: unknown): value is string | number | undefined {
  return value === undefined || typeof value === 'string' || typeof value === 'number';
}

/** Unary minus. */
export function negation(operand: Closure, position: number | undefined): Closure {
  return (input, variables) => {
    const value = operand(input, variables);
    if (value === undefined) return undefined;
    if (!isNumeric(value)) throw jsonataError('D1002', position);
    return -value;
  };
}
