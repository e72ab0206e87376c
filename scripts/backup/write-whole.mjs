import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { BackupError } from './backup-error.mjs';

/**
 * Writes the stream beside the file and renames it when it is complete and on the disk. For its owner only: a backup
 * holds credentials.
 * @returns the number of bytes
 */
export async function writeWhole(file, stream) {
  const part = `${file}.part`;
  const stop = new AbortController();
  const abort = () => stop.abort(new Error('it was interrupted'));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, abort);
  try {
    await rm(part, { force: true });
    const output = createWriteStream(part, { mode: 0o600 });
    await pipeline(stream, output, { signal: stop.signal });
    await toDisk(part);
    await rename(part, file);
    return output.bytesWritten;
  } catch (error) {
    await rm(part, { force: true });
    throw new BackupError(
      error.code === 'ECONNRESET'
        ? 'the gateway ended the copy before it was complete.'
        : `${(error.cause ?? error).message}.`,
    );
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, abort);
  }
}

async function toDisk(file) {
  const handle = await open(file, 'r+');
  await handle.sync();
  await handle.close();
}
