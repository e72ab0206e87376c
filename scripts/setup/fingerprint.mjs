import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * One hash over the names and contents of files: it changes when a file is added, changed, renamed or deleted, and is
 * the same again when the change is undone. Absent paths count as empty.
 */
export function fingerprint(root, paths, { except = () => false, salt = '' } = {}) {
  const hash = createHash('sha256').update(salt);
  for (const file of filesOf(root, paths)) {
    if (except(file)) continue;
    const content = read(join(root, file));
    if (content) hash.update(`\0${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** Every file at or under the paths, relative to root with forward slashes, in a fixed order. */
export function filesOf(root, paths) {
  return paths.flatMap((path) => {
    const stats = statSync(join(root, path), { throwIfNoEntry: false });
    if (!stats) return [];
    return stats.isDirectory() ? filesUnder(root, path) : [path];
  });
}

function filesUnder(root, folder) {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return filesUnder(root, path);
      return entry.isFile() ? [path] : [];
    });
}

/** An editor may delete a file between the listing and the reading. */
function read(file) {
  try {
    return readFileSync(file);
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
