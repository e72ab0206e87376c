import type { SeriesTable } from '#ingest';
import { GlossaError, type ObservableProperty, type Problem } from '#model';
import type { OntologyHub } from '#semantics';
import type { ControlStore } from '#storage';

/** Properties that users of this installation define. */
export class PropertyRegistry {
  constructor(
    private readonly store: ControlStore,
    private readonly hub: OntologyHub,
    private readonly series: SeriesTable,
  ) {}

  async load(): Promise<void> {
    for (const { term, definition } of await this.store.properties.all()) this.hub.setOwn(term, definition);
  }

  /**
   * Defines or replaces one. What observations say must stay true: kind, type and unit of a property in use do
   * not change.
   * @throws GlossaError `property-reserved`, `property-invalid`, `property-in-use`
   */
  async put(term: string, body: unknown): Promise<{ property: ObservableProperty; created: boolean }> {
    const checked = this.hub.checkOwn(term, body);
    if (!checked.ok) throw invalid(checked.errors);
    const before = this.hub.property(term);
    const { property } = checked;
    const changed =
      before &&
      (before.kind !== property.kind || before.unit !== property.unit || before.type !== property.type);
    if (changed && this.#inUse(term)) {
      throw new GlossaError('property-in-use', `${term} has observations: its kind and unit cannot change`);
    }
    await this.store.properties.put(term, body);
    this.hub.setOwn(term, body);
    return { property, created: !before };
  }

  #inUse(term: string): boolean {
    for (const datastream of this.series.all()) if (datastream.property === term) return true;
    return false;
  }
}

/** The code of a document that does not hold is its own; those of its members are in `errors`. */
function invalid(errors: readonly Problem[]): GlossaError {
  const [first] = errors;
  const code = first?.code === 'property-reserved' ? 'property-reserved' : 'property-invalid';
  return new GlossaError(code, first?.message ?? '', errors);
}
