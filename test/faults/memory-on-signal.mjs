/** Imported into a service under test: SIGUSR2 collects garbage and writes what is left as a line of the log. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  process.on('SIGUSR2', () => {
    collect();
    // What a finaliser lets go is collected in the next round.
    setImmediate(() => {
      collect();
      const { rss, heapUsed, external } = process.memoryUsage();
      process.stdout.write(`${JSON.stringify({ level: 30, msg: 'memory', rss, heapUsed, external })}\n`);
    });
  });
}
