import type { CompiledSchema } from '#mapping';
import type { Rejection } from '#model';

/** So many messages whose expressions run into a limit, within this time, suspend their schema. */
export const TIMEOUTS = 5;
export const TIMEOUTS_WITHIN_MS = 60_000;
/** How long a suspension lasts until one message is tried again; doubled each time that this fails. */
export const FIRST_PAUSE_MS = 5 * 60_000;
export const LAST_PAUSE_MS = 60 * 60_000;

/** What is told of a suspended schema. */
export interface SuspensionNotice {
  /** When it was suspended: ISO 8601. */
  readonly since: string;
  readonly reason: string;
  /** When one of its messages is tried again, at the earliest: ISO 8601. */
  readonly retry: string;
}

/** A message that is mapped, or the one that is tried. */
export type Admitted = 'maps' | 'tries';

/** Called when a schema is suspended, stays so after a try, and is in service again (without a notice). */
export type SuspensionListener = (schema: string, notice: SuspensionNotice | undefined) => void;

/**
 * Keeps a schema whose expressions run into their limits again and again from taking the expression worker's time
 * from all others. While it is suspended its messages are rejected at once; after a pause one of them is tried.
 */
export class Suspension {
  /** When messages ran into a limit, on the clock that nobody sets. */
  #timeouts: number[] = [];
  #notice: SuspensionNotice | undefined;
  #pause = FIRST_PAUSE_MS;
  #retry = 0;

  constructor(
    private readonly schema: string,
    private readonly tell: SuspensionListener,
  ) {}

  /** Undefined while the schema is in service. */
  get notice(): SuspensionNotice | undefined {
    return this.#notice;
  }

  /** Whether a message may have its expressions evaluated now; why not, else. */
  admit(): Admitted | Rejection {
    if (!this.#notice) return 'maps';
    const now = performance.now();
    if (now < this.#retry) return this.#rejection(this.#notice);
    // The others wait for what becomes of this one.
    this.#retry = now + this.#pause;
    return 'tries';
  }

  /** A message's expressions were evaluated. @param reason what limit they ran into, if they did */
  evaluated(admission: Admitted, reason: string | undefined): void {
    if (admission === 'tries') {
      if (reason === undefined) this.#lift();
      else this.#suspend(reason, Math.min(2 * this.#pause, LAST_PAUSE_MS), this.#notice?.since);
      return;
    }
    // What was under way when the schema was suspended changes nothing.
    if (reason === undefined || this.#notice) return;
    const now = performance.now();
    this.#timeouts = this.#timeouts.filter((time) => now - time < TIMEOUTS_WITHIN_MS);
    this.#timeouts.push(now);
    if (this.#timeouts.length >= TIMEOUTS) this.#suspend(reason, FIRST_PAUSE_MS);
  }

  /** What was to be tried was not evaluated: the next one is tried. */
  passed(): void {
    this.#retry = 0;
  }

  #suspend(reason: string, pause: number, since?: string): void {
    const now = Date.now();
    this.#pause = pause;
    this.#retry = performance.now() + pause;
    this.#timeouts = [];
    this.#notice = {
      since: since ?? new Date(now).toISOString(),
      reason,
      retry: new Date(now + pause).toISOString(),
    };
    this.tell(this.schema, this.#notice);
  }

  #lift(): void {
    this.#notice = undefined;
    this.#timeouts = [];
    this.tell(this.schema, undefined);
  }

  #rejection({ since, reason }: SuspensionNotice): Rejection {
    const message = `the schema ${this.schema} is suspended since ${since}: ${reason}`;
    return { stage: 'match', code: 'schema-suspended', message };
  }
}

/** The suspensions of the schemas in service, one for each version that needs the expression worker. */
export class Suspensions {
  readonly #byVersion = new Map<string, Suspension>();
  readonly #listeners = new Set<SuspensionListener>();

  /** Called when a schema is suspended, stays so after a try, and is in service again. */
  onChange(listener: SuspensionListener): void {
    this.#listeners.add(listener);
  }

  /** Of a version of a schema; undefined for one whose expressions all compile: nothing of it can take long. */
  of(schema: CompiledSchema): Suspension | undefined {
    if (!schema.waits && !schema.waitsToMatch) return undefined;
    const key = keyOf(schema);
    let found = this.#byVersion.get(key);
    if (!found) {
      found = new Suspension(schema.id, (...told) => {
        for (const listener of this.#listeners) listener(...told);
      });
      this.#byVersion.set(key, found);
    }
    return found;
  }

  /** Forgets versions that are no longer in service. */
  keep(schemas: Iterable<CompiledSchema>): void {
    const kept = new Set([...schemas].map(keyOf));
    for (const key of this.#byVersion.keys()) if (!kept.has(key)) this.#byVersion.delete(key);
  }
}

function keyOf({ id, version }: CompiledSchema): string {
  return `${id}/versions/${version}`;
}

/** The first limit that rejections tell of. */
export function limitOf(rejections: readonly Rejection[]): string | undefined {
  return rejections.find(({ code }) => code === 'expression-timeout' || code === 'expression-memory')
    ?.message;
}
