/**
 * Preloaded into the service: does to it what the world might. Commands are lines of JSON on standard input, see
 * saboteur.ts; what was done is told on standard error.
 */
import { createInterface } from 'node:readline';
import { BroadcastChannel, isMainThread } from 'node:worker_threads';

const channel = new BroadcastChannel('saboteur');
channel.unref();
/** Which thread this is: the file that it runs. */
const name = isMainThread ? 'main' : process.argv[1];
const told = (what) => process.stderr.write(`saboteur: ${name} ${what}\n`);

let slowing;
const FATES = {
  /** As a defect in its code would. */
  throws: () =>
    setImmediate(() => {
      throw new Error('made to fail');
    }),
  ends: () => process.exit(3),
  /** As a disk that never answers would hold it. */
  hangs: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
  spins: () => {
    for (;;);
  },
  /** Nine tenths of its time it does nothing. */
  slows: () => {
    const nothing = new Int32Array(new SharedArrayBuffer(4));
    slowing = setInterval(() => Atomics.wait(nothing, 0, 0, 90), 10);
  },
  recovers: () => clearInterval(slowing),
};

/** How far the wall clock is off, in milliseconds. */
let shift = Number(process.env.SABOTEUR_CLOCK ?? 0);
const now = Date.now;
class ShiftedDate extends Date {
  constructor(...given) {
    if (given.length === 0) super(now() + shift);
    else super(...given);
  }

  static now() {
    return now() + shift;
  }
}
globalThis.Date = ShiftedDate;

function obey({ thread, fate, clock }) {
  if (clock !== undefined) {
    shift = clock;
    if (isMainThread) told(`clock ${clock}`);
  }
  if (fate !== undefined && new RegExp(thread).test(name)) {
    told(fate);
    FATES[fate]();
  }
}

channel.onmessage = ({ data }) => obey(data);

if (isMainThread) {
  createInterface({ input: process.stdin }).on('line', (line) => {
    const command = JSON.parse(line);
    // Threads that are started later inherit it.
    if (command.clock !== undefined) process.env.SABOTEUR_CLOCK = String(command.clock);
    if ('doomed' in command) process.env.SABOTEUR_DOOMED = command.doomed ?? '';
    channel.postMessage(command);
    obey(command);
  });
  process.stdin.unref();
} else {
  const doomed = process.env.SABOTEUR_DOOMED ?? '';
  if (doomed !== '' && new RegExp(doomed).test(name)) {
    told('is doomed');
    process.exit(3);
  }
}
