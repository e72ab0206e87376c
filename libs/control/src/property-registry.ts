import type { SeriesTable } from '#ingest';
import { GlossaError, type ObservableProperty, type Problem } from '#model';
import type { OntologyHub } from '#semantics';
import type { ControlStore } from '#storage';
import type { SchemaRegistry } from './schema-registry.js';

/** Properties that users of this installation define. */
export class PropertyRegistry {
  constructor(
    private readonly store: ControlStore,
    private readonly hub: OntologyHub,
    private readonly series: SeriesTable,
    private readonly schemas: SchemaRegistry,
  ) {}

  async load(): Promise<void> {
    for (const { term, definition } of await this.store.properties.all()) this.hub.setOwn(term, definition);
  }

  /**
   * Defines or replaces one. What observations say must stay true: the meaning of a property in use does not change,
   * but for states that are added.
   * @throws GlossaError `property-reserved`, `property-invalid`, `property-in-use`
   */
  put(term: string, body: unknown): Promise<{ property: ObservableProperty; created: boolean }> {
    return this.schemas.exclusively(async () => {
      const checked = this.hub.checkOwn(term, body);
      if (!checked.ok) throw invalid(checked.errors);
      const before = this.hub.property(term);
      const { property } = checked;
      const user = before && changes(before, property) ? this.#user(term) : undefined;
      if (user !== undefined) {
        const message = `${term} is used by ${user}: its kind, unit and states cannot change`;
        throw new GlossaError('property-in-use', message);
      }
      await this.store.properties.put(term, body);
      this.hub.setOwn(term, body);
      this.schemas.recompile(term);
      return { property, created: !before };
    });
  }

  /** Who relies on a property's meaning. */
  #user(term: string): string | undefined {
    for (const { device, name, property } of this.series.all())
      if (property === term) return `the datastream ${device}/${name}`;
    for (const schema of this.schemas.using(term)) return `the schema ${schema.id}`;
    return undefined;
  }
}

function invalid(errors: readonly Problem[]): GlossaError {
  const reserved = errors.find(({ code }) => code === 'property-reserved');
  return new GlossaError(reserved?.code ?? 'property-invalid', (reserved ?? errors[0]!).message, errors);
}

function changes(before: ObservableProperty, after: ObservableProperty): boolean {
  const states = new Set(after.states?.map(({ term }) => term));
  return (
    before.kind !== after.kind ||
    before.unit !== after.unit ||
    before.type !== after.type ||
    before.circular !== after.circular ||
    (before.states ?? []).some(({ term }) => !states.has(term))
  );
}
