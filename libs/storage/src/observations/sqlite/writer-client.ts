import type { StoreLogger } from '../store-logger.js';
import type { BatchData } from './batch.js';
import type { FileSettings } from './files.js';
import type { FromWriter, ToWriter, WriterCommand, WriterData } from './protocol.js';
import { ThreadClient } from './thread-client.js';

type Committed = Extract<FromWriter, { type: 'committed' }>;
type Ready = Omit<Extract<FromWriter, { type: 'ready' }>, 'type'>;

/** What the writer's client tells. */
export interface WriterEvents {
  readonly committed: (what: Committed) => void;
  /** Rows of the head, after some left it. */
  readonly head: (rows: number) => void;
  readonly troubled: () => void;
}

/** The writer's thread: batches and commands in the order they were handed over. */
export class WriterClient {
  private readonly thread: ThreadClient<ToWriter, Ready, FromWriter>;
  /** Number of the newest batch that was sent, or was there at the start, and of the newest that is committed. */
  private lastSent = 0;
  private lastCommitted = 0;
  private waiting: { readonly batch: number; readonly resolve: () => void }[] = [];

  constructor(
    settings: FileSettings,
    hangAfter: number,
    private readonly events: WriterEvents,
    private readonly logger: StoreLogger | undefined,
  ) {
    const pulse = new Int32Array(new SharedArrayBuffer(4));
    const data: WriterData = { ...settings, pulse, prepared: new Int32Array(new SharedArrayBuffer(4)) };
    this.thread = new ThreadClient<ToWriter, Ready, FromWriter>(
      {
        module: '#workers/writer',
        name: 'glossa-writer',
        does: 'writes observations',
        data,
        youngMegabytes: 2,
        hangAfter,
        pulse,
        logger,
      },
      (message) => this.hear(message),
      () => this.troubled(),
    );
  }

  get trouble(): string | undefined {
    return this.thread.trouble;
  }

  get restarts(): number {
    return this.thread.restarts;
  }

  /** Number of the newest batch that was sent or was there at the start. */
  get lastBatch(): number {
    return this.lastSent;
  }

  get committedBatch(): number {
    return this.lastCommitted;
  }

  /** Starts the thread, which makes or opens the files. Throws GlossaError('unavailable'). */
  async open(): Promise<Ready> {
    const ready = await this.thread.open();
    this.lastSent = Math.max(this.lastSent, ready.batch);
    this.lastCommitted = Math.max(this.lastCommitted, ready.batch);
    return ready;
  }

  /** Has the thread write. */
  begin(): void {
    this.thread.tell({ type: 'begin' });
  }

  sendBatch(batch: BatchData): void {
    this.lastSent = batch.number;
    this.thread.send(`batch ${batch.number}`, { type: 'batch', batch });
  }

  /** Has a command done after all batches sent before. Throws GlossaError('unavailable') when the file does not let it. */
  async command(command: WriterCommand, after = this.lastSent): Promise<void> {
    await this.thread.command((id) => ({ type: 'command', id, command, after }));
  }

  /** Resolves when a batch is committed, or when batches cannot be written now. */
  async reached(batch: number): Promise<void> {
    if (this.lastCommitted >= batch || this.thread.isStuck) return;
    await new Promise<void>((resolve) => this.waiting.push({ batch, resolve }));
  }

  /** Commits what is outstanding, unless the disk is in trouble, and ends the thread. */
  async close(): Promise<void> {
    await this.thread.close({ type: 'close' });
    this.wake(() => true);
  }

  async kill(): Promise<void> {
    await this.thread.kill();
  }

  hang(): void {
    this.thread.tell({ type: 'hang' });
  }

  private hear(message: FromWriter): void {
    if (message.type === 'committed') {
      this.thread.settle(`batch ${message.batch}`);
      this.lastCommitted = Math.max(this.lastCommitted, message.batch);
      this.wake(({ batch }) => batch <= this.lastCommitted);
      this.events.committed(message);
    } else if (message.type === 'head') this.events.head(message.rows);
    else if (message.type === 'info') this.logger?.info(message.text);
  }

  private troubled(): void {
    if (this.thread.isStuck) this.wake(() => true);
    this.events.troubled();
  }

  private wake(which: (one: { readonly batch: number }) => boolean): void {
    if (this.waiting.length === 0) return;
    const { waiting } = this;
    this.waiting = waiting.filter((one) => !which(one));
    for (const one of waiting) if (which(one)) one.resolve();
  }
}
