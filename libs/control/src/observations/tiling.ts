import { Duration } from 'luxon';
import { GlossaError, problem, type Micros, type Problem } from '#model';
import { DAY, ZoneDays } from './zone-days.js';

/** How an interval divides time into windows, whatever span is asked for. */
export interface Tiling {
  /** Starts of windows, ascending without end: the first is that of the window that holds `t`. */
  from(t: Micros): Iterable<Micros>;
}

const HOUR = 3_600_000;
/** A longer interval than a thousand years is a slip. */
const MOST_MONTHS = 12_000;
const MOST_DAYS = 366_000;
/** Monday, 2000-01-03. */
const MONDAY = Date.UTC(2000, 0, 3) / DAY;

/**
 * Windows of an ISO 8601 duration, aligned to the clock and calendar of a zone: months to January, weeks to Monday,
 * days to midnight, hours and less to midnight where they divide a day. A day has 23 or 25 hours where the clock
 * changes; windows of several hours begin at the same times of the clock on every day. What divides nothing is counted
 * from the year 2000. Months, days and hours are of different length, so an interval is of one of them alone.
 * @param interval such as PT15M, P1D, P1M
 * @param timezone IANA name
 * @throws GlossaError `query-invalid` with every parameter that is wrong
 */
export function tiling(interval: string, timezone: string): Tiling {
  const errors: Problem[] = [];
  const fail = (parameter: string, message: string, hint: string) =>
    errors.push(problem(parameter, 'query-invalid', message, hint));
  const length = parseInterval(interval);
  if (!length) {
    const message = `${interval} is no ISO 8601 duration that makes windows`;
    fail('interval', message, 'Use one such as PT15M, PT36H, P1D, P1W or P1M: months, days or hours alone.');
  }
  const days = ZoneDays.of(timezone);
  if (!days) fail('timezone', `${timezone} is no IANA time zone`, 'Use a name such as Europe/Berlin.');
  if (!days || !length) throw new GlossaError('query-invalid', errors[0]!.message, errors);
  if (length.months) return new Months(length.months, days);
  if (length.days) return new DaysTiling(length.days, days);
  const { clock } = length;
  if (clock >= DAY || DAY % clock !== 0) return new EvenTiling(clock, days);
  return clock <= HOUR ? new PartsOfDay(clock, days) : new HoursOfDay(clock, days);
}

type Length = { readonly months: number; readonly days: number; readonly clock: number };

/** Months, days or milliseconds; undefined for what is no duration, a mixture, or out of bounds. */
function parseInterval(interval: string): Length | undefined {
  const duration = Duration.fromISO(interval);
  if (!duration.isValid) return undefined;
  const { years, quarters, months, weeks, days, hours, minutes, seconds, milliseconds } = duration;
  const parts = [years, quarters, months, weeks, days, hours, minutes, seconds, milliseconds];
  if (parts.some((part) => part < 0)) return undefined;
  const length: Length = {
    months: years * 12 + quarters * 3 + months,
    days: weeks * 7 + days,
    clock: hours * HOUR + minutes * 60_000 + seconds * 1000 + milliseconds,
  };
  const given = Object.values(length).filter((part) => part > 0);
  const within = length.months <= MOST_MONTHS && length.days <= MOST_DAYS && length.clock <= MOST_DAYS * DAY;
  return given.length === 1 && Number.isInteger(given[0]) && within ? length : undefined;
}

const micros = (milliseconds: number): Micros => milliseconds * 1000;
const millis = (t: Micros): number => Math.floor(t / 1000);

class Months implements Tiling {
  constructor(
    private readonly length: number,
    private readonly days: ZoneDays,
  ) {}

  *from(t: Micros): Generator<Micros> {
    const date = new Date(this.days.dayOf(millis(t)) * DAY);
    const month = (date.getUTCFullYear() - 2000) * 12 + date.getUTCMonth();
    for (let k = Math.floor(month / this.length); ; k++) {
      yield micros(this.days.at(Date.UTC(2000, k * this.length, 1) / DAY));
    }
  }
}

class DaysTiling implements Tiling {
  constructor(
    private readonly length: number,
    private readonly days: ZoneDays,
  ) {}

  *from(t: Micros): Generator<Micros> {
    const first = this.days.dayOf(millis(t)) - MONDAY;
    let last = Number.NEGATIVE_INFINITY;
    for (let k = Math.floor(first / this.length); ; k++) {
      const start = micros(this.days.at(MONDAY + k * this.length));
      // A zone that changed sides of the date line had no such day.
      if (start > last) yield (last = start);
    }
  }
}

/** One length after another, from the year 2000 on. */
class EvenTiling implements Tiling {
  readonly #origin: Micros;
  readonly #length: Micros;

  constructor(length: number, days: ZoneDays) {
    this.#origin = micros(days.at(MONDAY));
    this.#length = micros(length);
  }

  *from(t: Micros): Generator<Micros> {
    for (let k = Math.floor((t - this.#origin) / this.#length); ; k++) yield this.#origin + k * this.#length;
  }
}

/** An hour at most, again from each midnight: an hour that the clock shows twice is two windows. */
class PartsOfDay implements Tiling {
  readonly #length: Micros;

  constructor(
    length: number,
    private readonly days: ZoneDays,
  ) {
    this.#length = micros(length);
  }

  *from(t: Micros): Generator<Micros> {
    let day = this.days.dayOf(millis(t));
    let start = micros(this.days.at(day));
    start += Math.floor((t - start) / this.#length) * this.#length;
    for (;;) {
      const end = micros(this.days.at(++day));
      for (; start < end; start += this.#length) yield start;
      start = end;
    }
  }
}

/** Several hours, at the same times of the clock each day. */
class HoursOfDay implements Tiling {
  constructor(
    private readonly length: number,
    private readonly days: ZoneDays,
  ) {}

  *from(t: Micros): Generator<Micros> {
    let last = Number.NEGATIVE_INFINITY;
    for (let day = this.days.dayOf(millis(t)); ; day++) {
      for (let since = 0; since < DAY; since += this.length) {
        const start = micros(this.days.at(day, since));
        if (start <= last) continue;
        // The first is not known to be the one until the next is seen.
        if (last !== Number.NEGATIVE_INFINITY && start > t) yield last;
        last = start;
      }
    }
  }
}
