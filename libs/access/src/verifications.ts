/** Verifications at once: each takes 19 MiB, and the threads that sign in also serve files. */
const MAX_RUNNING = 2;
const MAX_WAITING = 1000;
/** Attempts of one address at one account that wait. */
const MAX_ALIKE = 20;

interface Attempt {
  readonly username: string;
  /** Its turn has come, or there is no room for it. */
  readonly settle: (turn: boolean) => void;
}

/**
 * Verifications of passwords, a few at a time. Addresses take turns, and where too many wait, the address with the most
 * waiting gives way: wrong attempts from one do not keep right ones from another out.
 */
export class Verifications {
  /** Waiting attempts by address, which are in the order of their turns. */
  readonly #waiting = new Map<string, Attempt[]>();
  #waitingCount = 0;
  #running = 0;

  /** @returns undefined when there is no room for it */
  async run<T>(remote: string, username: string, verify: () => Promise<T>): Promise<T | undefined> {
    if (this.#running < MAX_RUNNING) this.#running++;
    else if (!(await new Promise<boolean>((settle) => this.#wait(remote, { username, settle }))))
      return undefined;
    try {
      return await verify();
    } finally {
      // The place goes to one who waits: it is never free for a newcomer in between.
      const next = this.#next();
      if (next) next.settle(true);
      else this.#running--;
    }
  }

  #wait(remote: string, attempt: Attempt): void {
    const attempts = this.#waiting.get(remote) ?? [];
    if (attempts.filter(({ username }) => username === attempt.username).length >= MAX_ALIKE) {
      attempt.settle(false);
      return;
    }
    attempts.push(attempt);
    this.#waiting.set(remote, attempts);
    if (++this.#waitingCount > MAX_WAITING) this.#turnAway();
  }

  /** The newest attempt of the address that has the most. */
  #turnAway(): void {
    let most: Attempt[] = [];
    for (const attempts of this.#waiting.values()) if (attempts.length > most.length) most = attempts;
    this.#waitingCount--;
    most.pop()?.settle(false);
  }

  #next(): Attempt | undefined {
    const [first] = this.#waiting;
    if (!first) return undefined;
    const [remote, attempts] = first;
    const attempt = attempts.shift();
    this.#waiting.delete(remote);
    if (attempts.length > 0) this.#waiting.set(remote, attempts);
    this.#waitingCount--;
    return attempt;
  }
}
