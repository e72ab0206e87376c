import type { Ingest, SeriesTable } from '#ingest';
import { Snapshot } from '#ingest';
import { checkSchema, type CompiledSchema, type MappingEnvironment } from '#mapping';
import {
  GlossaError,
  pointer,
  problem,
  type Problem,
  type RegisteredSchema,
  type SchemaDocument,
} from '#model';
import type { ControlStore } from '#storage';

/** How a registration ended: a new id, a new version, or the same document again. */
export type Registration = RegisteredSchema & { readonly created: 'new' | 'version' | 'same' };

/**
 * The registered schemas: checks a document against everything known, stores it, and makes a new snapshot
 * effective without a restart.
 */
export class SchemaRegistry {
  readonly #active = new Map<string, CompiledSchema>();
  readonly #listeners = new Set<() => void>();

  constructor(
    private readonly store: ControlStore,
    private readonly environment: MappingEnvironment,
    private readonly series: SeriesTable,
    private readonly ignore: readonly string[],
  ) {}

  /** Compiles what is stored. A stored schema that no longer compiles is left out and reported. */
  async load(onBroken: (id: string, errors: readonly Problem[]) => void): Promise<void> {
    for (const registered of await this.store.schemas.active()) {
      const checked = checkSchema(registered.document, this.environment, { ...registered, examples: false });
      if (checked.ok) this.#active.set(registered.document.id, checked.schema);
      else onBroken(registered.document.id, checked.errors);
    }
  }

  /** Called after each change. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** The picture of the active schemas that the data plane matches with. */
  snapshot(): Snapshot {
    return new Snapshot(
      [...this.#active.values()],
      (id, version) => this.series.schemaRef(id, version),
      this.ignore,
    );
  }

  compiled(id: string): CompiledSchema | undefined {
    return this.#active.get(id);
  }

  all(): Iterable<CompiledSchema> {
    return this.#active.values();
  }

  /**
   * Checks without storing.
   * @throws GlossaError `schema-invalid` with every problem of the document
   */
  async check(
    document: unknown,
    options: { readonly examples: boolean } = { examples: true },
  ): Promise<CompiledSchema> {
    const { id } = (document ?? {}) as { id?: unknown };
    const version = (typeof id === 'string' ? (this.#active.get(id)?.version ?? 0) : 0) + 1;
    const checked = checkSchema(document, this.environment, { createdAt: new Date().toISOString(), version });
    if (!checked.ok) throw invalid(checked.errors);
    const failures = options.examples ? await checked.schema.runExamples() : [];
    if (failures.length > 0) throw invalid(failures);
    return checked.schema;
  }

  /**
   * Registers a document: a new schema, a new version of one, or nothing when it is the same again.
   * @throws GlossaError `schema-invalid` with every problem
   */
  async register(document: unknown): Promise<Registration> {
    const schema = await this.check(document);
    const conflicts = [...this.#taken(schema), ...this.#changed(schema)];
    if (conflicts.length > 0) throw invalid(conflicts);
    const saved = await this.store.schemas.save(schema.document);
    if (saved.created === 'same' && this.#active.has(schema.id)) return saved;
    const stored = checkSchema(saved.document, this.environment, { ...saved, examples: false });
    if (!stored.ok) throw invalid(stored.errors);
    this.#active.set(schema.id, stored.schema);
    this.#changedNow();
    return saved;
  }

  /** Takes a schema out of service; its versions stay readable. @throws GlossaError `not-found` */
  async retire(id: string): Promise<void> {
    if (!(await this.store.schemas.retire(id)))
      throw new GlossaError('not-found', `there is no schema ${id}`);
    this.#active.delete(id);
    this.#changedNow();
  }

  /** Makes the snapshot effective in the data plane whenever schemas change. */
  drive(ingest: Ingest): void {
    this.onChange(() => ingest.swap(this.snapshot()));
  }

  #changedNow(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Two schemas with one pattern and no `match` cannot both take a message. */
  *#taken(schema: CompiledSchema): Generator<Problem> {
    if (schema.hasMatch) return;
    const several = Array.isArray(schema.document.topic);
    for (const other of this.#active.values()) {
      if (other.id === schema.id || other.hasMatch) continue;
      const keys = new Set(other.patterns.map((pattern) => pattern.key));
      for (const [i, { key, source }] of schema.patterns.entries()) {
        if (!keys.has(key)) continue;
        const message = `the pattern ${source} is taken by the schema ${other.id}, and neither has "match"`;
        yield problem(several ? pointer('topic', i) : '/topic', 'topic-taken', message);
      }
    }
  }

  /** A datastream's property never changes: not from the active version, not against what is stored. */
  *#changed(schema: CompiledSchema): Generator<Problem> {
    const before = this.#active.get(schema.id);
    for (const [name, property] of schema.properties) {
      const was = before?.properties.get(name)?.term ?? this.#stored(schema.id, name, property.term);
      if (was === undefined || was === property.term) continue;
      const message = `datastream ${name} observes ${was}; it cannot observe ${property.term}`;
      yield problem(pointer('observations', name, 'property'), 'datastream-property-changed', message);
    }
  }

  #stored(id: string, name: string, term: string): string | undefined {
    for (const datastream of this.series.all()) {
      if (datastream.name !== name || datastream.property === term) continue;
      if (datastream.latest?.schema.schema === id) return datastream.property;
    }
    return undefined;
  }
}

function invalid(errors: readonly Problem[]): GlossaError {
  const [first] = errors;
  const more = errors.length > 1 ? ` and ${errors.length - 1} more` : '';
  return new GlossaError(
    'schema-invalid',
    `${first?.pointer || 'the document'}: ${first?.message ?? ''}${more}`,
    errors,
  );
}

/** The document alone, as it may be sent back: answers carry more. */
export function withoutReadOnly(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const { version, createdAt, iri, ...document } = body as SchemaDocument & Record<string, unknown>;
  (void version, createdAt, iri);
  return document;
}
