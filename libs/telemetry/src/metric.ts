/** What is told under one name. */
export interface Metric {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels?: readonly string[];
  /** Histograms are kept in milliseconds and told in seconds: what their bounds are multiplied with. */
  readonly scale?: number;
}

/** Counts in buckets, such as a `Histogram`. */
export interface Buckets {
  /** Greatest value of each bucket, ascending; one more bucket holds what is greater than all. */
  readonly bounds: ArrayLike<number>;
  /** How many values are in a bucket. */
  at(bucket: number): number;
  /** Of all values. */
  readonly sum: number;
}

/** One value of a metric, with a value for each of its labels. */
export interface Sample {
  readonly labels: readonly string[];
  readonly value: number | Buckets;
}

/** What a metric is now: a value alone where it has no labels. None at all: there is no such part here. */
export type Reading = number | Buckets | readonly Sample[] | undefined;

/** How a metric is read, when someone asks. */
export type Readings<Name extends string> = Readonly<Record<Name, () => Reading | Promise<Reading>>>;

/** Samples of a tally: one label. */
export function samplesOf(counts: Iterable<readonly [string, number]>): Sample[] {
  return Array.from(counts, ([name, value]) => ({ labels: [name], value }));
}
