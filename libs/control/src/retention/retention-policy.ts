import { retentionOf, type Micros } from '#model';
import type { OntologyHub } from '#semantics';

/** How long observations are kept, in microseconds; Infinity for ever. */
export interface RetentionRules {
  /** Of properties that none of `properties` names. */
  readonly otherwise: Micros;
  /** By a property or kind, as users write it: `AirTemperature`, `quantitykind:Temperature`, an own term, an IRI. */
  readonly properties: ReadonlyMap<string, Micros>;
}

interface Rule {
  readonly terms: ReadonlySet<string>;
  readonly keep: Micros;
}

/**
 * How long the observations of a property are kept, by the rules of this installation and by what own properties say
 * of themselves. A rule holds for its property, the narrower ones, and for a kind
 * the properties of the kind; the narrowest rule wins, and of two that overlap the one that keeps longer.
 */
export class RetentionPolicy {
  constructor(
    private readonly rules: RetentionRules,
    private readonly hub: OntologyHub,
  ) {}

  /** The same rules over other properties. */
  over(hub: OntologyHub): RetentionPolicy {
    return new RetentionPolicy(this.rules, hub);
  }

  /** Names in the rules that are no property or kind, each with what is like it. */
  unknown(): { readonly name: string; readonly like: readonly string[] }[] {
    return [...this.rules.properties.keys()]
      .filter((name) => !this.hub.narrower(name))
      .map((name) => ({ name, like: this.hub.suggest(name) }));
  }

  /** Whether anything is deleted at all. */
  get deletes(): boolean {
    return this.#all().some((keep) => keep < Infinity);
  }

  /** The shortest time that anything is kept. */
  get shortest(): Micros {
    return Math.min(...this.#all());
  }

  /** How long a property is kept, with the properties that there are now. */
  lookup(): (property: string) => Micros {
    const rules: Rule[] = this.#named().flatMap(([name, keep]) => {
      const terms = this.hub.narrower(name);
      return terms ? [{ terms, keep }] : [];
    });
    const known = new Map<string, Micros>();
    return (property) => {
      let keep = known.get(property);
      if (keep === undefined) {
        const fitting = rules.filter(({ terms }) => terms.has(property));
        const narrowest = fitting.filter((one) => !fitting.some((other) => isWithin(other, one)));
        keep = narrowest.length > 0 ? Math.max(...narrowest.map((one) => one.keep)) : this.rules.otherwise;
        known.set(property, keep);
      }
      return keep;
    };
  }

  #all(): Micros[] {
    return [this.rules.otherwise, ...this.#named().map(([, keep]) => keep)];
  }

  #named(): [name: string, keep: Micros][] {
    const own = this.hub.properties().flatMap(({ term, retention }): [string, Micros][] => {
      const keep = retention === undefined ? undefined : retentionOf(retention);
      return typeof keep === 'number' ? [[term, keep]] : [];
    });
    return [...this.rules.properties, ...own];
  }
}

/** Whether a rule is for a part of what another one is for. */
function isWithin(a: Rule, b: Rule): boolean {
  if (a.terms.size >= b.terms.size) return false;
  for (const term of a.terms) if (!b.terms.has(term)) return false;
  return true;
}
