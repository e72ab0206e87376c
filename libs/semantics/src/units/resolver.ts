import { ERRORS, NS, expandCurie } from '#model';
import { editDistance } from './distance.js';
import { normaliseSpelling } from './spelling.js';
import type { SpellingIndex } from './spelling-index.js';
import { nameUnit, type Unit, type UnitProblem } from './unit.js';

/** Longer texts are no unit; QUDT's longest name has 43 characters. */
const LONGEST = 96;
/** Letter case tells `mW` from `MW`: without a kind, only longer spellings may be written in any case. */
const SHORTEST_IN_ANY_CASE = 3;

/** What a spelling is resolved within. */
export interface Scope {
  /** For messages: `Temperature`. */
  readonly name: string;
  fits(unit: Unit): boolean;
  /** The units of the scope that people use, for hints. */
  common(): readonly Unit[];
}

/** Finds the one unit that a spelling means, or says why there is none. */
export class UnitResolver {
  constructor(
    private readonly units: ReadonlyMap<string, Unit>,
    private readonly index: SpellingIndex,
  ) {}

  /** See `UnitTable.resolve`. */
  resolve(spelling: string, scope?: Scope, hints = true): { unit: Unit } | UnitProblem {
    const none = (text: string, key?: string) =>
      hints ? this.#unknown(text, key, scope) : unknown(text, ERRORS['unit-unknown'].hint, []);
    const text = spelling.trim();
    if (text.length > LONGEST) return none(`${text.slice(0, 24)}…`);
    const local = localName(text);
    if (local !== undefined) {
      const unit = this.#current(this.units.get(local));
      return unit ? { unit } : none(text, local);
    }
    const key = normaliseSpelling(text);
    const wayOut = this.index.refused(key);
    if (wayOut !== undefined) return unknown(text, wayOut, []);
    const found = (scope && this.#within(text, key, scope)) ?? this.#anywhere(text, key, scope);
    return found ?? none(text, key);
  }

  /** Within a kind: every meaning counts, and letter case only where it decides. */
  #within(text: string, key: string, scope: Scope): { unit: Unit } | UnitProblem | undefined {
    const { curated, listed } = this.index.exact(key);
    const hits = distinct([...curated, ...listed].filter((unit) => scope.fits(unit)));
    if (hits.length > 0) {
      const meant = distinct(curated.filter((unit) => scope.fits(unit)));
      const preferred = this.index.preferred(key);
      const unit = only(hits) ?? only(meant) ?? hits.find((hit) => hit === preferred);
      return unit ? { unit } : ambiguous(text, hits, `as a unit of ${scope.name}`);
    }
    const anyCase = this.#inAnyCase(key, scope);
    const unit = only(anyCase);
    if (unit && !this.#dependsOnCase(key)) return { unit };
    if (anyCase.length > 1) return ambiguous(text, anyCase, `as a unit of ${scope.name}`);
    return undefined;
  }

  /** Without a kind, or where no meaning fits it: people's meaning before QUDT's letters. */
  #anywhere(text: string, key: string, scope: Scope | undefined): { unit: Unit } | UnitProblem | undefined {
    const preferred = this.index.preferred(key);
    if (preferred) return { unit: preferred };
    const { curated, listed } = this.index.exact(key);
    const anyCase = key.length < SHORTEST_IN_ANY_CASE ? [] : this.#inAnyCase(key, undefined);
    for (const meanings of [curated, listed, anyCase]) {
      const hits = distinct(meanings);
      if (hits.length === 0) continue;
      const unit = only(hits);
      if (unit) return meanings === anyCase && this.#dependsOnCase(key) ? undefined : { unit };
      return ambiguous(text, hits, scope ? `and none is a unit of ${scope.name}` : 'without a quantity kind');
    }
    return undefined;
  }

