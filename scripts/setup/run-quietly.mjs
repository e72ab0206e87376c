import { spawn } from 'node:child_process';

const running = new Set();

/** A command that ended badly, with all that it said. */
export class CommandFailed extends Error {
  name = 'CommandFailed';

  constructor(command, how, output) {
    super(`${command} ${how}`);
    this.output = output;
  }
}

/**
 * Runs a program with this Node.js, keeping what it says for the case of failure.
 * @returns what it said
 * @throws CommandFailed
 */
export function runQuietly(args, { cwd, env = process.env }) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks = [];
    running.add(child);
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      running.delete(child);
      const output = Buffer.concat(chunks).toString();
      if (code === 0) resolve(output);
      else
        reject(
          new CommandFailed(args.join(' '), signal ? `was ended by ${signal}` : `ended with ${code}`, output),
        );
    });
  });
}

/** Passes a signal on to what runs. */
export function signalRunning(signal) {
  for (const child of running) child.kill(signal);
}
