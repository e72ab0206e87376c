import { compileConversion, type Conversion } from './conversion.js';
import { converts, incompatible, measures } from './compatibility.js';
import { UnitResolver, type Scope } from './resolver.js';
import { SpellingIndex } from './spelling-index.js';
import { readAliases, readTable, type AliasFile } from './table-file.js';
import type { QuantityKind, Unit, UnitContext, UnitProblem } from './unit.js';

/** The kind whose values are differences: its units convert without their offsets. */
const DIFFERENCE = 'TemperatureDifference';

let loaded: UnitTable | undefined;

/** The units and quantity kinds of QUDT: looking up, resolving spellings, compatibility, conversion. Immutable. */
export class UnitTable {
  readonly #units: ReadonlyMap<string, Unit>;
  readonly #kinds: ReadonlyMap<string, QuantityKind>;
  readonly #aliases: AliasFile;
  #resolver: UnitResolver | undefined;

  private constructor() {
    const { units, kinds } = readTable();
    this.#units = units;
    this.#kinds = kinds;
    this.#aliases = readAliases();
  }

  /** The table of `ontologies/units/`, read on the first call. */
  static load(): UnitTable {
    return (loaded ??= new UnitTable());
  }

  /** The unit of a local name, deprecated ones included. */
  get(id: string): Unit | undefined {
    return this.#units.get(id);
  }

  /** The quantity kind of a local name. */
  kind(id: string): QuantityKind | undefined {
    return this.#kinds.get(id);
  }

  /** Every unit by local name, deprecated ones included. */
  all(): Iterable<Unit> {
    return this.#units.values();
  }

  /** Every quantity kind by local name. */
  allKinds(): Iterable<QuantityKind> {
    return this.#kinds.values();
  }

  /**
   * The unit that a QUDT IRI, CURIE, local name, UCUM code or everyday spelling means; a deprecated one answers its
   * replacement. Spellings resolve within the property's canonical unit and kind first. Where no meaning fits
   * them, people's meaning is answered all the same: `compatible` then says what is wrong with it.
   * @param hints whether a refusal names candidates: to find them, every spelling is looked at. Not for messages.
   */
  resolve(spelling: string, context?: UnitContext, hints = true): { unit: Unit } | UnitProblem {
    this.#resolver ??= new UnitResolver(this.#units, new SpellingIndex(this.#units, this.#aliases));
    return this.#resolver.resolve(spelling, context && this.#scope(context), hints);
  }

  /**
   * Why values in one unit do not convert to another (of a property of that kind); undefined where they do.
   * @param hints as of `resolve`
   */
  compatible(from: Unit, to: Unit, kind?: string, hints = true): UnitProblem | undefined {
    const within = this.#kindOf(to, kind);
    if (fits(from, to, within)) return undefined;
    return incompatible(from, to, hints ? this.#common(this.compatibleWith(to, kind)) : [], within);
  }

  /** The units that convert to a unit, itself included, without deprecated ones, by local name. */
  compatibleWith(unit: Unit, kind?: string): Unit[] {
    const within = this.#kindOf(unit, kind);
    return [...this.#units.values()].filter(
      (other) => other === unit || (!other.deprecated && fits(other, unit, within)),
    );
  }

  /**
   * Compiles the conversion of values of one unit to another; of a temperature difference, without the offset.
   * @param hints as of `resolve`
   */
  conversion(
    from: Unit,
    to: Unit,
    kind?: string,
    hints = true,
  ): Conversion | { readonly error: UnitProblem } {
    const error = this.compatible(from, to, kind, hints);
    if (error) return { error };
    return compileConversion(from, to, kind !== undefined && this.kindWithin(kind, DIFFERENCE));
  }

  /** Whether a unit measures a quantity kind; false for kinds that QUDT does not have. */
  kindAccepts(kind: string, unit: Unit): boolean {
    const known = this.#kinds.get(kind);
    return known !== undefined && measures(unit, known);
  }

  /** The canonical unit of a generic quantity kind: its coherent SI unit, or the usual one where it has none. */
  coherentSi(kind: string): Unit | undefined {
    const unit = this.#kinds.get(kind)?.unit;
    return unit === undefined ? undefined : this.#units.get(unit);
  }

  /** Whether a kind is another, an exact match of it, or narrower. */
  kindWithin(kind: string, ancestor: string): boolean {
    const seen = new Set<string>();
    const open = [kind];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (id === ancestor) return true;
      if (seen.has(id)) continue;
      seen.add(id);
      const known = this.#kinds.get(id);
      if (known) open.push(...known.broader, ...known.exactMatch);
    }
    return false;
  }

  /** The kind, where it is known and says something about the unit: not every property's kind has units in QUDT. */
  #kindOf(unit: Unit, kind: string | undefined): QuantityKind | undefined {
    const known = kind === undefined ? undefined : this.#kinds.get(kind);
    return known && measures(unit, known) ? known : undefined;
  }

  #scope({ kind, unit }: UnitContext): Scope | undefined {
    const canonical = unit === undefined ? undefined : this.#units.get(unit);
    if (canonical) {
      const within = this.#kindOf(canonical, kind);
      return {
        name: kind ?? `unit:${canonical.id}`,
        fits: (other) => fits(other, canonical, within),
        common: () => this.#common(this.compatibleWith(canonical, kind)),
      };
    }
    const known = kind === undefined ? undefined : this.#kinds.get(kind);
    if (!known) return undefined;
    const measuring = (other: Unit) => measures(other, known);
    const common = () => this.#common([...this.#units.values()].filter(measuring));
    return { name: known.id, fits: measuring, common };
  }

  /** Units that people write before those that only QUDT lists. */
  #common(units: readonly Unit[]): Unit[] {
    const known = units.filter(({ deprecated }) => !deprecated);
    const aliased = known.filter(({ id }) => Object.hasOwn(this.#aliases.units, id));
    return aliased.length > 0 ? aliased : known;
  }
}

/** Whether one unit converts to another and measures the kind that the other is of. */
function fits(from: Unit, to: Unit, within: QuantityKind | undefined): boolean {
  return from.id === to.id || (converts(from, to) && (!within || measures(from, within)));
}
