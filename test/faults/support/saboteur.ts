import { fileURLToPath } from 'node:url';
import { ServiceProcess } from '../../flow/support/child.js';

const PRELOADED = fileURLToPath(new URL('saboteur-preload.mjs', import.meta.url));

/** What a thread of the service is made to do. */
export type Fate = 'throws' | 'ends' | 'hangs' | 'spins' | 'slows' | 'recovers';

/** A service whose threads and clock can be tampered with from outside. */
export class Saboteur {
  private constructor(readonly service: ServiceProcess) {}

  static async start(env: Readonly<Record<string, string>> = {}, directory?: string): Promise<Saboteur> {
    const options = `${env['NODE_OPTIONS'] ?? ''} --import ${PRELOADED}`.trim();
    const all = { ...env, NODE_OPTIONS: options };
    return new Saboteur(await ServiceProcess.start(all, directory));
  }

  /** Does something to the threads whose file fits the pattern. @throws when there is none */
  async fate(thread: string, fate: Fate): Promise<void> {
    const before = this.#times(fate);
    this.#say({ thread, fate });
    await this.service.until(() => (this.#times(fate) > before ? true : undefined));
  }

  /** Threads that fit and are started from now on end at once; with nothing, they live again. */
  doom(thread: string | undefined): void {
    this.#say({ doomed: thread ?? null });
  }

  /** Waits until a doomed thread was started so many times. */
  async doomed(times: number): Promise<void> {
    await this.service.until(() => (this.#times('is doomed') >= times ? true : undefined));
  }

  /** Sets the wall clock off by so many milliseconds. */
  async clock(ms: number): Promise<void> {
    this.#say({ clock: ms });
    const told = `clock ${ms}\n`;
    await this.service.until(() => (this.service.stderr.endsWith(told) ? true : undefined));
  }

  #times(what: string): number {
    return this.service.stderr.split(` ${what}\n`).length - 1;
  }

  #say(command: object): void {
    this.service.child.stdin!.write(`${JSON.stringify(command)}\n`);
  }
}
