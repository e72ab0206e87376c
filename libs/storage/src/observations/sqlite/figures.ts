import { statSync } from 'node:fs';
import { filesOf } from './files.js';

/** Upper ends of the classes of a histogram of milliseconds; one more class holds what is longer. */
export const DURATION_CLASSES = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000] as const;

/** What happened how often and how long it took, in milliseconds. */
export interface Durations {
  /** Of each class of {@link DURATION_CLASSES} and of what is longer. */
  readonly counts: readonly number[];
  readonly count: number;
  readonly sum: number;
}

/** Numbers about a store since it was made. */
export interface StoreFigures {
  /** Batches that were handed to the writer; rows and messages of all of them, and of the last. */
  readonly batches: number;
  readonly rows: number;
  readonly messages: number;
  readonly lastRows: number;
  readonly lastMessages: number;
  readonly commits: Durations;
  /** Rows that wait for their commit. */
  readonly waitingRows: number;
  /** Rows that are committed and not yet in the body. */
  readonly headRows: number;
  readonly merges: Durations;
  /** Bytes of each file with its write-ahead log. */
  readonly headBytes: number;
  readonly bodyBytes: number;
  /** Threads that died or hung and were started again. */
  readonly restarts: number;
}

class Histogram {
  private readonly counts = new Array<number>(DURATION_CLASSES.length + 1).fill(0);
  private count = 0;
  private sum = 0;

  add(duration: number): void {
    let index = 0;
    while (index < DURATION_CLASSES.length && duration > DURATION_CLASSES[index]!) index++;
    this.counts[index]!++;
    this.count++;
    this.sum += duration;
  }

  read(): Durations {
    return { counts: [...this.counts], count: this.count, sum: this.sum };
  }
}

/** Counts on the main thread; a few additions a batch. */
export class StoreMeter {
  readonly commits = new Histogram();
  readonly merges = new Histogram();
  batches = 0;
  rows = 0;
  messages = 0;
  lastRows = 0;
  lastMessages = 0;

  sent(rows: number, messages: number): void {
    this.batches++;
    this.rows += rows;
    this.messages += messages;
    this.lastRows = rows;
    this.lastMessages = messages;
  }

  committed(took: number): void {
    this.commits.add(took);
  }

  merged(took: number): void {
    this.merges.add(took);
  }
}

export function figuresOf(
  directory: string,
  meter: StoreMeter,
  headRows: number,
  waitingRows: number,
  restarts: number,
): StoreFigures {
  const { batches, rows, messages, lastRows, lastMessages } = meter;
  const { head, body } = filesOf(directory);
  return {
    batches,
    rows,
    messages,
    lastRows,
    lastMessages,
    commits: meter.commits.read(),
    merges: meter.merges.read(),
    waitingRows,
    headRows,
    headBytes: bytesOf(head),
    bodyBytes: bytesOf(body),
    restarts,
  };
}

function bytesOf(file: string): number {
  return [file, `${file}-wal`].reduce(
    (sum, name) => sum + (statSync(name, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}
