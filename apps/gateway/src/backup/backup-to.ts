import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ControlStore } from '#storage';
import type { ObservationStore } from '#model';

/** What a backup is made of. */
export interface BackupSources {
  readonly observations: ObservationStore;
  readonly control: ControlStore;
  readonly sessions: { backup(directory: string): Promise<void> };
  readonly adminToken: string;
}

/** Writes a consistent copy of everything into a new folder, laid out as the data folder; the service goes on. */
export async function backupTo(directory: string, sources: BackupSources): Promise<void> {
  await mkdir(directory, { recursive: true });
  await sources.sessions.backup(join(directory, 'sessions'));
  await sources.observations.backup(directory);
  // After the observations: the schema versions that they refer to are in the copy then.
  await sources.control.backup(join(directory, 'control.db'));
  await writeFile(join(directory, 'admin-token'), `${sources.adminToken}\n`, { mode: 0o600 });
}
