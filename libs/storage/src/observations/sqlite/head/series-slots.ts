/** Ids up to this are found by their place in an array. */
const DIRECT = 4_000_000;

/** Small numbers, 0, 1, 2, ..., for the series that were asked for. */
export class SeriesSlots {
  count = 0;
  /** By id: the slot and 1. */
  private direct = new Int32Array(1024);
  private readonly others = new Map<number, number>();

  /** The slot of a series, given now if it has none. */
  of(series: number): number {
    const slot = this.find(series);
    if (slot >= 0) return slot;
    if (series < DIRECT) {
      if (series >= this.direct.length) {
        const grown = new Int32Array(Math.min(DIRECT, Math.max(series + 1, this.direct.length * 2)));
        grown.set(this.direct);
        this.direct = grown;
      }
      this.direct[series] = this.count + 1;
    } else this.others.set(series, this.count);
    return this.count++;
  }

  /** -1 for a series that has no slot. */
  find(series: number): number {
    if (series < this.direct.length) return this.direct[series]! - 1;
    return series < DIRECT ? -1 : (this.others.get(series) ?? -1);
  }
}
