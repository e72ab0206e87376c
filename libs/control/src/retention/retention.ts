import type { Datastream, SeriesTable } from '#ingest';
import { nowMicros, type Micros, type ObservationStore } from '#model';
import type { Deletions } from '../observations/deletions.js';
import type { RetentionPolicy } from './retention-policy.js';

/** When it works, and how much at a time. */
export interface RetentionPace {
  /** From the start to the first round. */
  readonly firstMs: number;
  /** Between rounds, at most. */
  readonly everyMs: number;
  /** Rows that a step should delete. */
  readonly rows: number;
  /** Pause after a step, as a multiple of what the step took. */
  readonly pause: number;
}

export interface RetentionOptions {
  readonly store: Pick<ObservationStore, 'extent'>;
  readonly series: SeriesTable;
  readonly deletions: Pick<Deletions, 'remove'>;
  readonly policy: RetentionPolicy;
  readonly logger: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
  readonly pace?: Partial<RetentionPace>;
}

/** The store lets messages go between the parts of a step; what a step costs beside its rows asks for many of them. */
const PACE: RetentionPace = { firstMs: 10_000, everyMs: 3_600_000, rows: 50_000, pause: 2 };
/** Datastreams that are looked at together: one question for all of them where nothing is old. */
const GROUP = 100;
/** A round at least as often as this share of the shortest retention. */
const SHARE = 24;
const MIN_EVERY_MS = 10_000;
const MIN_PAUSE_MS = 10;
/** Spans of time of a step, in microseconds: a minute at first, then from a millisecond to 30 days of one datastream. */
const FIRST_SPAN = 60e6;
const MIN_SPAN = 1000;
const MAX_SPAN = 30 * 86_400e6;

/**
 * Deletes observations that are older than they are kept, by phenomenon time. It works in small steps with pauses that
 * are longer than they, so that what arrives meanwhile waits for one step at most; a round that fails goes on where
 * it was with the next.
 */
export class Retention {
  readonly #pace: RetentionPace;
  #timer: NodeJS.Timeout | undefined;
  #pausing: { readonly timer: NodeJS.Timeout; readonly resume: () => void } | undefined;
  #round: Promise<number> | undefined;
  #closed = false;
  /** Observations deleted since the start. */
  deleted = 0;
  /** When the last round ended, in milliseconds of 1970. */
  finished: number | undefined;

  constructor(private readonly options: RetentionOptions) {
    this.#pace = { ...PACE, ...options.pace };
  }

  /** Begins a while after the start, and then regularly: a property may be given a retention at any time. */
  start(): void {
    this.#schedule(this.#pace.firstMs);
  }

  /** Deletes what is too old now. @returns how many observations; a round that is under way is joined */
  round(): Promise<number> {
    return (this.#round ??= this.#all().finally(() => (this.#round = undefined)));
  }

  /** Begins nothing more. A step that is under way ends by itself, or with the store. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#round?.catch(() => undefined);
    if (!this.#pausing) return;
    clearTimeout(this.#pausing.timer);
    this.#pausing.resume();
  }

  #schedule(ms: number): void {
    this.#timer = setTimeout(() => void this.#run(), ms).unref();
  }

  async #run(): Promise<void> {
    const { logger, policy } = this.options;
    const before = this.deleted;
    try {
      const deleted = await this.round();
      if (deleted > 0) logger.info({ deleted }, 'old observations are deleted');
    } catch (error) {
      if (!this.#closed)
        logger.warn({ err: error, deleted: this.deleted - before }, 'old observations are not all deleted');
    }
    const often = Math.max(policy.shortest / 1000 / SHARE, MIN_EVERY_MS);
    if (!this.#closed) this.#schedule(Math.min(this.#pace.everyMs, often));
  }

  async #all(): Promise<number> {
    const before = this.deleted;
    if (!this.options.policy.deletes) return 0;
    for (const [keep, datastreams] of this.#byRetention()) {
      for (let at = 0; at < datastreams.length && !this.#closed; at += GROUP)
        await this.#group(datastreams.slice(at, at + GROUP), nowMicros() - keep);
    }
    if (!this.#closed) this.finished = Date.now();
    return this.deleted - before;
  }

  /** Datastreams that are not kept for ever, by how long they are. */
  #byRetention(): Map<Micros, Datastream[]> {
    const keep = this.options.policy.lookup();
    const groups = new Map<Micros, Datastream[]>();
    for (const datastream of this.options.series.all()) {
      const kept = keep(datastream.property);
      if (kept === Infinity) continue;
      const group = groups.get(kept);
      if (group) group.push(datastream);
      else groups.set(kept, [datastream]);
    }
    return groups;
  }

  /** Deletes what some datastreams have before a time, the oldest first. */
  async #group(datastreams: readonly Datastream[], end: Micros): Promise<void> {
    const { store, deletions } = this.options;
    const ids = datastreams.flatMap(({ series }) => series.map(({ id }) => id));
    // Behind a gap in the data is who knows how much.
    const longest = MAX_SPAN / datastreams.length;
    let span = FIRST_SPAN;
    for (let more = true; more && !this.#closed;) {
      const began = performance.now();
      const extent = await store.extent(ids, undefined, end);
      more = false;
      if (extent) {
        const rows = await deletions.remove(datastreams, extent.first, Math.min(extent.first + span, end));
        this.deleted += rows;
        span = Math.min(longest, this.#adapted(span, rows));
        // Someone else deleted them; what is left has its turn in the next round.
        more = rows > 0;
      }
      await this.#rest((performance.now() - began) * this.#pace.pause);
    }
  }

  /** Steps of about as many rows as they should have, however dense these are. */
  #adapted(span: Micros, rows: number): Micros {
    const { rows: wanted } = this.#pace;
    if (rows > wanted) return Math.max(MIN_SPAN, Math.floor((span * wanted) / rows));
    return rows < wanted / 2 ? span * 2 : span;
  }

  #rest(ms: number): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const resume = () => {
        this.#pausing = undefined;
        resolve();
      };
      this.#pausing = { timer: setTimeout(resume, Math.max(MIN_PAUSE_MS, ms)), resume };
    });
  }
}
