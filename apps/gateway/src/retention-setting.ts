import type { RetentionRules } from '#control';

const SECOND = 1e6;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** No month and no year is longer: nothing is deleted before its time by any calendar. */
const MONTH = 31 * DAY;
const YEAR = 366 * DAY;

const UNITS: Readonly<Record<string, number>> = { min: MINUTE, h: HOUR, d: DAY, w: 7 * DAY, y: YEAR };
const SHORT = /^(\d{1,6})(min|h|d|w|y)$/;
const ISO =
  /^P(?=.)(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?=.)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9})S)?)?$/;
const ISO_UNITS = [YEAR, MONTH, 7 * DAY, DAY, HOUR, MINUTE, SECOND];
const FORMS = 'Write 90d, 12h, 30min, 2w, 1y, an ISO 8601 duration such as P1Y6M, or forever';

/**
 * Reads `365d, Acceleration=7d, Position=forever`: how long observations are kept, and how long those of a property
 * are. Whether there is such a property is not known here.
 * @returns what is wrong with it, a sentence, where it cannot be read
 */
export function readRetention(text: string | undefined): RetentionRules | string {
  let otherwise: number | undefined;
  const properties = new Map<string, number>();
  for (const entry of text?.split(',').map((one) => one.trim()) ?? []) {
    const at = entry.lastIndexOf('=');
    const name = entry.slice(0, Math.max(0, at)).trim();
    const written = entry.slice(at + 1).trim();
    if (entry === '' || (at >= 0 && name === ''))
      return `"${entry}" is no entry. ${FORMS}, alone or as Property=90d; commas go between`;
    const keep = durationOf(written);
    if (keep === undefined) return `"${written}" is no duration. ${FORMS}`;
    if (keep < MINUTE) return `"${written}" is less than a minute, and nothing would be left to read`;
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

/** In microseconds. */
function durationOf(text: string): number | undefined {
  if (text === 'forever') return Infinity;
  const short = SHORT.exec(text);
  if (short) return Number(short[1]) * UNITS[short[2]!]!;
  const parts: (string | undefined)[] | undefined = ISO.exec(text)?.slice(1);
  return parts?.reduce((sum, part, i) => sum + Number(part ?? 0) * ISO_UNITS[i]!, 0);
}
