import type { Unit } from './unit.js';

/** Turns values of one unit into another: compiled once to a factor and an offset. */
export interface Conversion {
  /** Nothing to do: `apply` answers the value itself, digit for digit. */
  readonly identity: boolean;
  /** Converts a value and rounds it to 12 significant digits; non-finite values pass. */
  apply(value: number): number;
  /** Converts the bounds of a range, the lower one first. */
  range(min: number, max: number): readonly [number, number];
}

const IDENTITY: Conversion = {
  identity: true,
  apply: (value) => value,
  range: (min, max) => [min, max],
};

/** Powers of ten that a double holds exactly. */
const TENS = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/**
 * Rounds to 12 significant digits of `scale`, or of the value where none is given. The difference of two large
 * terms is no more exact than they are: 32 °F is 0 °C, not 1e-14.
 */
export function roundSignificant(value: number, scale = Math.abs(value)): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  const shift = 11 - Math.floor(Math.log10(scale));
  const magnitude = Math.abs(value);
  const power = TENS[shift < 0 ? -shift : shift];
  if (power === undefined) return Number(value.toPrecision(12));
  const rounded = shift < 0 ? Math.round(magnitude / power) * power : Math.round(magnitude * power) / power;
  return value < 0 ? -rounded : rounded;
}

/**
 * Compiles the conversion between two units that are known to be compatible.
 * @param difference drops the offsets: a difference of 9 °F is one of 5 °C.
 */
export function compileConversion(from: Unit, to: Unit, difference: boolean): Conversion {
  if (from.id === to.id) return IDENTITY;
  const factor = from.multiplier / to.multiplier;
  const offset = difference ? 0 : from.offset * factor - to.offset;
  if (factor === 1 && offset === 0) return IDENTITY;
  const floor = Math.abs(offset);
  const apply =
    offset === 0
      ? (value: number) => roundSignificant(value * factor)
      : (value: number) => {
          const result = value * factor + offset;
          return roundSignificant(result, Math.max(Math.abs(result), floor));
        };
  return { identity: false, apply, range: (min, max) => [apply(min), apply(max)] };
}
