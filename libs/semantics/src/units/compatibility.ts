import { ERRORS } from '#model';
import { nameUnit, type QuantityKind, type Unit, type UnitProblem } from './unit.js';

/** Whether units of two sorts convert into each other: the same sort, or a ratio of anything and one of something. */
export function sortsFit(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
}

/** Whether a factor and an offset convert one unit into the other. */
export function converts(from: Unit, to: Unit): boolean {
  if (from.id === to.id) return true;
  return (
    from.dimension === to.dimension &&
    sortsFit(from.sort, to.sort) &&
    from.multiplier > 0 &&
    to.multiplier > 0
  );
}

/** Whether a unit measures a quantity kind: by its sort, or because QUDT lists it where nothing converts. */
export function measures(unit: Unit, kind: QuantityKind): boolean {
  if (unit.dimension !== kind.dimension) return false;
  if (kind.sort !== undefined && sortsFit(unit.sort, kind.sort)) return true;
  return unit.sort.startsWith('=') && unit.kinds.includes(kind.id);
}

/** The refusal of a pair of units that do not convert, and those that do in its hint. */
export function incompatible(
  from: Unit,
  to: Unit,
  alternatives: readonly Unit[],
  kind?: QuantityKind,
): UnitProblem {
  const only = alternatives.filter((unit) => unit.id !== to.id);
  const hint =
    only.length === 0
      ? `${nameUnit(to)} converts only to itself.`
      : `Units that do: ${[to, ...only].slice(0, 6).map(nameUnit).join(', ')}.`;
  return {
    code: 'unit-incompatible',
    message: `${nameUnit(from)} does not convert to ${nameUnit(to)}: ${reason(from, to, kind)}`,
    hint: `${hint} ${ERRORS['unit-incompatible'].hint}`,
    candidates: [to, ...only].slice(0, 6).map(({ id }) => id),
  };
}

function reason(from: Unit, to: Unit, kind?: QuantityKind): string {
  const logarithmic = [from, to].find((unit) => unit.logarithmic);
  if (logarithmic) return `${nameUnit(logarithmic)} is logarithmic and converts only to itself`;
  if (from.dimension !== to.dimension) return 'their dimensions differ';
  if (!sortsFit(from.sort, to.sort)) return `one is ${describe(from)}, the other ${describe(to)}`;
  const fixed = [from, to].find((unit) => unit.multiplier === 0);
  if (fixed) return `${nameUnit(fixed)} has no fixed factor`;
  return `it does not measure ${kind?.label ?? 'this kind'}`;
}

const describe = (unit: Unit): string =>
  `a unit of ${/^[=~]/.test(unit.sort) ? unit.label : unit.sort.replace('/', ' of ')}`;