  #inAnyCase(key: string, scope: Scope | undefined): Unit[] {
    const { curated, listed } = this.index.folded(key);
    return distinct([...curated, ...listed].filter((unit) => !scope || scope.fits(unit)));
  }

  /**
   * Whether letter case carries the prefix: `m` is milli and `M` mega before a unit. QUDT may lack one of the two
   * (it has MWh, but no mWh), so that finding one unit in any case proves nothing.
   */
  #dependsOnCase(key: string): boolean {
    return [...key.toLowerCase().matchAll(/(?<![a-z°%])m([a-z°]+)/g)].some(([, rest]) => {
      const { curated, listed } = this.index.folded(rest ?? '');
      return curated.length + listed.length > 0;
    });
  }

  #unknown(text: string, key: string | undefined, scope: Scope | undefined): UnitProblem {
    const near = key === undefined ? [] : this.#near(key, scope);
    const common = scope?.common().slice(0, 6) ?? [];
    const advice = /^\d/.test(text)
      ? 'A factor belongs into "value" (x * 10), the bare unit here. '
      : near.length > 0
        ? `Did you mean ${near.map(nameUnit).join(' or ')}? `
        : common.length > 0
          ? `Units of ${scope?.name ?? ''}: ${common.map(nameUnit).join(', ')}. `
          : '';
    return unknown(
      text,
      advice + ERRORS['unit-unknown'].hint,
      (near.length > 0 ? near : common).map(({ id }) => id),
    );
  }

  /** Up to three units whose spellings are a few edits away, the nearest first. */
  #near(key: string, scope: Scope | undefined): Unit[] {
    const anyCase = this.#inAnyCase(key, scope);
    if (anyCase.length > 0) return anyCase.slice(0, 3);
    const wanted = key.toLowerCase();
    const limit = Math.min(2, Math.floor(wanted.length / 3));
    if (limit === 0) return [];
    const best = new Map<Unit, number>();
    for (const other of this.index.keys()) {
      const distance = editDistance(wanted, other.toLowerCase(), limit);
      if (distance > limit) continue;
      const { curated, listed } = this.index.exact(other);
      for (const unit of [...curated, ...listed]) {
        if (scope && !scope.fits(unit)) continue;
        // At one distance, what people write comes before QUDT's lists.
        const score = distance * 2 + (curated.includes(unit) ? 0 : 1);
        if (score < (best.get(unit) ?? Infinity)) best.set(unit, score);
      }
    }
    return [...best]
      .sort((a, b) => a[1] - b[1])
      .map(([unit]) => unit)
      .slice(0, 3);
  }

  #current(unit: Unit | undefined): Unit | undefined {
    return unit?.replacedBy === undefined ? unit : (this.units.get(unit.replacedBy) ?? unit);
  }
}

/** The local name in a QUDT IRI or `unit:` CURIE; undefined for any other text. */
function localName(text: string): string | undefined {
  const iri = text.startsWith('unit:') ? expandCurie(text) : text.replace(/^https:/, 'http:');
  return iri?.startsWith(NS.unit) ? iri.slice(NS.unit.length) : undefined;
}

const only = (units: readonly Unit[]): Unit | undefined => (units.length === 1 ? units[0] : undefined);

/** Leaves one unit of those that mean the same: `t` is TONNE and TON_Metric in QUDT. The first given stays. */
function distinct(units: readonly Unit[]): Unit[] {
  const kept: Unit[] = [];
  for (const unit of units) {
    const same = (other: Unit) =>
      other === unit ||
      (other.multiplier > 0 &&
        other.multiplier === unit.multiplier &&
        other.offset === unit.offset &&
        other.sort === unit.sort &&
        other.dimension === unit.dimension);
    if (!kept.some(same)) kept.push(unit);
  }
  return kept;
}

function ambiguous(text: string, hits: readonly Unit[], where: string): UnitProblem {
  return {
    code: 'unit-ambiguous',
    message: `"${text}" may be ${hits.map(nameUnit).join(' or ')} ${where}`,
    hint: `Write ${hits.map(({ id }) => `unit:${id}`).join(' or ')}.`,
    candidates: hits.map(({ id }) => id),
  };
}

function unknown(text: string, hint: string, candidates: readonly string[]): UnitProblem {
  return { code: 'unit-unknown', message: `"${text}" is no unit that is known here`, hint, candidates };
}
