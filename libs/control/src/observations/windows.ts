import { DateTime, Duration, IANAZone } from 'luxon';
import { GlossaError, problem, type Micros } from '#model';

/** More windows than anyone reads; a smaller span or a longer interval is asked for. */
const MAX_WINDOWS = 100_000;

const UNITS = [
  'years',
  'quarters',
  'months',
  'weeks',
  'days',
  'hours',
  'minutes',
  'seconds',
  'milliseconds',
] as const;

/**
 * Boundaries of calendar-aware windows over [from, to): aligned to the interval's own calendar unit in the zone
 * (hours to the day's start, days to midnight, weeks to Monday, months to the first), the outer two cut to the
 * span. A day is 23 or 25 hours long where the clock changes.
 * @param interval ISO 8601 duration, such as PT15M, P1D, P1M
 * @param timezone IANA name
 * @throws GlossaError `query-invalid`
 */
export function windowBounds(from: Micros, to: Micros, interval: string, timezone: string): Float64Array {
  const duration = parseInterval(interval);
  if (!IANAZone.isValidZone(timezone)) {
    throw invalid('timezone', `${timezone} is no IANA time zone`, 'Use a name such as Europe/Berlin.');
  }
  const start = DateTime.fromMillis(Math.floor(from / 1000), { zone: timezone });
  const base = start.startOf(alignment(duration));
  const approximate = Math.max(1, duration.toMillis() * 1000);
  if ((to - from) / approximate > MAX_WINDOWS) {
    throw invalid(
      'interval',
      `${interval} makes more than ${MAX_WINDOWS} windows`,
      'Use a longer interval or a smaller span.',
    );
  }
  const bounds: number[] = [];
  let i = Math.max(0, Math.floor((from / 1000 - base.toMillis()) / duration.toMillis()) - 2);
  for (; bounds.length <= MAX_WINDOWS + 3; i++) {
    const bound = base.plus(scaled(duration, i)).toMillis() * 1000;
    if (bound <= from) bounds[0] = from;
    else if (bound >= to) break;
    else bounds.push(bound);
  }
  if (bounds.length === 0) bounds.push(from);
  bounds.push(Math.max(to, from));
  return Float64Array.from(bounds);
}

function parseInterval(interval: string): Duration {
  const duration = Duration.fromISO(interval);
  const values = UNITS.map((unit) => duration.get(unit));
  if (!duration.isValid || values.some((value) => value < 0) || duration.toMillis() < 1) {
    throw invalid(
      'interval',
      `${interval} is no ISO 8601 duration`,
      'Use one such as PT15M, PT1H, P1D, P1W or P1M.',
    );
  }
  return duration;
}

function scaled(duration: Duration, factor: number): Duration {
  return duration.mapUnits((value) => value * factor);
}

/** The calendar unit whose start windows count from. */
function alignment(duration: Duration): 'year' | 'month' | 'week' | 'day' {
  if (duration.years || duration.quarters) return 'year';
  if (duration.months) return duration.months === 1 ? 'month' : 'year';
  if (duration.weeks) return 'week';
  return duration.days > 1 ? 'month' : 'day';
}

function invalid(parameter: string, message: string, hint: string): GlossaError {
  return new GlossaError('query-invalid', message, [problem(parameter, 'query-invalid', message, hint)]);
}
