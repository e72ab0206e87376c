import { Level } from 'level';

type Batch = (this: Level, operations: { key: string }[], options?: object) => Promise<void>;

/** A journal of sessions whose writes wait. */
export interface HeldJournal {
  /** Writes that wait now. */
  readonly waiting: number;
  release(): void;
}

/** Holds the writes that have a key which fits; the others go on. */
export function holdJournal(fits: (key: string) => boolean): HeldJournal {
  const level = Level.prototype as unknown as { batch: Batch };
  const { batch } = level;
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  let waiting = 0;
  level.batch = async function (operations, options) {
    if (operations.some(({ key }) => fits(key))) {
      waiting++;
      await opened;
      waiting--;
    }
    return batch.call(this, operations, options);
  };
  return {
    get waiting() {
      return waiting;
    },
    release: () => {
      level.batch = batch;
      open();
    },
  };
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
