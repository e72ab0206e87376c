import type { BrokerLogger } from './logger.js';

interface Entry {
  readonly fields: object;
  readonly message: string;
  /** Refusals since the line before. */
  more: number;
}

const EVERY_MS = 60_000;
const MAX_KEYS = 1000;

/**
 * Refusals in the log: the first of a client and kind at once, those that follow as a count a minute. A device that is
 * set up wrongly must not fill the disk with what its dead letters hold, bounded, already.
 */
export class RefusalLog {
  readonly #entries = new Map<string, Entry>();
  readonly #timer: NodeJS.Timeout;

  constructor(private readonly logger: Pick<BrokerLogger, 'info'>) {
    this.#timer = setInterval(() => this.flush(), EVERY_MS).unref();
  }

  /** @param key who it is about; lines of one key and message are counted together */
  say(key: string, fields: object, message: string): void {
    const id = `${message}\u0000${key}`;
    const known = this.#entries.get(id);
    if (known) {
      known.more++;
      return;
    }
    if (this.#entries.size >= MAX_KEYS) this.flush();
    this.#entries.set(id, { fields, message, more: 0 });
    this.logger.info(fields, message);
  }

  /** Tells what was counted; who said nothing more is told at once again. */
  flush(): void {
    for (const [id, entry] of this.#entries) {
      if (entry.more === 0) this.#entries.delete(id);
      else this.logger.info({ ...entry.fields, times: entry.more }, `${entry.message}, again`);
      entry.more = 0;
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.flush();
  }
}
