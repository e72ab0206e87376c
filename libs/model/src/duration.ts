import type { Micros } from './time.js';

const SECOND = 1e6;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** No month and no year is longer: what lasts for one is over by every calendar. */
const MONTH = 31 * DAY;
const YEAR = 366 * DAY;

const UNITS: Readonly<Record<string, number>> = { min: MINUTE, h: HOUR, d: DAY, w: 7 * DAY, y: YEAR };
const SHORT = /^(\d{1,6})(min|h|d|w|y)$/;
const ISO =
  /^P(?=.)(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?=.)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9})S)?)?$/;
const ISO_UNITS = [YEAR, MONTH, 7 * DAY, DAY, HOUR, MINUTE, SECOND];
const FORMS = 'Write 90d, 12h, 30min, 2w, 1y, an ISO 8601 duration such as P1Y6M, or forever';

/**
 * How long observations are kept, as users write it: `90d`, `12h`, `P1Y6M`, `forever` (Infinity).
 * @returns in microseconds, or what is wrong with it: a sentence without its full stop
 */
export function retentionOf(text: string): Micros | string {
  if (text === 'forever') return Infinity;
  const short = SHORT.exec(text);
  const parts: (string | undefined)[] | undefined = ISO.exec(text)?.slice(1);
  const keep = short
    ? Number(short[1]) * UNITS[short[2]!]!
    : parts?.reduce((sum, part, i) => sum + Number(part ?? 0) * ISO_UNITS[i]!, 0);
  if (keep === undefined) return `"${text}" is no duration. ${FORMS}`;
  if (keep < MINUTE) return `"${text}" is less than a minute, and nothing would be left to read`;
  return keep;
}
