import type { RetentionRules } from '#control';
import { retentionOf } from '#model';

/**
 * Reads `365d, Acceleration=7d, Position=forever`: how long observations are kept, and how long those of a property
 * are. Whether there is such a property is not known here.
 * @returns what is wrong with it, a sentence without its full stop, where it cannot be read
 */
export function readRetention(text: string | undefined): RetentionRules | string {
  let otherwise: number | undefined;
  const properties = new Map<string, number>();
  for (const entry of text?.split(',').map((one) => one.trim()) ?? []) {
    const at = entry.lastIndexOf('=');
    const name = entry.slice(0, Math.max(0, at)).trim();
    const written = entry.slice(at + 1).trim();
    if (entry === '' || (at >= 0 && name === ''))
      return `"${entry}" is no entry. Write 90d for all, or Property=90d; commas go between`;
    const keep = retentionOf(written);
    if (typeof keep === 'string') return keep;
    if (at < 0) {
      if (otherwise !== undefined) return `"${written}" is a second duration for all. Name its property`;
      otherwise = keep;
    } else {
      if (properties.has(name)) return `${name} is given twice`;
      properties.set(name, keep);
    }
  }
  return { otherwise: otherwise ?? Infinity, properties };
}
