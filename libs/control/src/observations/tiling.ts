import { DateTime, Duration, IANAZone } from 'luxon';
import { GlossaError, problem, type Micros } from '#model';

/** How an interval divides time into windows, whatever span is asked for. */
export interface Tiling {
  /** Start of the window that holds an instant. */
  floor(t: Micros): Micros;
  /** Start of the window after the one that starts here. */
  next(start: Micros): Micros;
}

const CALENDAR = ['years', 'quarters', 'months', 'weeks', 'days'] as const;
const CLOCK = ['hours', 'minutes', 'seconds', 'milliseconds'] as const;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A longer interval than a thousand years is a slip. */
const LONGEST = 366_000 * DAY;

/**
 * Windows of an ISO 8601 duration, aligned to the clock and calendar of a zone: months to January, weeks to Monday,
 * days to midnight, hours and less to the day's midnight where they divide a day. A day has 23 or 25 hours where the
 * clock changes; windows of several hours then begin at the same times of the clock as on other days. Intervals that
 * divide nothing are counted from the year 2000.
 * @param interval such as PT15M, P1D, P1M
 * @param timezone IANA name
 * @throws GlossaError `query-invalid` with every parameter that is wrong
 */
export function tiling(interval: string, timezone: string): Tiling {
  const duration = parseInterval(interval);
  const zoned = IANAZone.isValidZone(timezone);
  const errors = [
    ...(duration
      ? []
      : [
          problem(
            'interval',
            'query-invalid',
            `${interval} is no ISO 8601 duration of use`,
            'Use one such as PT15M, PT1H, P1D, P1W or P1M.',
          ),
        ]),
    ...(zoned
      ? []
      : [
          problem(
            'timezone',
            'query-invalid',
            `${timezone} is no IANA time zone`,
            'Use a name such as Europe/Berlin.',
          ),
        ]),
  ];
  if (!duration || errors.length > 0) throw new GlossaError('query-invalid', errors[0]!.message, errors);
  const zone = IANAZone.create(timezone);
  if (CALENDAR.some((unit) => duration.get(unit) > 0)) return new CalendarTiling(duration, zone);
  const length = duration.toMillis();
  if (length >= DAY || DAY % length !== 0) return new EvenTiling(length, zone);
  return length <= HOUR ? new PartsOfDay(length, zone) : new HoursOfDay(length, zone);
}

function parseInterval(interval: string): Duration | undefined {
  const duration = Duration.fromISO(interval);
  if (!duration.isValid) return undefined;
  const calendar = CALENDAR.map((unit) => duration.get(unit));
  const clock = CLOCK.map((unit) => duration.get(unit));
  if ([...calendar, ...clock].some((value) => value < 0) || !calendar.every(Number.isInteger))
    return undefined;
  const length = duration.toMillis();
  return length >= 1 && length <= LONGEST && Number.isInteger(length) ? duration : undefined;
}

/** Months, weeks and days, as long as the calendar makes them. */
class CalendarTiling implements Tiling {
  readonly #origin: DateTime;
  readonly #approximate: number;

  constructor(
    private readonly duration: Duration,
    zone: IANAZone,
  ) {
    const { years, quarters, months } = duration;
    // Days and weeks count from a Monday.
    this.#origin = DateTime.fromObject({ year: 2000, day: years || quarters || months ? 1 : 3 }, { zone });
    this.#approximate = duration.toMillis();
  }

  floor(t: Micros): Micros {
    return this.#at(this.#index(t));
  }

  next(start: Micros): Micros {
    return this.#at(this.#index(start) + 1);
  }

  #index(t: Micros): number {
    let k = Math.floor((t / 1000 - this.#origin.toMillis()) / this.#approximate);
    while (this.#at(k) > t) k--;
    while (this.#at(k + 1) <= t) k++;
    return k;
  }

  #at(k: number): Micros {
    return this.#origin.plus(this.duration.mapUnits((value) => value * k)).toMillis() * 1000;
  }
}

/** One length after another, from the year 2000 on. */
class EvenTiling implements Tiling {
  readonly #origin: Micros;
  readonly #length: Micros;

  constructor(length: number, zone: IANAZone) {
    this.#origin = DateTime.fromObject({ year: 2000, day: 3 }, { zone }).toMillis() * 1000;
    this.#length = length * 1000;
  }

  floor(t: Micros): Micros {
    return this.#origin + Math.floor((t - this.#origin) / this.#length) * this.#length;
  }

  next(start: Micros): Micros {
    return start + this.#length;
  }
}

/** A local day: when it begins, and when the next one does. */
class Days {
  #start = 0;
  #end = 0;

  constructor(private readonly zone: IANAZone) {}

  of(t: Micros): { readonly start: Micros; readonly end: Micros; readonly date: () => DateTime } {
    if (t < this.#start || t >= this.#end) {
      const start = this.#date(t);
      this.#start = start.toMillis() * 1000;
      this.#end = start.plus({ days: 1 }).startOf('day').toMillis() * 1000;
    }
    return { start: this.#start, end: this.#end, date: () => this.#date(t) };
  }

  #date(t: Micros): DateTime {
    return DateTime.fromMillis(Math.floor(t / 1000), { zone: this.zone }).startOf('day');
  }
}

/** An hour at most, again from each midnight: an hour that the clock shows twice is two windows. */
class PartsOfDay implements Tiling {
  readonly #days: Days;
  readonly #length: Micros;

  constructor(length: number, zone: IANAZone) {
    this.#days = new Days(zone);
    this.#length = length * 1000;
  }

  floor(t: Micros): Micros {
    const { start } = this.#days.of(t);
    return start + Math.floor((t - start) / this.#length) * this.#length;
  }

  next(start: Micros): Micros {
    return Math.min(start + this.#length, this.#days.of(start).end);
  }
}

/** Several hours, at the same times of the clock each day. */
class HoursOfDay implements Tiling {
  readonly #days: Days;

  constructor(
    private readonly length: number,
    zone: IANAZone,
  ) {
    this.#days = new Days(zone);
  }

  floor(t: Micros): Micros {
    return this.#bounds(t).findLast((bound) => bound <= t)!;
  }

  next(start: Micros): Micros {
    return this.#bounds(start).find((bound) => bound > start) ?? this.#days.of(start).end;
  }

  #bounds(t: Micros): Micros[] {
    const date = this.#days.of(t).date();
    return Array.from({ length: DAY / this.length }, (_, i) => {
      const minutes = (i * this.length) / 60_000;
      const second = (minutes % 1) * 60;
      const time = {
        hour: Math.floor(minutes / 60),
        minute: Math.floor(minutes % 60),
        second: Math.floor(second),
      };
      return date.set({ ...time, millisecond: Math.round((second % 1) * 1000) }).toMillis() * 1000;
    });
  }
}
