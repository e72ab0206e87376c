import type { BrokerLogger } from './logger.js';

interface Entry {
  readonly fields: object;
  readonly message: string;
  /** Refusals since the line before. */
  more: number;
}

/** Lines of one message since the last flush, and those that were not told for their number. */
interface Kind {
  lines: number;
  untold: number;
}

const EVERY_MS = 60_000;
/** New lines of one message a minute: who changes its name with each attempt does not fill the log either. */
const MAX_LINES = 100;
const MAX_KEYS = 1000;

/**
 * What goes wrong again and again, in the log: the first of a client and kind at once, those that follow as a count a
 * minute. A device that is set up wrongly must not fill the disk with what its dead letters hold, bounded, already.
 */
export class RefusalLog {
  readonly #entries = new Map<string, Entry>();
  readonly #kinds = new Map<string, Kind>();
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
    let kind = this.#kinds.get(message);
    if (!kind) this.#kinds.set(message, (kind = { lines: 0, untold: 0 }));
    if (kind.lines >= MAX_LINES || this.#entries.size >= MAX_KEYS) {
      kind.untold++;
      return;
    }
    kind.lines++;
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
    for (const [message, { untold }] of this.#kinds)
      if (untold > 0) this.logger.info({ times: untold }, `${message}, of others`);
    this.#kinds.clear();
  }

  close(): void {
    clearInterval(this.#timer);
    this.flush();
  }
}
