import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** A number, and its checksum. */
const LENGTH = 12;

/**
 * The number of writes that a journal has had, in a file beside it. The journal holds it too, and less of it where the
 * end of its log is gone, which looks like one that was never written.
 */
export class WriteCount {
  private constructor(
    private readonly handle: FileHandle,
    /** What was noted last; 0 where that is nothing, or not as it was written. */
    readonly noted: number,
  ) {}

  static async open(directory: string): Promise<WriteCount> {
    const name = join(directory, 'WRITES');
    const handle = await open(name, 'r+').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return open(name, 'w+');
    });
    const bytes = Buffer.alloc(LENGTH);
    const { bytesRead } = await handle.read(bytes, 0, LENGTH, 0);
    const isWhole = bytesRead === LENGTH && bytes.readUInt32LE(8) === crc32(bytes.subarray(0, 8));
    return new WriteCount(handle, isWhole ? bytes.readDoubleLE(0) : 0);
  }

  /** To be called when the journal has it: what comes too late is lost with the process, and nothing is missed. */
  async note(count: number): Promise<void> {
    const bytes = Buffer.alloc(LENGTH);
    bytes.writeDoubleLE(count, 0);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 8)), 8);
    await this.handle.write(bytes, 0, LENGTH, 0);
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}
