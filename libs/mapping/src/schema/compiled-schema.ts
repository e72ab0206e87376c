import type { Codec, ObservableProperty, SchemaDocument } from '#model';
import type { MappingEnvironment } from '../environment.js';
import type { Expression } from '../expressions/index.js';
import type { PayloadSchema } from '../payload/payload-schema.js';
import { conditionReader, type Condition } from '../rules/condition.js';
import { readerOf, type Reader } from '../rules/reader.js';
import type { Rule } from '../rules/rule.js';
import type { Template } from '../rules/template.js';
import type { TimeReader } from '../rules/time-reader.js';
import type { TopicPattern } from '../topic-pattern.js';
import type { CompiledStatus } from './status.js';

/** A checked document in parts. */
export interface SchemaParts {
  readonly document: SchemaDocument;
  readonly version: number;
  readonly createdAt: string;
  readonly environment: MappingEnvironment;
  readonly patterns: readonly TopicPattern[];
  readonly codec: Codec;
  readonly rules: readonly Rule[];
  readonly match?: Expression;
  readonly payload?: PayloadSchema;
  readonly each?: Expression;
  readonly time?: TimeReader;
  readonly device?: Template;
  readonly feature?: Template;
  readonly status?: CompiledStatus;
  /** Expressions of the document itself, not of its rules. */
  readonly shared: readonly Expression[];
}

/** A mapping document, compiled: what the data plane runs. Immutable. */
export class CompiledSchema {
  readonly id: string;
  readonly version: number;
  readonly createdAt: string;
  readonly document: SchemaDocument;
  readonly patterns: readonly TopicPattern[];
  readonly status: CompiledStatus | undefined;
  readonly hasMatch: boolean;
  /** The property of each datastream name. */
  readonly properties: ReadonlyMap<string, ObservableProperty>;
  /** Undefined where every payload matches. */
  readonly condition: Condition | undefined;
  readonly each: Reader | undefined;
  /** Expressions that the worker evaluates on each item; those of `outer` on the payload too. */
  readonly inner: readonly Expression[];
  readonly outer: readonly Expression[];

  constructor(readonly parts: SchemaParts) {
    const { document, match, each, rules, shared } = parts;
    this.id = document.id;
    this.version = parts.version;
    this.createdAt = parts.createdAt;
    this.document = document;
    this.patterns = parts.patterns;
    this.status = parts.status;
    this.hasMatch = match !== undefined;
    this.properties = new Map(rules.map(({ parts: { name, property } }) => [name, property]));
    this.condition = match && conditionReader(match);
    this.each = each && readerOf(each);
    const waits = (expression: Expression) =>
      expression.mode === 'worker' && expression !== match && expression !== each;
    this.inner = rules.flatMap((rule) => rule.parts.inner).filter(waits);
    this.outer = [...shared, ...rules.flatMap((rule) => rule.parts.outer)].filter(waits);
  }

  /** Whether finding out if it applies must wait for the worker. */
  get waitsToMatch(): boolean {
    return this.parts.match?.mode === 'worker';
  }

  /** Whether mapping must wait for the worker. */
  get waits(): boolean {
    return this.inner.length > 0 || this.outer.length > 0 || this.parts.each?.mode === 'worker';
  }
}
