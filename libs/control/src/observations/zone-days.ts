import { IANAZone } from 'luxon';

export const MINUTE = 60_000;
export const DAY = 86_400_000;

/** Offsets remembered: each is asked for by the days on both sides. */
const REMEMBERED = 64;

/** The civil days of a time zone. A day is its number since 1970-01-01, an instant is in milliseconds. */
export class ZoneDays {
  readonly #zone: IANAZone;
  readonly #offsets = new Map<number, number>();

  private constructor(name: string) {
    this.#zone = IANAZone.create(name);
  }

  /** Undefined for a name that is no IANA zone. */
  static of(name: string): ZoneDays | undefined {
    return IANAZone.isValidZone(name) ? new ZoneDays(name) : undefined;
  }

  /** The day of an instant. */
  dayOf(at: number): number {
    return Math.floor((at + this.#zone.offset(at) * MINUTE) / DAY);
  }

  /** When the clock shows so many milliseconds after midnight of a day; the first time, if it does so twice. */
  at(day: number, sinceMidnight = 0): number {
    const local = day * DAY + sinceMidnight;
    const before = local - this.#offset(day - 1);
    const after = local - this.#offset(day + 2);
    if (before === after) return before;
    const [first, second] = before < after ? [before, after] : [after, before];
    if (this.#shows(first, local)) return first;
    if (this.#shows(second, local)) return second;
    // The clock leaps over this time: as if it had not yet.
    return before;
  }

  #shows(at: number, local: number): boolean {
    return at + this.#zone.offset(at) * MINUTE === local;
  }

  /** The offset from UTC, in milliseconds, when this day begins in UTC. */
  #offset(day: number): number {
    const known = this.#offsets.get(day);
    if (known !== undefined) return known;
    if (this.#offsets.size >= REMEMBERED) this.#offsets.clear();
    const offset = this.#zone.offset(day * DAY) * MINUTE;
    this.#offsets.set(day, offset);
    return offset;
  }
}
