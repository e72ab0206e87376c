import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const END_WITH_PARENT = fileURLToPath(new URL('end-with-parent.mjs', import.meta.url));
const PATIENCE_MS = 45_000;

// Processes take their time on a busy machine.
import.meta.jest.setTimeout(60_000);

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const running = new Set<TestProcess>();
process.on('exit', () => {
  for (const { child } of running) child.kill('SIGKILL');
});
afterAll(async () => {
  await Promise.all([...running].map((one) => one.kill()));
});

/** A child process of a test: what it says is kept and can be waited for. It ends with the spec file at the latest. */
export class TestProcess {
  stdout = '';
  stderr = '';
  readonly ended: Promise<Exit>;
  readonly #waiting = new Set<() => void>();
  #killed = false;

  protected constructor(readonly child: ChildProcess) {
    running.add(this);
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.#look();
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.#look();
    });
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      // After its streams ended: everything that it said is here.
      child.once('close', (code, signal) => {
        running.delete(this);
        // A crash in the middle of a test would show only as a refused connection.
        const expected = code === 0 || this.#killed || this.output.includes('Glossa does not start');
        if (!expected) console.error(`ended with ${code ?? signal}:`, this.output.slice(-4000));
        resolve({ code, signal });
        this.#look();
      });
    });
    this.ended.catch(() => undefined);
  }

  /** Runs a program. Settings of the machine's own gateway do not reach it. */
  protected static spawn(
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): ChildProcess {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !name.startsWith('GLOSSA_') && name !== 'NODE_OPTIONS',
    );
    return spawn(command, args, {
      cwd: ROOT,
      env: { ...Object.fromEntries(inherited), ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }

  /** Runs a file with Node, from the repository's folder. */
  static node(
    file: string,
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): TestProcess {
    return new TestProcess(TestProcess.nodeChild(file, args, env));
  }

  static program(command: string, args: readonly string[]): TestProcess {
    return new TestProcess(TestProcess.spawn(command, args));
  }

  protected static nodeChild(
    file: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
  ): ChildProcess {
    return TestProcess.spawn(process.execPath, ['--import', END_WITH_PARENT, join(ROOT, file), ...args], env);
  }

  get output(): string {
    return this.stdout + this.stderr;
  }

  /** Waits until what it said, or that it ended, gives an answer. */
  async until<T>(look: () => T | undefined): Promise<T> {
    const found = look();
    if (found !== undefined) return found;
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        this.#waiting.delete(again);
        act();
      };
      const again = () => {
        const late = look();
        if (late !== undefined) settle(() => resolve(late));
        else if (this.child.exitCode !== null || this.child.signalCode !== null)
          settle(() => reject(new Error(`the process ended:\n${this.output.slice(-4000)}`)));
      };
      const timer = setTimeout(
        () => settle(() => reject(new Error(`not said in time:\n${this.output.slice(-4000)}`))),
        PATIENCE_MS,
      );
      this.#waiting.add(again);
      again();
    });
  }

  /** Sends a signal and waits for the end. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<Exit> {
    this.#killed = true;
    this.child.kill(signal);
    return this.ended;
  }

  #look(): void {
    for (const look of [...this.#waiting]) look();
  }
}
