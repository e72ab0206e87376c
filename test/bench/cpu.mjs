/** CPU time as Linux accounts for it, of processes and of their threads. */
import { readdirSync, readFileSync } from 'node:fs';

const MICROS_PER_TICK = 10_000;

/**
 * User and system time of a process, or the sum of several, in microseconds, ended threads included; in steps of a
 * tick, 10 ms.
 */
export function processCpu(pid) {
  if (Array.isArray(pid)) return pid.reduce((sum, one) => sum + processCpu(one), 0);
  return ticks(readFileSync(`/proc/${pid}/stat`, 'utf8')) * MICROS_PER_TICK;
}

/** The same for each of its living threads, by the thread's number. */
export function threadCpu(pid) {
  const found = new Map();
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    try {
      found.set(
        Number(task),
        ticks(readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8')) * MICROS_PER_TICK,
      );
    } catch (error) {
      // It ended meanwhile.
      if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error;
    }
  }
  return found;
}

/** Fields 14 and 15; the second field is a name in brackets that may hold spaces. */
function ticks(stat) {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
