import { randomInt } from 'node:crypto';
import { GlossaError } from '#model';
import type { Chunk } from './reader-protocol.js';

/** Pages that may wait for their consumer at once; beyond, the one that waits longest goes. */
const OPEN_PAGES = 256;

/**
 * Pages that were read and whose text is made while it is pulled. Their names begin somewhere at random: one that a
 * thread gave which died is no name of the thread after it.
 */
export class OpenPages {
  private readonly pages = new Map<
    number,
    { chunks: Iterator<Uint8Array<ArrayBuffer>, void>; ahead: Uint8Array<ArrayBuffer> | undefined }
  >();
  private last = randomInt(2 ** 47);

  /** Keeps a page's text; answers its name and first chunk. */
  open(chunks: Iterator<Uint8Array<ArrayBuffer>, void>): { readonly page: number; readonly chunk: Chunk } {
    const page = ++this.last;
    this.pages.set(page, { chunks, ahead: next(chunks) });
    for (const oldest of this.pages.keys()) {
      if (this.pages.size <= OPEN_PAGES) break;
      this.pages.delete(oldest);
    }
    return { page, chunk: this.pull(page) };
  }

  /** The next chunk; the last one says so, and the page is forgotten with it. */
  pull(page: number): Chunk {
    const open = this.pages.get(page);
    if (!open)
      throw new GlossaError('unavailable', 'The page waited too long for its reader; ask for it again.');
    const bytes = open.ahead ?? new Uint8Array(0);
    // Forgotten as well when it cannot be written: who asks again must not take what was written for the whole.
    this.pages.delete(page);
    open.ahead = next(open.chunks);
    if (!open.ahead) return { bytes, last: true };
    this.pages.set(page, open);
    return { bytes, last: false };
  }

  drop(page: number): void {
    this.pages.delete(page);
  }
}

function next(chunks: Iterator<Uint8Array<ArrayBuffer>, void>): Uint8Array<ArrayBuffer> | undefined {
  return chunks.next().value ?? undefined;
}
