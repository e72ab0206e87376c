import { Level } from 'level';
import { Latch } from './latch.js';

type Batch = (this: Level, operations: { key: string }[], options?: object) => Promise<void>;

/** Holds the journal's writes that have a key which fits; the others go on. */
export function holdJournal(fits: (key: string) => boolean): Latch {
  const level = Level.prototype as unknown as { batch: Batch };
  const { batch } = level;
  const latch = new Latch(() => (level.batch = batch));
  level.batch = async function (operations, options) {
    if (operations.some(({ key }) => fits(key))) await latch.pass();
    return batch.call(this, operations, options);
  };
  return latch;
}

/** Has every write take so long. Answers what ends that. */
export function slowJournal(ms: number): () => void {
  const level = Level.prototype as unknown as { batch: Batch };
  const { batch } = level;
  level.batch = async function (operations, options) {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return batch.call(this, operations, options);
  };
  return () => (level.batch = batch);
}
