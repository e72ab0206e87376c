import {
  FLAGS,
  pointer,
  type ErrorCode,
  type ObservableProperty,
  type ObservationValue,
  type Rejection,
} from '#model';
import { nameUnit } from '#semantics';
import { ExpressionError, type Expression, type Variables } from '../expressions/index.js';
import { brief, type Trace } from '../trace.js';
import type { Condition } from './condition.js';
import type { Reader, Resolved } from './reader.js';
import type { Template } from './template.js';
import type { TimeReader } from './time-reader.js';
import { sayFirst, typedValue, Unfit } from './typed-value.js';
import { UnitReader, type UnitConversion } from './unit-reader.js';

/** A rule of a document, compiled. */
export interface RuleParts {
  readonly name: string;
  readonly property: ObservableProperty;
  readonly read: Reader;
  readonly when?: Condition;
  /** Fixed, or read from the payload; undefined for what has no unit. */
  readonly unit?: UnitConversion | UnitReader;
  readonly values?: Readonly<Record<string, boolean | string | number>>;
  /** In the rule's unit. */
  readonly range?: readonly [number, number];
  readonly outOfRange: 'flag' | 'reject';
  readonly device?: Template;
  readonly feature?: Template;
  readonly time?: TimeReader;
  /** Its expressions over an item, `value` and `when`. */
  readonly inner: readonly Expression[];
  /** Those that are tried on the whole payload where the item has nothing: unit, time, device, feature. */
  readonly outer: readonly Expression[];
  /** JSON Pointers of the item that the rule takes up, with all below them. */
  readonly reads: readonly string[];
  /** JSON Pointers that its condition looks at. */
  readonly looks: readonly string[];
}

/** A value with flags. */
export interface ReadValue {
  readonly value: ObservationValue;
  readonly flags: number;
}

/** What a rule makes of a payload: a value with flags, nothing, or why not. */
export type RuleResult = ReadValue | Rejection | undefined;

/** One datastream's rule. */
export class Rule {
  readonly pointer: string;
  /** The same object each time: a message has a value a rule. */
  readonly #read = { value: 0 as ObservationValue, flags: 0 };
  /** What `values` lists, in words. */
  readonly #listed: string;

  constructor(readonly parts: RuleParts) {
    this.pointer = pointer('observations', parts.name);
    this.#listed = sayFirst(Object.keys(parts.values ?? {}), brief);
  }

  /** Evaluates the rule on a payload or item. A value that it answers holds until it is evaluated again. */
  apply(
    input: unknown,
    variables: Variables,
    resolved: Resolved | undefined,
    trace: Trace | undefined,
  ): RuleResult {
    const { name, when } = this.parts;
    try {
      if (when && !when(input, variables, resolved)) {
        trace?.add('when', '`when` does not hold: no observation', name);
        return undefined;
      }
      const raw = this.parts.read(input, variables, resolved);
      if (raw === undefined || raw === null) {
        trace?.add('value', 'the value is absent: no observation', name);
        return undefined;
      }
      trace?.add('value', `raw value ${brief(raw)}`, name);
      return this.#convert(raw, input, variables, resolved, trace);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      return this.reject('map', error.code, error.message, trace);
    }
  }

  #convert(
    raw: unknown,
    input: unknown,
    variables: Variables,
    resolved: Resolved | undefined,
    trace: Trace | undefined,
  ): RuleResult {
    const { property, values, unit, range } = this.parts;
    const meant = values ? this.#meaning(raw, values) : raw;
    if (meant instanceof Unfit) return this.reject('map', meant.code, meant.message, trace);
    if (values && trace)
      trace.add('value', `\`values\`: ${brief(raw)} means ${brief(meant)}`, this.parts.name);
    const value = typedValue(meant, property);
    if (value instanceof Unfit) return this.reject('map', value.code, value.message, trace);
    if (typeof value !== 'number' || !unit) return this.#answer(value, 0);
    const found = unit instanceof UnitReader ? unit.at(input, variables, resolved) : unit;
    if (found instanceof Unfit) return this.reject('map', found.code, found.message, trace);
    let flags = 0;
    if (range && (value < range[0] || value > range[1])) {
      const message = `${value} is outside ${range[0]} to ${range[1]}`;
      if (this.parts.outOfRange === 'reject')
        return this.reject('check', 'value-out-of-range', message, trace);
      flags = FLAGS['out-of-range'];
      trace?.add('range', `${message}: kept and flagged`, this.parts.name);
    }
    const canonical = found.conversion.apply(value);
    if (!Number.isFinite(canonical))
      return this.reject('map', 'value-not-finite', `${value} converts to ${canonical}`, trace);
    if (trace) this.#tellUnit(value, canonical, found, trace);
    return this.#answer(canonical, flags);
  }

  /** The meaning of a raw value by its text, which of an array or object is the short one. */
  #meaning(raw: unknown, values: Readonly<Record<string, boolean | string | number>>): unknown {
    const key = typeof raw === 'string' ? raw : brief(raw);
    if (Object.hasOwn(values, key)) return values[key];
    return new Unfit('value-unmapped', `${brief(raw)} is not among ${this.#listed}`);
  }

  #answer(value: ObservationValue, flags: number): ReadValue {
    this.#read.value = value;
    this.#read.flags = flags;
    return this.#read;
  }

  #tellUnit(value: number, canonical: number, { unit, conversion }: UnitConversion, trace: Trace): void {
    const from = nameUnit(unit);
    const text = conversion.identity
      ? `${value} ${from} is in the canonical unit: kept exactly`
      : `${value} ${from} is ${canonical} unit:${this.parts.property.unit ?? ''}`;
    trace.add('unit', text, this.parts.name);
  }

  /** Why a value is not stored; the good ones are stored all the same. */
  reject(stage: 'map' | 'check', code: ErrorCode, message: string, trace: Trace | undefined): Rejection {
    const { name } = this.parts;
    trace?.add('result', `rejected: ${message}`, name);
    return { stage, code, message: `${name}: ${message}`, pointer: this.pointer, name };
  }
}

/** Whether a rule's result is a rejection. */
export function isRejection(result: RuleResult): result is Rejection {
  return result !== undefined && 'code' in result;
}
