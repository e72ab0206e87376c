import type { RenderedPage } from '#model';
import type { ReaderClient } from './reader-client.js';
import type { Chunk, PageAnswer } from './reader-protocol.js';

/** Pages whose consumer went without a word: the reader forgets them when the garbage collector finds out. */
const forgotten = new FinalizationRegistry<{ readonly reader: ReaderClient; readonly page: number }>(
  ({ reader, page }) => reader.drop(page),
);

/**
 * A page whose text is pulled from its reader as it is consumed. From the second chunk on one is pulled ahead: who reads no
 * further than the first costs no more than that.
 */
export function renderedPage(answer: PageAnswer, reader: ReaderClient): RenderedPage {
  const { count, next } = answer;
  const body = new PageBody(answer, reader);
  if (!answer.chunk.last) forgotten.register(body, { reader, page: answer.page }, body);
  return next === undefined ? { count, body } : { count, next, body };
}

class PageBody implements AsyncIterableIterator<Uint8Array> {
  private done = false;
  private first: Chunk | undefined;
  private ahead: Promise<Chunk> | undefined;

  constructor(
    private readonly answer: PageAnswer,
    private readonly reader: ReaderClient,
  ) {
    this.first = answer.chunk;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    if (this.isDone()) return { done: true, value: undefined };
    const { first, ahead } = this;
    this.first = undefined;
    this.ahead = undefined;
    const chunk = first ?? (await (ahead ?? this.pull()));
    if (this.isDone()) return { done: true, value: undefined };
    if (chunk.last) this.finish();
    else if (!first) {
      this.ahead = this.pull();
      // Whoever waits for it is told.
      this.ahead.catch(() => undefined);
    }
    return { done: false, value: chunk.bytes };
  }

  /** The consumer stops early. */
  return(): Promise<IteratorResult<Uint8Array>> {
    if (!this.done) this.reader.drop(this.answer.page);
    this.finish();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Whether it was left, be it meanwhile. */
  private isDone(): boolean {
    return this.done;
  }

  private pull(): Promise<Chunk> {
    return this.reader.ask('pull', this.answer.page);
  }

  private finish(): void {
    this.done = true;
    this.first = undefined;
    this.ahead = undefined;
    forgotten.unregister(this);
  }
}
