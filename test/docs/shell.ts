import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What one command said, its errors too, and how it ended. */
export interface CommandResult {
  readonly command: string;
  readonly output: string;
  readonly status: number;
}

const END = 'end';

/** A shell that lives as long as a reader's: what one example sets, the next one finds. */
export class Shell {
  readonly #bash: ChildProcess;
  #output = '';
  #look: () => void = () => undefined;
  #scripts = 0;

  constructor(
    private readonly directory: string,
    env: Readonly<Record<string, string>>,
  ) {
    this.#bash = spawn('bash', ['--noprofile', '--norc'], {
      cwd: directory,
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    for (const stream of [this.#bash.stdout!, this.#bash.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
        this.#look();
      });
    }
    this.#bash.once('close', () => this.#look());
  }

  /** Runs commands one after the other. */
  async run(commands: readonly string[]): Promise<CommandResult[]> {
    const script = join(this.directory, `.example-${++this.#scripts}.sh`);
    // A zero byte is in no output: it parts the commands.
    const lines = commands.map((command) => `${command}\nprintf '\\0%s\\0' "$?"`);
    await writeFile(script, `${lines.join('\n')}\n`);
    this.#output = '';
    this.#bash.stdin!.write(`source ${script} </dev/null 2>&1; printf '\\0%s\\0' ${END}\n`);
    await new Promise<void>((resolve, reject) => {
      this.#look = () => {
        if (this.#output.endsWith(`\0${END}\0`)) resolve();
        else if (this.#bash.exitCode !== null) reject(new Error(`the shell ended: ${this.#output}`));
      };
      this.#look();
    });
    const parts = this.#output.split('\0');
    return commands.map((command, i) => ({
      command,
      output: parts[2 * i] ?? '',
      status: parts[2 * i + 1] === END ? -1 : Number(parts[2 * i + 1]),
    }));
  }

  async end(): Promise<void> {
    if (this.#bash.exitCode !== null) return;
    this.#bash.stdin!.end('exit\n');
    await once(this.#bash, 'close');
  }
}
