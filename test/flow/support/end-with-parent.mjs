/** Preloaded into child processes: when the test's process ends in whatever way, its children end too. */
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  const end = () => process.kill(process.pid, 'SIGKILL');
  process.stdin.on('end', end).on('error', end).resume();
  process.stdin.unref();
}
