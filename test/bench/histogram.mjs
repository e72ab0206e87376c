/** Buckets an octave: a quantile is off by less than 0.4 %. */
const STEPS = 128;

/** Durations in buckets that widen with their size, as an HDR histogram has them: any number of values, 20 kB. */
export class Histogram {
  #counts = new Float64Array(STEPS * 40);
  count = 0;
  max = 0;

  /** @param ms milliseconds; kept to a microsecond or 0.8 % */
  add(ms) {
    const micros = Math.max(0, Math.round(ms * 1000));
    this.#counts[index(micros)]++;
    this.count++;
    if (ms > this.max) this.max = ms;
  }

  /** Milliseconds that the share `q` of all values does not exceed; NaN without values. */
  quantile(q) {
    if (this.count === 0) return Number.NaN;
    const rank = Math.ceil(q * this.count);
    let seen = 0;
    for (let i = 0; i < this.#counts.length; i++) {
      seen += this.#counts[i];
      if (seen >= rank) return Math.min(middle(i) / 1000, this.max);
    }
    return this.max;
  }

  summary() {
    const [p50, p99, p999] = [0.5, 0.99, 0.999].map((q) => this.quantile(q));
    return { count: this.count, p50, p99, p999, max: this.max };
  }
}

/** Below STEPS a bucket a microsecond; above, STEPS of them from each power of two to the next. */
function index(micros) {
  if (micros < STEPS) return micros;
  const octave = Math.floor(Math.log2(micros / STEPS));
  return STEPS * (octave + 1) + Math.floor(micros / 2 ** octave - STEPS);
}

function middle(i) {
  if (i < STEPS) return i;
  const octave = Math.floor(i / STEPS) - 1;
  return ((i % STEPS) + STEPS + 0.5) * 2 ** octave;
}
