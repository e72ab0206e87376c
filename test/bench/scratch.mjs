/** Folders and processes of a run, which do not outlive it, however it ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders = new Set();
const children = new Set();

process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  // Who is killed may still write a moment.
  for (const folder of folders)
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/** A new folder in the system's place for temporary ones. */
export function scratch() {
  const folder = mkdtempSync(join(tmpdir(), 'glossa-bench-'));
  folders.add(folder);
  return folder;
}

/** Deletes it before the end. */
export function remove(folder) {
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
}

/** Ends a process with this one. */
export function leash(child) {
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}
