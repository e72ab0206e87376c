/**
 * How a value of a property is typed:
 * `quantity` a number with a unit; `state` a boolean; `concept` one of a set of named states;
 * `position` a WKT point; `text` a string.
 */
export type ValueType = 'quantity' | 'state' | 'concept' | 'position' | 'text';

/** Where a property is defined: the core ontology, QUDT's quantity kinds, or by a user of this installation. */
export type PropertyOrigin = 'core' | 'kind' | 'own';

/** An observable property (`sosa:ObservableProperty`). */
export interface ObservableProperty {
  /** As written in observations and topics: `AirTemperature`, `quantitykind:Acceleration`, an own term. */
  readonly term: string;
  readonly origin: PropertyOrigin;
  readonly label: string;
  readonly definition: string;
  /** Local name of its QUDT quantity kind; `State`, `Position` or `Text` for the rest. The topic's `{kind}`. */
  readonly kind: string;
  readonly type: ValueType;
  /** Canonical unit, a QUDT local name; for quantities only. */
  readonly unit?: string;
  /** Terms of the broader properties. */
  readonly broader: readonly string[];
  /** A direction: means are circular. */
  readonly circular: boolean;
  /** Terms a `concept` may take. */
  readonly states?: readonly ConceptState[];
  readonly alignments: readonly Alignment[];
  /** How long its observations are kept, as it is written: see `retentionOf`. Of own properties alone. */
  readonly retention?: string;
}

/** One named state of a concept property. */
export interface ConceptState {
  readonly term: string;
  readonly label: string;
  readonly definition: string;
}

/** A checked correspondence to another vocabulary: `skos:exactMatch` or `skos:closeMatch`. */
export interface Alignment {
  readonly match: 'exact' | 'close';
  readonly scheme: string;
  /** An IRI for RDF vocabularies, else the code or key as that scheme writes it. */
  readonly target: string;
  readonly label?: string;
}
