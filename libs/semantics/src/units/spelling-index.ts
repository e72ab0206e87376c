import type { AliasFile } from './table-file.js';
import { normaliseSpelling } from './spelling.js';
import type { Unit } from './unit.js';

/** The meanings of one spelling. */
export interface Meanings {
  /** From the alias table: what people mean. */
  readonly curated: Unit[];
  /** From QUDT: local names, symbols, UCUM codes, labels. */
  readonly listed: Unit[];
}

const NONE: Meanings = { curated: [], listed: [] };

/** Finds units by spelling. Every spelling, stored or asked for, is normalised first. */
export class SpellingIndex {
  readonly #exact = new Map<string, Meanings>();
  readonly #folded = new Map<string, Meanings>();
  readonly #preferred = new Map<string, Unit>();
  readonly #refused = new Map<string, string>();

  constructor(units: ReadonlyMap<string, Unit>, aliases: AliasFile) {
    for (const unit of units.values()) {
      const target = unit.replacedBy === undefined ? unit : units.get(unit.replacedBy);
      if (!target) continue;
      this.#add(unit.id, target, 'listed');
      if (unit.deprecated) continue;
      // Currency signs are letters and words of other units; their names (CCY_EUR) are not.
      if (unit.symbol !== undefined && !unit.id.startsWith('CCY_')) this.#add(unit.symbol, unit, 'listed');
      for (const code of unit.ucum) this.#add(code, unit, 'listed');
      this.#add(unit.label, unit, 'listed');
    }
    for (const [id, spellings] of Object.entries(aliases.units)) {
      const unit = units.get(id);
      if (!unit)
        throw new Error(`ontologies/units/aliases.json names unit:${id}, which the unit table lacks`);
      for (const spelling of spellings) this.#add(spelling, unit, 'curated');
    }
    for (const [spelling, id] of Object.entries(aliases.preferred)) {
      const unit = units.get(id);
      if (!unit)
        throw new Error(`ontologies/units/aliases.json prefers unit:${id}, which the unit table lacks`);
      this.#preferred.set(normaliseSpelling(spelling), unit);
    }
    for (const [spelling, hint] of Object.entries(aliases.refused)) {
      this.#refused.set(normaliseSpelling(spelling), hint);
    }
  }

  /** Meanings of a normalised spelling, letter case included. */
  exact(key: string): Meanings {
    return this.#exact.get(key) ?? NONE;
  }

  /** Meanings of a normalised spelling in any letter case. */
  folded(key: string): Meanings {
    return this.#folded.get(key.toLowerCase()) ?? NONE;
  }

  /** What people mean by a spelling of several meanings when nothing else is known. */
  preferred(key: string): Unit | undefined {
    return this.#preferred.get(key);
  }

  /** The way out for a spelling that is never resolved. */
  refused(key: string): string | undefined {
    return this.#refused.get(key) ?? this.#refused.get(key.toLowerCase());
  }

  /** Every key with its meanings, for finding near ones. */
  entries(): IterableIterator<[string, Meanings]> {
    return this.#exact.entries();
  }

  #add(spelling: string, unit: Unit, source: keyof Meanings): void {
    const key = normaliseSpelling(spelling);
    if (key === '') return;
    put(this.#exact, key, unit, source);
    put(this.#folded, key.toLowerCase(), unit, source);
  }
}

function put(index: Map<string, Meanings>, key: string, unit: Unit, source: keyof Meanings): void {
  let meanings = index.get(key);
  if (!meanings) {
    meanings = { curated: [], listed: [] };
    index.set(key, meanings);
  }
  if (!meanings[source].includes(unit)) meanings[source].push(unit);
}
