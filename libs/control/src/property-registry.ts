import type { AccountPolicy } from '#access';
import type { SeriesTable } from '#ingest';
import { GlossaError, problem, type ObservableProperty, type Problem } from '#model';
import { OntologyHub } from '#semantics';
import type { ControlStore } from '#storage';
import type { RetentionPolicy } from './retention/retention-policy.js';
import type { SchemaRegistry } from './schema-registry.js';

/** Properties that users of this installation define. */
export class PropertyRegistry {
  constructor(
    private readonly store: ControlStore,
    private readonly hub: OntologyHub,
    private readonly series: SeriesTable,
    private readonly schemas: SchemaRegistry,
    private readonly retention: RetentionPolicy,
  ) {}

  async load(): Promise<void> {
    for (const { term, definition } of await this.store.properties.all()) this.hub.setOwn(term, definition);
  }

  /**
   * Defines or replaces one. What observations say must stay true: the meaning of a property in use does not change,
   * but for states that are added. Who lets observations go sooner than before must be allowed to delete them.
   * @throws GlossaError `property-reserved`, `property-invalid`, `property-in-use`, `forbidden`
   */
  put(
    term: string,
    body: unknown,
    policy: AccountPolicy,
  ): Promise<{ property: ObservableProperty; created: boolean }> {
    return this.schemas.exclusively(async () => {
      const checked = this.hub.checkOwn(term, body);
      if (!checked.ok) throw invalid(checked.errors);
      const { property } = checked;
      if (!policy.may('observations:delete').allowed) {
        const reason = await this.#deletes(property, body);
        if (reason !== undefined)
          throw new GlossaError(
            'forbidden',
            `${policy.username} lacks the permission observations:delete, which ${reason}`,
          );
      }
      const before = this.hub.property(term);
      const changed = before ? changes(before, property) : [];
      const user = changed.length > 0 ? this.#user(term) : undefined;
      if (user !== undefined) {
        const what = changed.map(({ message }) => message).join(', ');
        throw new GlossaError('property-in-use', `${term} is used by ${user}: ${what}`, changed);
      }
      await this.store.properties.put(term, body);
      this.hub.setOwn(term, body);
      this.schemas.recompile(term);
      return { property, created: !before };
    });
  }

  /** Why a definition takes the right to delete: a retention of its own, or a shorter one of what there is. */
  async #deletes({ term, retention }: ObservableProperty, body: unknown): Promise<string | undefined> {
    if (retention !== undefined && !this.hub.property(term)) return '"retention" needs';
    const before = this.retention.lookup();
    const after = this.retention.over(await this.#with(term, body)).lookup();
    // What is below it inherits, and where it stands among the others may decide which rule is the narrowest.
    const shorter = this.hub.properties().filter((known) => after(known.term) < before(known.term));
    if (shorter.length === 0) return undefined;
    const names = shorter.map((known) => known.term).join(', ');
    return `a shorter retention needs: ${names} would be kept for less time`;
  }

  /** The properties as they would be with this definition. */
  async #with(term: string, body: unknown): Promise<OntologyHub> {
    const hub = OntologyHub.load(this.hub.units);
    for (const own of await this.store.properties.all()) hub.setOwn(own.term, own.definition);
    hub.setOwn(term, body);
    return hub;
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

const MEANING = ['kind', 'type', 'unit', 'circular'] as const;

/** What a definition would change of a property's meaning. */
function changes(before: ObservableProperty, after: ObservableProperty): Problem[] {
  const states = new Set(after.states?.map(({ term }) => term));
  const lost = (before.states ?? []).flatMap(({ term }) => (states.has(term) ? [] : [term]));
  const changed = MEANING.filter((member) => before[member] !== after[member]).map((member) => {
    const [from = 'none', to = 'none'] = [before[member], after[member]];
    return inUse(member, `its ${member} cannot change from ${from} to ${to}`);
  });
  return lost.length > 0
    ? [...changed, inUse('states', `its states cannot lose ${lost.join(', ')}`)]
    : changed;
}

function inUse(member: string, message: string): Problem {
  return problem(`/${member}`, 'property-in-use', message);
}
