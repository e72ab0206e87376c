import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readingOf } from './level-logs.js';
import { liveFiles, type LiveFiles } from './level-manifest.js';
import { isDamagedTable } from './level-tables.js';

const CURRENT = 'CURRENT';
const LOG = /^(\d+)\.log$/;
const TABLE = /^(\d+)\.(?:ldb|sst)$/;

/** What there is to say of a LevelDB folder that LevelDB does not say. */
export interface FolderReading {
  /** A file that is not as it was written. */
  readonly damaged?: string;
  /** Bytes of logs that LevelDB leaves out. */
  readonly skipped: number;
}

/**
 * Reads a LevelDB folder before LevelDB does, which would open some damaged ones with less in them, in silence. Only
 * files in use are judged: a power cut may leave others, in any state. What LevelDB refuses or tells is left to it.
 */
export async function readingOfFolder(directory: string): Promise<FolderReading> {
  const names: string[] = await readdir(directory).catch(() => []);
  const read = (name: string) => readFile(join(directory, name));
  // LevelDB would begin anew, and delete them.
  if (!names.includes(CURRENT) && names.some((name) => LOG.test(name) || TABLE.test(name)))
    return { damaged: CURRENT, skipped: 0 };

  let live: LiveFiles | undefined;
  const current = names.includes(CURRENT) ? (await read(CURRENT)).toString().slice(0, -1) : '';
  if (names.includes(current)) {
    const manifest = await read(current);
    const { isDamaged, skipped, isFollowed } = readingOf(manifest);
    // Each edit waits for the disk: none is lost by a power cut, or by a disk that was full, while others follow.
    if (isDamaged || isFollowed) return { damaged: current, skipped };
    live = liveFiles(manifest);
  }

  let skipped = 0;
  for (const name of names) {
    const log = numberOf(name, LOG);
    if (log !== undefined && (live?.isLog(log) ?? true)) {
      const reading = readingOf(await read(name));
      if (reading.isDamaged) return { damaged: name, skipped };
      skipped += reading.skipped;
    }
    const table = numberOf(name, TABLE);
    if (table !== undefined && (live?.tables.has(table) ?? true)) {
      const bytes = await read(name);
      const size = live?.tables.get(table) ?? bytes.length;
      if (bytes.length !== size || isDamagedTable(bytes)) return { damaged: name, skipped };
    }
  }
  return { skipped };
}

function numberOf(name: string, pattern: RegExp): number | undefined {
  const number = pattern.exec(name)?.[1];
  return number === undefined ? undefined : Number(number);
}
