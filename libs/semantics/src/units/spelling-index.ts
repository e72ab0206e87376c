import type { AliasFile } from './table-file.js';
import { normaliseSpelling } from './spelling.js';
import type { Unit } from './unit.js';

/** The meanings of one spelling. */
export interface Meanings {
  /** From the alias table: what people mean. */
  readonly curated: readonly Unit[];
  /** From QUDT: local names, symbols, UCUM codes, labels. */
  readonly listed: readonly Unit[];
}

/** Finds units by spelling. Every spelling, stored or asked for, is normalised first. */
export class SpellingIndex {
  readonly #curated = new Map<string, Unit[]>();
  readonly #listed = new Map<string, Unit[]>();
  /** Lower case -> the keys that are so but for their case. */
  readonly #cases = new Map<string, string[]>();
  readonly #preferred = new Map<string, Unit>();
  readonly #refused = new Map<string, string>();

  constructor(units: ReadonlyMap<string, Unit>, aliases: AliasFile) {
    for (const unit of units.values()) {
      const target = unit.replacedBy === undefined ? unit : units.get(unit.replacedBy);
      if (!target) continue;
      this.#add(unit.id, target, this.#listed);
      // Currency signs are letters and words of other units; their names (CCY_EUR) are not.
      if (unit.id.startsWith('CCY_')) continue;
      if (unit.symbol !== undefined) this.#add(unit.symbol, target, this.#listed);
      for (const spelling of [...unit.ucum, unit.label]) this.#add(spelling, target, this.#listed);
    }
    for (const [id, spellings] of Object.entries(aliases.units)) {
      const unit = units.get(id);
      if (!unit)
        throw new Error(`ontologies/units/aliases.json names unit:${id}, which the unit table lacks`);
      for (const spelling of spellings) this.#add(spelling, unit, this.#curated);
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
    return { curated: this.#curated.get(key) ?? [], listed: this.#listed.get(key) ?? [] };
  }

  /** Meanings of a normalised spelling in any letter case. */
  folded(key: string): Meanings {
    const lower = key.toLowerCase();
    const all = [lower, ...(this.#cases.get(lower) ?? [])].map((other) => this.exact(other));
    return { curated: all.flatMap(({ curated }) => curated), listed: all.flatMap(({ listed }) => listed) };
  }

  /** What people mean by a spelling of several meanings when nothing else is known. */
  preferred(key: string): Unit | undefined {
    return this.#preferred.get(key);
  }

  /** The way out for a spelling that is never resolved. */
  refused(key: string): string | undefined {
    return this.#refused.get(key) ?? this.#refused.get(key.toLowerCase());
  }

  /** Every key, for finding near ones. */
  *keys(): Iterable<string> {
    yield* this.#curated.keys();
    for (const key of this.#listed.keys()) if (!this.#curated.has(key)) yield key;
  }

  #add(spelling: string, unit: Unit, index: Map<string, Unit[]>): void {
    const key = normaliseSpelling(spelling);
    if (key === '') return;
    const known = index.get(key);
    if (known) {
      if (!known.includes(unit)) known.push(unit);
      return;
    }
    index.set(key, [unit]);
    const lower = key.toLowerCase();
    if (lower === key) return;
    const cases = this.#cases.get(lower);
    if (!cases) this.#cases.set(lower, [key]);
    else if (!cases.includes(key)) cases.push(key);
  }
}
