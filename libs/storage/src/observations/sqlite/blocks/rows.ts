/** Rows of one series in columns, which grow and are used again. */
export class Rows {
  count = 0;
  times: Float64Array;
  nths: Float64Array;
  resultTimes: Float64Array;
  batches: Float64Array;
  mappings: Float64Array;
  flags: Float64Array;
  /** Numbers, and states as 0 and 1. */
  numbers: Float64Array;
  /** The value where it is a text, else undefined. */
  texts: (string | undefined)[] = [];

  /** @param room rows that fit before it grows */
  constructor(room = 512) {
    this.times = new Float64Array(room);
    this.nths = new Float64Array(room);
    this.resultTimes = new Float64Array(room);
    this.batches = new Float64Array(room);
    this.mappings = new Float64Array(room);
    this.flags = new Float64Array(room);
    this.numbers = new Float64Array(room);
  }

  clear(): void {
    this.count = 0;
    this.texts.length = 0;
  }

  add(
    time: number,
    nth: number,
    resultTime: number,
    batch: number,
    mapping: number,
    flags: number,
    value: number | string,
  ): void {
    const at = this.count++;
    if (at === this.times.length) this.grow();
    this.times[at] = time;
    this.nths[at] = nth;
    this.resultTimes[at] = resultTime;
    this.batches[at] = batch;
    this.mappings[at] = mapping;
    this.flags[at] = flags;
    if (typeof value === 'number') this.numbers[at] = value;
    else {
      this.numbers[at] = Number.NaN;
      this.texts[at] = value;
    }
  }

  /** Adds row `at` of others. */
  copy(from: Rows, at: number): void {
    this.add(
      from.times[at]!,
      from.nths[at]!,
      from.resultTimes[at]!,
      from.batches[at]!,
      from.mappings[at]!,
      from.flags[at]!,
      from.value(at),
    );
  }

  value(at: number): number | string {
    return this.texts[at] ?? this.numbers[at]!;
  }

  /** Order of two keys: of row `at`, and of (time, nth). */
  compare(at: number, time: number, nth: number): number {
    return this.times[at]! - time || this.nths[at]! - nth;
  }

  /** Index of the first row from `low` on whose key is not before (time, nth). Rows are in order of key. */
  seek(time: number, nth: number, low = 0): number {
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.compare(middle, time, nth) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private grow(): void {
    const length = this.times.length * 2;
    const wider = (column: Float64Array) => {
      const grown = new Float64Array(length);
      grown.set(column);
      return grown;
    };
    this.times = wider(this.times);
    this.nths = wider(this.nths);
    this.resultTimes = wider(this.resultTimes);
    this.batches = wider(this.batches);
    this.mappings = wider(this.mappings);
    this.flags = wider(this.flags);
    this.numbers = wider(this.numbers);
  }
}
