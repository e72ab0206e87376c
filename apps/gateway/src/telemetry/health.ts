import { HealthSource, Since, type Health, type Readiness } from '#http';
import { StallWatch } from '#telemetry';
import { Recent } from './recent.js';

const LOOK_MS = 1000;
const RECENT_MS = 300_000;

/** What the parts say of themselves. Sentences; none when all is well. */
export interface Signs {
  readonly version: string;
  readonly phase: () => 'starting' | 'running' | 'stopping';
  /** What keeps messages from being stored. */
  readonly storing: () => readonly string[];
  /** What keeps the upstream broker's messages from coming. */
  readonly upstream: () => readonly string[];
  readonly mqtt: () => Health['mqtt'];
  /** What is told as it is, while it is so. */
  readonly warnings: () => readonly string[];
  /** What is told when it happened in the last five minutes: how often since the start, and the words for it. */
  readonly incidents: readonly { readonly count: () => number; readonly tell: (times: number) => string }[];
}

/**
 * How the service is. It looks every second, so that it knows since when something is so, whether or not someone
 * asks.
 */
export class GatewayHealth extends HealthSource {
  readonly stalls = new StallWatch();
  readonly #started = Date.now();
  readonly #troubled = new Since();
  readonly #unready = new Since();
  readonly #recent: readonly Recent[];
  readonly #timer: NodeJS.Timeout;

  constructor(private readonly signs: Signs) {
    super();
    this.#recent = signs.incidents.map(() => new Recent(RECENT_MS));
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  health(): Health {
    const { signs } = this;
    const hindered = this.#hindered();
    const trouble = [...hindered, ...signs.upstream()];
    const since = this.#troubled.look(trouble.length > 0);
    return {
      status: trouble.length > 0 ? 'degraded' : 'ok',
      storing: hindered.length === 0,
      trouble,
      ...(since !== undefined && { since }),
      warnings: [...signs.warnings(), ...this.#incidents()],
      version: signs.version,
      uptime: Math.round((Date.now() - this.#started) / 1000),
      mqtt: signs.mqtt(),
    };
  }

  /** An upstream broker that is away is no reason: what is sent here is taken. */
  readiness(): Readiness {
    const phase = this.signs.phase();
    const reasons = [...(phase === 'running' ? [] : [`The service is ${phase}.`]), ...this.#hindered()];
    const since = this.#unready.look(reasons.length > 0);
    return { ready: reasons.length === 0, reasons, ...(since !== undefined && { since }) };
  }

  close(): void {
    clearInterval(this.#timer);
    this.stalls.close();
  }

  #look(): void {
    this.health();
    this.readiness();
  }

  #hindered(): string[] {
    const { trouble } = this.stalls;
    return [...this.signs.storing(), ...(trouble === undefined ? [] : [trouble])];
  }

  #incidents(): string[] {
    return this.signs.incidents.flatMap(({ count, tell }, i) => {
      const times = this.#recent[i]!.look(count());
      return times > 0 ? [tell(times)] : [];
    });
  }
}
