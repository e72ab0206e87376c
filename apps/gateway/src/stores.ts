import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { StoreContents } from '#model';
import { ControlStore, FolderLock, SqliteObservationStore } from '#storage';
import type { Config } from './config.js';

/** Files and folders of the data directory. */
export const DATA = {
  control: 'control.db',
  sessions: 'sessions',
  /** Copies on their way to who asked for a backup. */
  temporary: 'backup-under-way',
  upstream: 'upstream.json',
} as const;

/** The data folder, taken and opened. */
export interface Stores {
  readonly observations: SqliteObservationStore;
  readonly contents: StoreContents;
  readonly control: ControlStore;
  /** Folder for what need not outlive the process. */
  readonly temporary: string;
  close(): Promise<void>;
}

/**
 * Takes the data folder and opens what is in it; when one of its files cannot be used, the others are closed again.
 * It stands apart so that threads read the files while the main thread still loads the rest of the program.
 */
export async function openStores({ dataDir, durability }: Config, logger: Logger): Promise<Stores> {
  const lock = FolderLock.take(dataDir);
  const temporary = join(dataDir, DATA.temporary);
  // What a kill left of a backup.
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary);
  const observations = new SqliteObservationStore({ directory: dataDir, durability, logger });
  const [contents, control] = await Promise.allSettled([
    observations.open(),
    ControlStore.open(join(dataDir, DATA.control)),
  ]);
  const close = async () => {
    await observations.close();
    if (control.status === 'fulfilled') await control.value.close();
    lock.release();
  };
  if (contents.status === 'fulfilled' && control.status === 'fulfilled')
    return { observations, contents: contents.value, control: control.value, temporary, close };
  await close();
  throw contents.status === 'rejected' ? contents.reason : (control as PromiseRejectedResult).reason;
}
