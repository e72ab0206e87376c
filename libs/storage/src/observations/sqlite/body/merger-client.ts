import type { Noted } from '../../../sqlite-file/page-sums.js';
import type { StoreLogger } from '../../store-logger.js';
import type { FileSettings } from '../files.js';
import { ThreadClient } from '../thread-client.js';
import type { FromMerger, MergerCommand, ToMerger } from './merger-protocol.js';

/** What the merger's client tells. */
export interface MergerEvents {
  readonly merged: (what: Extract<FromMerger, { type: 'merged' }>) => void;
  readonly checkpointed: (noted: Noted | undefined) => void;
}

/** The merger's thread: commands in the order they were given. */
export class MergerClient {
  private readonly thread: ThreadClient<ToMerger, object, FromMerger>;

  constructor(
    settings: FileSettings,
    hangAfter: number,
    private readonly events: MergerEvents,
    private readonly logger: StoreLogger | undefined,
  ) {
    this.thread = new ThreadClient<ToMerger, object, FromMerger>(
      {
        module: '#workers/merger',
        name: 'glossa-merger',
        does: 'merges observations',
        data: settings,
        youngMegabytes: 2,
        hangAfter,
        logger,
      },
      (message) => this.hear(message),
      () => undefined,
    );
  }

  get trouble(): string | undefined {
    return this.thread.trouble;
  }

  /** What was found in the body's file. It goes on being served. */
  damage: string | undefined;

  get restarts(): number {
    return this.thread.restarts;
  }

  /** Starts the thread, which does not touch the files yet. */
  async start(): Promise<void> {
    await this.thread.open();
  }

  /** The files are there: the thread opens them. */
  openFiles(): void {
    this.thread.tell({ type: 'open' });
  }

  /** Has the head's log brought to its file, when it is long. */
  checkpoint(): void {
    this.thread.send('checkpoint', { type: 'checkpoint' });
  }

  /** Has the pages of the body compared with their checksums, beside the work. */
  compare(handle: number): void {
    this.thread.send('compare', { type: 'compare', handle });
  }

  /** Answers the rows that it deleted. Throws GlossaError('unavailable') when the file does not let it. */
  async command(command: MergerCommand, after: number): Promise<number> {
    return this.thread.command((id) => ({ type: 'command', id, command, after }));
  }

  async close(): Promise<void> {
    await this.thread.close({ type: 'close' });
  }

  async kill(): Promise<void> {
    await this.thread.kill();
  }

  hang(): void {
    this.thread.tell({ type: 'hang' });
  }

  private hear(message: FromMerger): void {
    if (message.type === 'merged') this.events.merged(message);
    else if (message.type === 'checkpointed') {
      this.thread.settle('checkpoint');
      this.events.checkpointed(message.noted);
    } else if (message.type === 'compared') {
      this.thread.settle('compare');
      this.damage = message.damage;
      if (message.damage !== undefined) this.logger?.error(message.damage);
    }
  }
}
