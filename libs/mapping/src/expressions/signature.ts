import { spend } from './budget.js';
import { jsonataError } from './expression-error.js';

interface Parameter {
  /** Letters of the types that it takes; `m`, missing, always among them. */
  readonly kinds: string;
  /** The type of an array's items, where the parameter is an array. */
  readonly items?: string;
  readonly array: boolean;
  /** The context stands in for it. */
  readonly context: boolean;
  readonly optional: boolean;
}

/** A function's signature as jsonata writes it, `<s-nn?:s>`: it checks arguments, and puts the context in their place. */
export class Signature {
  readonly #parameters: readonly Parameter[];
  readonly #pattern: RegExp;
  readonly #arrays: boolean;

  constructor(source: string) {
    const taken = source.slice(1, source.lastIndexOf(':'));
    const parameters = [...taken.matchAll(/(\([a-z]+\)|[a-z])(?:<([a-z])>)?([-?])?/g)];
    this.#parameters = parameters.map(([, type = '', items, mark]) => ({
      kinds: type === 'a' || type === 'x' ? 'asnblom' : `${type}m`,
      ...(items !== undefined && { items }),
      array: type === 'a',
      context: mark === '-',
      optional: mark !== undefined,
    }));
    this.#arrays = this.#parameters.some(({ array }) => array);
    const groups = this.#parameters.map(({ kinds, optional }) => `([${kinds}]${optional ? '?' : ''})`);
    this.#pattern = new RegExp(`^${groups.join('')}$`);
  }

  /** The arguments as the function takes them. @throws ExpressionError */
  check(args: readonly unknown[], context: unknown): readonly unknown[] {
    const parameters = this.#parameters;
    if (args.length > parameters.length) throw jsonataError('T0410');
    for (let i = 0; i < parameters.length; i++) {
      const { kinds, context: takesContext, optional } = parameters[i]!;
      const fits = i < args.length ? kinds.includes(kindOf(args[i])) : optional && !takesContext;
      if (!fits) return this.#assign(args, context);
    }
    if (!this.#arrays) return args;
    return args.map((arg, i) => (parameters[i]!.array ? asArray(arg, parameters[i]!.items) : arg));
  }

  /** Arguments need not stand in their own places: `$substring(1, 2)` is of the context. */
  #assign(args: readonly unknown[], context: unknown): readonly unknown[] {
    const match = this.#pattern.exec(args.map(kindOf).join(''));
    if (!match) throw jsonataError('T0410');
    let next = 0;
    return this.#parameters.map((parameter, i) => {
      if (match[i + 1] !== '') {
        const arg = args[next++];
        return parameter.array ? asArray(arg, parameter.items) : arg;
      }
      if (!parameter.context) return args[next++];
      if (!parameter.kinds.includes(kindOf(context))) throw jsonataError('T0411');
      return context;
    });
  }
}

function asArray(arg: unknown, items: string | undefined): unknown {
  if (arg === undefined) return undefined;
  if (!Array.isArray(arg)) {
    if (items !== undefined && kindOf(arg) !== items) throw jsonataError('T0412');
    return [arg];
  }
  if (items === undefined) return arg;
  spend(arg.length);
  for (const item of arg as unknown[]) if (kindOf(item) !== items) throw jsonataError('T0412');
  return arg;
}

function kindOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return 's';
    case 'number':
      return 'n';
    case 'boolean':
      return 'b';
    case 'object':
      return value === null ? 'l' : Array.isArray(value) ? 'a' : 'o';
    default:
      return 'm';
  }
}
