import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { QuantityKind, Unit } from './unit.js';

/** Rows of `ontologies/units/qudt-units.json`; the file names the columns. */
type UnitRow = [
  id: string,
  label: string,
  symbol: string | null,
  ucum: string[],
  multiplier: number,
  offset: number,
  dimension: number,
  sort: string,
  replacement?: string,
];
type KindRow = [
  id: string,
  label: string,
  dimension: number,
  broader: string[],
  exactMatch: string[],
  units: number,
  sort?: string | null,
  unit?: string,
];

interface TableFile {
  readonly dimensions: readonly string[];
  readonly logarithmic: readonly string[];
  readonly unitSets: readonly string[];
  readonly units: readonly UnitRow[];
  readonly kinds: readonly KindRow[];
}

/** `ontologies/units/aliases.json`: spellings beside QUDT's own. */
export interface AliasFile {
  readonly units: Readonly<Record<string, readonly string[]>>;
  readonly preferred: Readonly<Record<string, string>>;
  readonly refused: Readonly<Record<string, string>>;
}

const readJson = (specifier: string): unknown =>
  JSON.parse(readFileSync(fileURLToPath(import.meta.resolve(specifier)), 'utf8'));

/** Reads the alias table. */
export function readAliases(): AliasFile {
  return readJson('#ontologies/units/aliases.json') as AliasFile;
}

/** Reads the unit table into objects by local name. */
export function readTable(): { units: Map<string, Unit>; kinds: Map<string, QuantityKind> } {
  const file = readJson('#ontologies/units/qudt-units.json') as TableFile;
  const sets = file.unitSets.map((set) => set.split(' '));
  const kinds = new Map<string, QuantityKind>();
  const kindsOf = new Map<string, string[]>();
  for (const [id, label, dimension, broader, exactMatch, set, sort, unit] of file.kinds) {
    const units = sets[set] ?? [];
    for (const name of units) {
      const own = kindsOf.get(name);
      if (own) own.push(id);
      else kindsOf.set(name, [id]);
    }
    kinds.set(id, {
      id,
      label,
      dimension: file.dimensions[dimension] ?? '',
      broader,
      exactMatch,
      units,
      ...(typeof sort === 'string' && { sort }),
      ...(unit !== undefined && { unit }),
    });
  }
  const logarithmic = new Set(file.logarithmic);
  const units = new Map<string, Unit>();
  for (const [id, label, symbol, ucum, multiplier, offset, dimension, sort, replacement] of file.units) {
    units.set(id, {
      id,
      label,
      ...(symbol !== null && { symbol }),
      ucum,
      multiplier,
      offset,
      dimension: file.dimensions[dimension] ?? '',
      sort,
      kinds: kindsOf.get(id) ?? [],
      logarithmic: logarithmic.has(id),
      ...(replacement !== undefined && { deprecated: true as const }),
      ...(replacement && { replacedBy: replacement }),
    });
  }
  return { units, kinds };
}
