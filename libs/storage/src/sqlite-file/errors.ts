import { GlossaError } from '#model';

/** The file was written by a newer version of the program. */
export class NewerFileError extends Error {
  override readonly name = 'NewerFileError';
}

/** The file is an SQLite database, but not ours. */
export class ForeignFileError extends Error {
  override readonly name = 'ForeignFileError';
}

/** The file is not whole. */
export class DamagedFileError extends Error {
  override readonly name = 'DamagedFileError';
}

/** The SQLite code of an error (`SQLITE_FULL`, ...), undefined for others. */
export function sqliteCode(error: unknown): string | undefined {
  // By its name: where modules are loaded anew, as tests do, the addon keeps the classes of the first load.
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  return name === 'SqliteError' && typeof code === 'string' ? code : undefined;
}

/**
 * Whether an error is of what was to be written and not of the file or its disk: no further try would end otherwise.
 */
export function isOfData(error: unknown): boolean {
  const code = sqliteCode(error);
  if (code === undefined) return !(error instanceof DamagedFileError) && diskCode(error) === undefined;
  return /^SQLITE_(TOOBIG|CONSTRAINT|MISMATCH)/.test(code);
}

/** Whether there was no room, or another program was in the way: another time there may be, or it may not. */
export function isPassing(error: unknown): boolean {
  return /^SQLITE_(FULL|BUSY)/.test(sqliteCode(error) ?? diskCode(error) ?? '');
}

/** SQLite's code for what the operating system says of a companion that we write. */
function diskCode(error: unknown): string | undefined {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'SQLITE_FULL';
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return 'SQLITE_CANTOPEN';
  return syscall === undefined ? undefined : 'SQLITE_IOERR';
}

/** A sentence that tells people what an error of the file means and what to do. */
export function explainFileError(file: string, error: unknown): string {
  const code = sqliteCode(error) ?? diskCode(error);
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof NewerFileError) {
    return `${file} belongs to a newer version of Glossa: ${detail}. Start that version, or restore a backup.`;
  }
  if (error instanceof ForeignFileError) {
    return `${file} belongs to another program: ${detail}. Move it away, or give the gateway its own data folder.`;
  }
  if (code?.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB' || error instanceof DamagedFileError) {
    return `${file} is damaged (${detail}). Stop the gateway, move the file and its companions (-wal, -shm, -sums) away, and restore a backup.`;
  }
  if (code === 'SQLITE_FULL') {
    return `The disk that holds ${file} is full: nothing is stored until there is room. Free space or delete old observations.`;
  }
  if (code?.startsWith('SQLITE_BUSY') || code?.startsWith('SQLITE_LOCKED')) {
    return `${file} is locked by another program. Stop the other gateway, or give this one its own data folder.`;
  }
  if (code?.startsWith('SQLITE_READONLY') || code?.startsWith('SQLITE_CANTOPEN') || code === 'SQLITE_PERM') {
    return `${file} cannot be opened for writing (${detail}). Check the folder's owner and permissions.`;
  }
  if (code?.startsWith('SQLITE_IOERR')) {
    return `Reading or writing ${file} failed (${code}: ${detail}). Check the disk.`;
  }
  const reason = code ? `${code}: ${detail}` : detail;
  return `${file} cannot be used (${reason}). If another try ends the same way, stop the gateway and restore a backup.`;
}

/** Runs a step on the file; its errors become GlossaError('unavailable') with a sentence. */
export function guarded<T>(file: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof GlossaError) throw error;
    throw new GlossaError('unavailable', explainFileError(file, error));
  }
}
