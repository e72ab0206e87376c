import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import { acquireLock } from './lock.mjs';
import { showProgress } from './progress.mjs';
import { signalRunning } from './run-quietly.mjs';

/**
 * Does the steps that are due, in order. A step is
 *
 *   title          what is being done
 *   stamp          the file that remembers what the step was last done for
 *   fingerprint()  what it would be done for now
 *   isWhole()      whether everything that it makes is there
 *   run()          makes it
 *   adopt()        optional: accepts what somebody made by hand, when it is what run() would make
 *
 * The stamp goes before a step begins and comes back when it has succeeded, so neither a failure nor a kill leaves
 * one. It holds the fingerprint from before the step: what changed meanwhile makes the step due again.
 */
export async function runSteps(
  steps,
  { lock, say = (line) => process.stderr.write(`${line}\n`), progress = showProgress },
) {
  if (steps.every(isCurrent)) return;
  const release = await acquireLock(lock, {
    onWait: (pid) => say(`Waiting for another set-up in this folder (process ${pid ?? 'unknown'}) ...`),
  });
  const restore = endOnSignals(release);
  try {
    for (const [index, step] of steps.entries()) {
      if (isCurrent(step)) continue;
      const print = step.fingerprint();
      if (!(await step.adopt?.())) await run(step, `[${index + 1}/${steps.length}] ${step.title}`, progress);
      mkdirSync(dirname(step.stamp), { recursive: true });
      writeFileSync(step.stamp, print);
    }
  } finally {
    restore();
    release();
  }
}

function isCurrent(step) {
  return readStamp(step.stamp) === step.fingerprint() && step.isWhole();
}

function readStamp(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

async function run(step, label, progress) {
  rmSync(step.stamp, { force: true });
  const end = progress(label);
  try {
    await step.run();
    if (!step.isWhole()) throw new Error(`${step.title} ended without an error and without its result.`);
    end('done');
  } catch (error) {
    end('failed');
    throw error;
  }
}

/** Ctrl-C ends the running program too, and gives the lock back. */
function endOnSignals(release) {
  const handlers = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => {
    const handler = () => {
      signalRunning(signal);
      release();
      process.exit(128 + constants.signals[signal]);
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  return () => handlers.forEach((off) => off());
}
