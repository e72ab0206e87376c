import type { ObservableProperty } from '#model';
import type { Conversion, Unit, UnitTable } from '#semantics';
import type { Expression, Variables } from '../expressions/index.js';
import { brief } from '../trace.js';
import { readOuter, type Reader, type Resolved } from './reader.js';
import { Unfit } from './typed-value.js';

/** A unit and how its values become canonical. */
export interface UnitConversion {
  readonly unit: Unit;
  readonly conversion: Conversion;
}

const MAX_SPELLINGS = 256;
/** A longer text is no unit: what is remembered is bounded in bytes, too. */
const MAX_SPELLING = 96;

/**
 * Resolves a spelling for a property and compiles the conversion to its canonical unit.
 * @param hints whether a refusal names candidates, which takes a while to find
 */
export function conversionFor(
  spelling: string,
  property: ObservableProperty,
  units: UnitTable,
  hints = true,
):
  | UnitConversion
  | {
      readonly code: 'unit-unknown' | 'unit-ambiguous' | 'unit-incompatible';
      readonly message: string;
      readonly hint: string;
    } {
  const { kind, unit: canonical = '' } = property;
  const resolved = units.resolve(spelling, { kind, unit: canonical }, hints);
  if (!('unit' in resolved)) return resolved;
  const conversion = units.conversion(resolved.unit, units.get(canonical)!, kind, hints);
  return 'error' in conversion ? conversion.error : { unit: resolved.unit, conversion };
}

/** The unit that a payload says: each spelling is resolved once. */
export class UnitReader {
  readonly #known = new Map<string, UnitConversion | Unfit>();

  constructor(
    readonly expression: Expression,
    private readonly read: Reader,
    private readonly map: Readonly<Record<string, string>> | undefined,
    private readonly property: ObservableProperty,
    private readonly units: UnitTable,
  ) {}

  at(input: unknown, variables: Variables, resolved: Resolved | undefined): UnitConversion | Unfit {
    const said = readOuter(this.read, input, variables, resolved);
    if (typeof said === 'string') return this.#of(said);
    // Looked up only: as a spelling, 1 would be UCUM's unity.
    if ((typeof said === 'number' || typeof said === 'boolean') && this.#lists(String(said)))
      return this.#of(String(said));
    return new Unfit('unit-missing', `the payload says no unit: ${brief(said)}`);
  }

  #lists(said: string): boolean {
    return this.map !== undefined && Object.hasOwn(this.map, said);
  }

  #of(said: string): UnitConversion | Unfit {
    if (said.length > MAX_SPELLING) return new Unfit('unit-unknown', `${brief(said)} is no unit`);
    let known = this.#known.get(said);
    if (known) return known;
    const spelling = this.#lists(said) ? this.map![said]! : said;
    const found = conversionFor(spelling, this.property, this.units, false);
    known = 'code' in found ? new Unfit(found.code, found.message) : found;
    if (this.#known.size >= MAX_SPELLINGS) this.#known.clear();
    this.#known.set(said, known);
    return known;
  }
}
