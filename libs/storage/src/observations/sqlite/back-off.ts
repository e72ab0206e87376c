/** Waits between tries of what could not be written, doubled from the first to the last. */
const FIRST_MS = 50;
const LAST_MS = 5000;

/** Milliseconds until the next try after so many failures in a row, one or more. */
export function backOff(failures: number): number {
  return Math.min(FIRST_MS * 2 ** (failures - 1), LAST_MS);
}
