/** What the service says of itself. */
export interface Health {
  readonly status: 'ok' | 'degraded';
  /** Whether what comes in is stored. An upstream broker that is away hinders only what comes from there. */
  readonly storing: boolean;
  /** Sentences, when something hinders it. */
  readonly trouble: readonly string[];
  /** Since when something does, ISO 8601. */
  readonly since?: string;
  /** Sentences about what hinders nothing and still wants to be looked at. */
  readonly warnings: readonly string[];
  readonly version: string;
  readonly uptime: number;
  readonly mqtt: { readonly connections: number; readonly held: number };
}

/** Whether messages and requests may be sent here now. */
export interface Readiness {
  readonly ready: boolean;
  /** Why not, sentences. */
  readonly reasons: readonly string[];
  readonly since?: string;
}

/** Asks the running service how it is. */
export abstract class HealthSource {
  abstract health(): Health;
  abstract readiness(): Readiness;
}

/** Remembers since when a condition holds, as far as it is looked at. */
export class Since {
  #since: number | undefined;

  constructor(private readonly now: () => number = Date.now) {}

  /** @returns since when it holds, ISO 8601 with the precision of the looks; undefined when it does not */
  look(holds: boolean): string | undefined {
    if (!holds) {
      this.#since = undefined;
      return undefined;
    }
    this.#since ??= this.now();
    return new Date(this.#since).toISOString();
  }
}
