import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** A holder shows that it lives by touching its file this often ... */
const HEARTBEAT_MS = 2_000;
/** ... and counts as dead after this silence, whoever has its process id by then. */
const SILENCE_MS = 30_000;
/** A file that holds no owner is being written, or its writer died in between. */
const WRITING_MS = 5_000;

const held = new Set();

/**
 * Takes the lock file, waiting while a living process holds it.
 * @returns the function that gives the lock back
 */
export async function acquireLock(file, { onWait = () => {}, pollMs = 200 } = {}) {
  for (let waiting = false; ;) {
    const release = create(file);
    if (release) return release;
    const owner = look(file);
    if (!owner || (isStale(owner) && takeAway(file, owner))) continue;
    if (!waiting) onWait(owner.pid);
    waiting = true;
    await sleep(pollMs);
  }
}

function create(file) {
  const id = randomUUID();
  try {
    writeFileSync(file, JSON.stringify({ pid: process.pid, host: hostname(), id }), { flag: 'wx' });
  } catch (error) {
    if (error.code === 'EEXIST') return undefined;
    throw error;
  }
  held.add(id);
  const heartbeat = setInterval(() => touch(file, id), HEARTBEAT_MS).unref();
  const release = () => {
    clearInterval(heartbeat);
    process.off('exit', release);
    held.delete(id);
    if (look(file)?.id === id) rmSync(file, { force: true });
  };
  process.on('exit', release);
  return release;
}

function touch(file, id) {
  if (look(file)?.id === id) utimesSync(file, new Date(), new Date());
}

/** Who holds the lock; without an id while the file is incomplete; undefined when nobody does. */
function look(file) {
  let text, age;
  try {
    age = Date.now() - statSync(file).mtimeMs;
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return { ...JSON.parse(text), age };
  } catch {
    return { age };
  }
}

function isStale({ pid, host, id, age }) {
  if (id === undefined) return age > WRITING_MS;
  if (age > SILENCE_MS) return true;
  if (host !== hostname()) return false;
  // The id of a dead process is given out again: in a container it may well be ours.
  return pid === process.pid ? !held.has(id) : !isAlive(pid);
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Removes a stale lock, and only that: of two that see it stale, one may already hold the next. */
function takeAway(file, stale) {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return true;
    throw error;
  }
  const same = look(aside)?.id === stale.id;
  if (same) rmSync(aside, { force: true });
  else renameSync(aside, file);
  return same;
}
