import { NS, paths, problem, type ObservableProperty, type Problem } from '#model';
import type { UnitTable } from '../units/index.js';
import { readContext, readCoreProperties, readFlags } from './core-data.js';
import { nearest } from './nearest.js';
import { ontologyDocument, ONTOLOGY_NAMES, type OntologyName } from './ontology-document.js';
import { checkOwnProperty } from './own-property.js';

/** The kinds of properties that are not quantities; they answer queries like kinds do. */
const PLAIN_KINDS = ['State', 'Position', 'Text'];

/**
 * The ontology hub: every observable property, its kind and place in the hierarchy. The core is read from
 * `ontologies/core`, any QUDT quantity kind serves as a generic property, and users add their own.
 */
export class OntologyHub {
  readonly #core = new Map<string, ObservableProperty>();
  readonly #own = new Map<string, ObservableProperty>();
  readonly #generic = new Map<string, ObservableProperty>();
  /** Own definitions that refer to one that is not there yet: they may arrive in any order. */
  readonly #waiting = new Map<string, unknown>();

  private constructor(readonly units: UnitTable) {
    for (const property of readCoreProperties()) this.#core.set(property.term, property);
  }

  static load(units: UnitTable): OntologyHub {
    return new OntologyHub(units);
  }

  /**
   * The property of a term, CURIE or IRI: `AirTemperature`, `glossa:AirTemperature`, an own term or its IRI, or
   * `quantitykind:Acceleration` for a generic one.
   */
  property(ref: string): ObservableProperty | undefined {
    const term = this.#term(ref);
    return this.#core.get(term) ?? this.#own.get(term) ?? this.#genericOf(term);
  }

  /** Core and own properties, by term. */
  properties(): readonly ObservableProperty[] {
    return [...this.#core.values(), ...this.#own.values()].sort((a, b) => (a.term < b.term ? -1 : 1));
  }

  /** Terms near a misspelt one, the nearest first. */
  suggest(ref: string): string[] {
    const local = ref.replace(/^.*[#/:]/, '');
    return nearest(local, [...this.#core.keys(), ...this.#own.keys()]);
  }

  /** Checks a definition of a property of a user's own, naming every problem. */
  checkOwn(
    term: string,
    body: unknown,
  ): { ok: true; property: ObservableProperty } | { ok: false; errors: Problem[] } {
    const checked = checkOwnProperty(term, body, {
      units: this.units,
      property: (other) => this.property(other),
      children: [...this.#own.values()].filter(({ broader }) => broader.includes(term)),
      suggestKind: (kind) =>
        nearest(
          kind,
          [...this.units.allKinds()].map(({ id }) => id),
        ),
    });
    if (!this.#core.has(term)) return checked;
    const message = `${term} is a term of the core ontology`;
    const hint = 'Choose another term; it may name this one as broader.';
    const errors = [problem('', 'property-reserved', message, hint), ...(checked.ok ? [] : checked.errors)];
    return { ok: false, errors };
  }

  /**
   * Takes a definition that was checked. One that does not hold waits: what it names as broader may be set after
   * it, as when all are read from where they are kept.
   */
  setOwn(term: string, body: unknown): void {
    this.#waiting.set(term, body);
    this.#takeWaiting();
  }

  #takeWaiting(): void {
    for (const [term, body] of this.#waiting) {
      const checked = this.checkOwn(term, body);
      if (!checked.ok) continue;
      this.#own.set(term, checked.property);
      this.#waiting.delete(term);
      this.#takeWaiting();
      return;
    }
  }

  removeOwn(term: string): void {
    this.#own.delete(term);
    this.#waiting.delete(term);
  }

  /**
   * The terms whose observations answer a query: a property with all narrower ones; for a kind, every property of
   * the kind or a narrower one. A word that is both a property and a kind, such as `Acceleration`, means both.
   */
  narrower(ref: string): ReadonlySet<string> | undefined {
    const term = this.#term(ref);
    const kind = term.replace(/^quantitykind:/, '');
    const property = this.#core.get(term) ?? this.#own.get(term);
    const isKind = this.units.kind(kind) !== undefined || PLAIN_KINDS.includes(kind);
    if (!property && !isKind) return undefined;
    const found = new Set<string>();
    if (isKind) this.#ofKind(kind, found);
    if (property) this.#below(property.term, found);
    return found;
  }

  /** The IRI of a property. */
  iri({ term, origin }: Pick<ObservableProperty, 'term' | 'origin'>, baseUrl: string): string {
    switch (origin) {
      case 'core':
        return NS.glossa + term;
      case 'kind':
        return NS.quantitykind + term.slice('quantitykind:'.length);
      case 'own':
        return baseUrl + paths.property(term);
    }
  }

  /** The JSON-LD context document. */
  context(): ReturnType<typeof readContext> {
    return readContext();
  }

  /** Names of the ontologies that are served. */
  ontologyNames(): readonly string[] {
    return ONTOLOGY_NAMES;
  }

  /** An ontology as a JSON-LD document; undefined for a name that is none. */
  ontology(name: string, baseUrl: string): object | undefined {
    if (!ONTOLOGY_NAMES.includes(name as OntologyName)) return undefined;
    return ontologyDocument(name as OntologyName, {
      baseUrl,
      core: [...this.#core.values()],
      own: [...this.#own.values()],
      flags: readFlags(),
      iri: (property) => this.iri(property, baseUrl),
      property: (term) => this.property(term),
    });
  }

  #term(ref: string): string {
    if (ref.startsWith('glossa:')) return ref.slice('glossa:'.length);
    if (ref.startsWith(NS.glossa)) return ref.slice(NS.glossa.length);
    if (ref.startsWith(NS.quantitykind)) return `quantitykind:${ref.slice(NS.quantitykind.length)}`;
    const own = /^https?:\/\/.*\/api\/properties\/([^/]+)$/.exec(ref)?.[1];
    return own === undefined ? ref : decode(own);
  }

  #genericOf(term: string): ObservableProperty | undefined {
    if (!term.startsWith('quantitykind:')) return undefined;
    const cached = this.#generic.get(term);
    if (cached) return cached;
    const kind = this.units.kind(term.slice('quantitykind:'.length));
    const unit = kind && this.units.coherentSi(kind.id);
    if (!kind || !unit) return undefined;
    const property: ObservableProperty = {
      term,
      origin: 'kind',
      label: kind.label,
      definition: `Any ${kind.label} that no named property describes.`,
      kind: kind.id,
      type: 'quantity',
      unit: unit.id,
      broader: [],
      circular: false,
      alignments: [],
    };
    this.#generic.set(term, property);
    return property;
  }

  #ofKind(kind: string, found: Set<string>): void {
    for (const property of [...this.#core.values(), ...this.#own.values()]) {
      if (property.kind === kind || this.units.kindWithin(property.kind, kind)) found.add(property.term);
    }
    if (PLAIN_KINDS.includes(kind)) return;
    for (const { id } of this.units.allKinds()) {
      if (id === kind || this.units.kindWithin(id, kind)) found.add(`quantitykind:${id}`);
    }
  }

  #below(term: string, found: Set<string>): void {
    found.add(term);
    for (const property of [...this.#core.values(), ...this.#own.values()]) {
      if (property.broader.includes(term) && !found.has(property.term)) this.#below(property.term, found);
    }
  }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
