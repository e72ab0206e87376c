/** A unit of measure of QUDT. `base = (value + offset) * multiplier`. */
export interface Unit {
  /** QUDT's local name, such as `DEG_C`. */
  readonly id: string;
  readonly label: string;
  readonly symbol?: string;
  /** Codes of the Unified Code for Units of Measure. */
  readonly ucum: readonly string[];
  /** 0 where no linear conversion exists: logarithmic and conventional scales, currencies. */
  readonly multiplier: number;
  readonly offset: number;
  /** QUDT's dimension vector, such as `A0E0L0I0M0H1T0D0`. */
  readonly dimension: string;
  /** What tells apart units of one dimension: `energy` and `torque`; `=PH` for a unit that converts only to itself. */
  readonly sort: string;
  /** Local names of the quantity kinds that QUDT lists it under. */
  readonly kinds: readonly string[];
  /** dB, dBm, pH and the like: values that convert only to themselves. */
  readonly logarithmic: boolean;
  readonly deprecated?: true;
  /** The unit to use in place of a deprecated one. */
  readonly replacedBy?: string;
}

/** A quantity kind of QUDT. */
export interface QuantityKind {
  /** QUDT's local name, such as `Temperature`. */
  readonly id: string;
  readonly label: string;
  readonly dimension: string;
  readonly broader: readonly string[];
  readonly exactMatch: readonly string[];
  /** Local names of the units that QUDT lists for it. */
  readonly units: readonly string[];
  /** The sort that its units share; absent where QUDT names no unit for it or only logarithmic ones. */
  readonly sort?: string;
  /** Its coherent SI unit, or the usual one where it has none: `W`, `DeciB`. */
  readonly unit?: string;
}

/** Why a spelling or a pair of units is refused; `candidates` are local names, the likeliest first. */
export interface UnitProblem {
  readonly code: 'unit-unknown' | 'unit-ambiguous' | 'unit-incompatible';
  readonly message: string;
  readonly hint: string;
  readonly candidates: readonly string[];
}

/** What is known about the property that a spelling belongs to. */
export interface UnitContext {
  /** Local name of the property's quantity kind. */
  readonly kind?: string;
  /** Local name of the property's canonical unit. */
  readonly unit?: string;
}

/** How people see a unit: its symbol, with the name that is never mistaken. */
export function nameUnit(unit: Unit): string {
  return unit.symbol === undefined ? `unit:${unit.id}` : `${unit.symbol} (unit:${unit.id})`;
}
