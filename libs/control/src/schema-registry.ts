import type { Ingest, SeriesTable, SuspensionNotice } from '#ingest';
import { Snapshot, Suspensions } from '#ingest';
import { checkSchema, type CompiledSchema, type MappingEnvironment, runExamples } from '#mapping';
import { GlossaError, pointer, problem, type Problem, type RegisteredSchema } from '#model';
import { isDeepStrictEqual } from 'node:util';
import type { ControlStore } from '#storage';
import { Turns } from './turns.js';

/** How a registration ended: of an id that no schema in service has, a new version, or the same document again. */
export type Registration = RegisteredSchema & { readonly created: 'new' | 'version' | 'same' };

/**
 * The registered schemas: checks a document against everything known, stores it, and makes a new snapshot
 * effective without a restart.
 */
export class SchemaRegistry {
  /** Schemas that are not asked for a while, since their expressions take too long. */
  readonly suspensions = new Suspensions();
  readonly #active = new Map<string, CompiledSchema>();
  readonly #listeners = new Set<() => void>();
  readonly #turns = new Turns();

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
    this.suspensions.keep(this.#active.values());
    return new Snapshot(
      [...this.#active.values()],
      (id, version) => this.series.schemaRef(id, version),
      this.ignore,
      this.suspensions,
    );
  }

  compiled(id: string): CompiledSchema | undefined {
    return this.#active.get(id);
  }

  /** Why and since when a version is suspended; undefined for one that is in service, or retired. */
  suspended(id: string, version: number): SuspensionNotice | undefined {
    const schema = this.#active.get(id);
    return schema?.version === version ? this.suspensions.of(schema)?.notice : undefined;
  }

  all(): Iterable<CompiledSchema> {
    return this.#active.values();
  }

  /** Schemas in service whose observations are of a property. */
  *using(term: string): Iterable<CompiledSchema> {
    for (const schema of this.#active.values())
      for (const property of schema.properties.values())
        if (property.term === term) {
          yield schema;
          break;
        }
  }

  /** Makes a changed property effective in the schemas that use it. */
  recompile(term: string): void {
    const affected = [...this.using(term)];
    for (const { document, version, createdAt } of affected) {
      const checked = checkSchema(document, this.environment, { version, createdAt, examples: false });
      if (checked.ok) this.#active.set(document.id, checked.schema);
    }
    if (affected.length > 0) this.#changedNow();
  }

  /** Runs a task while no schema is being registered or retired. */
  exclusively<T>(task: () => Promise<T>): Promise<T> {
    return this.#turns.take(task);
  }

  /**
   * Checks and compiles without storing, and without running the examples.
   * @throws GlossaError `schema-invalid` with every problem of the document
   */
  compile(document: unknown): CompiledSchema {
    const { id } = isDocument(document) ? document : {};
    const version = (typeof id === 'string' ? (this.#active.get(id)?.version ?? 0) : 0) + 1;
    const checked = checkSchema(document, this.environment, { createdAt: new Date().toISOString(), version });
    if (!checked.ok) throw invalid(checked.errors);
    return checked.schema;
  }

  /**
   * Registers a document under an id that is free; the same document again is none the worse.
   * @throws GlossaError `schema-invalid` with every problem, `already-exists` for another document of the id
   */
  create(document: unknown): Promise<Registration> {
    return this.#turns.take(async () => {
      const schema = this.compile(document);
      const before = this.#active.get(schema.id);
      if (before && !isDeepStrictEqual(before.document, schema.document)) {
        const message = `there is a schema ${schema.id}; PUT /api/schemas/${schema.id} replaces it`;
        throw new GlossaError('already-exists', message);
      }
      return this.#save(schema);
    });
  }

  /**
   * Makes a document the active one of an id: a new schema, a new version of one, or nothing when it is the same
   * again. The document may leave its id out.
   * @throws GlossaError `schema-invalid` with every problem
   */
  replace(id: string, document: unknown): Promise<Registration> {
    return this.#turns.take(async () => {
      const given = isDocument(document) ? { id, ...document } : document;
      if (!isDocument(given) || given.id === id) return this.#save(this.compile(given));
      const errors = [otherId(given.id, id)];
      try {
        this.compile(given);
      } catch (error) {
        if (!(error instanceof GlossaError)) throw error;
        errors.push(...error.errors.filter(({ pointer: at }) => at !== '/id'));
      }
      throw invalid(errors);
    });
  }

  async #save(schema: CompiledSchema): Promise<Registration> {
    const errors = [...(await runExamples(schema)), ...this.#taken(schema), ...this.#changed(schema)];
    if (errors.length > 0) throw invalid(errors);
    const inService = this.#active.has(schema.id);
    const saved = await this.store.schemas.save(schema.document);
    if (saved.created === 'same' && inService) return saved;
    const stored = checkSchema(saved.document, this.environment, { ...saved, examples: false });
    if (!stored.ok) throw invalid(stored.errors);
    this.#active.set(schema.id, stored.schema);
    this.#changedNow();
    return inService ? saved : { ...saved, created: 'new' };
  }

  /** Takes a schema out of service; its versions stay readable. @throws GlossaError `not-found` */
  retire(id: string): Promise<void> {
    return this.#turns.take(async () => {
      if (!(await this.store.schemas.retire(id)))
        throw new GlossaError('not-found', `there is no schema ${id}`);
      this.#active.delete(id);
      this.#changedNow();
    });
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

function isDocument(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function otherId(given: unknown, id: string): Problem {
  const message = `the document's id is ${JSON.stringify(given)}, the path says ${id}`;
  return problem('/id', 'schema-invalid', message, 'Leave it out, or give the id of the path.');
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

const READ_ONLY = new Set(['version', 'createdAt', 'suspended']);

/** The document alone, as it may be sent back: answers carry more. */
export function withoutReadOnly(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(Object.entries(body).filter(([name]) => !READ_ONLY.has(name)));
}
