/**
 * The bytes of a block: a checksum, then rows one after the other, each told by what differs from the row before.
 * A row begins with a byte of these bits; what a set bit says "same" of has no bytes.
 *
 *   bits 0-2   how the value is written, see VALUE
 *   SAME_STEP  the time is as far after the one before as that was after its own
 *   SAME_LAG   result time - time is the same
 *   SAME_BATCH
 *   MORE       nth, mapping and flags follow; without it nth is 0 and the others are the same
 *   ABSOLUTE   time, result time, batch and mapping are doubles: the first row, and steps too great for a varint
 *
 * Then: [time, result time, batch, mapping] as doubles, or [step's difference], [lag's difference], [batch's
 * difference] as signed varints; with MORE nth, mapping's difference, flags; then the value.
 */
export const SAME_STEP = 8;
export const SAME_LAG = 16;
export const SAME_BATCH = 32;
export const MORE = 64;
export const ABSOLUTE = 128;

/** Values: the one before again; decimals of 0 to 3 digits as the difference of integers; a double; a text. */
export const VALUE = { same: 0, decimal: 1, double: 5, text: 6, mask: 7 } as const;
/** What decimals are multiplied with, by their digits. */
export const POWERS = [1, 10, 100, 1000] as const;
/** Greatest integer that a decimal becomes. */
export const DECIMAL_LIMIT = 2 ** 46;
/** Differences below this are exact and fit a varint. */
export const VARINT_LIMIT = 2 ** 51;
/** Bytes before the first row. */
export const HEADER = 4;

/** The integer that a number before stands for among decimals of a power. */
export function base(number: number, power: number): number {
  const scaled = Math.round(number * power);
  return Math.abs(scaled) < DECIMAL_LIMIT ? scaled : 0;
}
