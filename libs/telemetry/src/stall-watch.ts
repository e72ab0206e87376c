const TICK_MS = 250;
/** A turn of the event loop that took longer is a standstill: nothing was read, answered or acknowledged. */
const STALL_MS = 5000;
/** How long a standstill is told of. */
const TOLD_MS = 5000;

/** The last time that the event loop stood still. */
export interface Stall {
  readonly ms: number;
  /** When it ended, in milliseconds of this process. */
  readonly ended: number;
}

/** Notices that the event loop stood still for seconds. While it does nobody answers; this tells it afterwards. */
export class StallWatch {
  readonly #timer: NodeJS.Timeout;
  readonly #now: () => number;
  #last: number;
  #stall: Stall | undefined;
  /** Standstills since start. */
  stalls = 0;

  /** @param now a clock in milliseconds that is never set back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#last = now();
    this.#timer = setInterval(() => this.tick(), TICK_MS).unref();
  }

  /** Compares the clock with what it should be. Runs by itself. */
  tick(): void {
    const now = this.#now();
    const late = now - this.#last - TICK_MS;
    this.#last = now;
    if (late < STALL_MS) return;
    this.stalls++;
    this.#stall = { ms: late, ended: now };
  }

  /** A sentence about a standstill that ended in the last five seconds. */
  get trouble(): string | undefined {
    // Whoever asks first after a standstill may come before the timer does.
    this.tick();
    if (!this.#stall) return undefined;
    const { ms, ended } = this.#stall;
    const ago = this.#now() - ended;
    if (ago > TOLD_MS) return undefined;
    const seconds = (one: number) => (one / 1000).toFixed(1);
    return `The event loop stood still for ${seconds(ms)} s, ${seconds(ago)} s ago: the machine is overloaded or the process was stopped.`;
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
