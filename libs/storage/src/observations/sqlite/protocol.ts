import type { BatchData } from './batch.js';
import type { WriterSettings } from './database.js';

/**
 * Work for the writer beside batches; done in the order given, in small steps between batches. Retirements, which are
 * short, go before deletions.
 */
export type WriterCommand =
  | { readonly type: 'retire'; readonly series: readonly number[] }
  | { readonly type: 'purge'; readonly series: readonly number[] }
  | {
      readonly type: 'delete';
      readonly series: readonly number[];
      readonly from: number;
      readonly to: number;
    };

/** What the main thread tells the writer. */
export type ToWriter =
  | { readonly type: 'batch'; readonly batch: BatchData }
  | {
      readonly type: 'command';
      readonly id: number;
      readonly command: WriterCommand;
      /** The batches up to this one, and no others, were appended before it. */
      readonly after: number;
    }
  | { readonly type: 'close' };

/** What the writer tells the main thread. */
export type FromWriter =
  | { readonly type: 'ready'; readonly batch: number }
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'committed'; readonly batch: number }
  | { readonly type: 'trouble'; readonly reason: string | undefined }
  | { readonly type: 'done'; readonly id: number; readonly rows: number }
  /** A command was given up; `id` is undefined for what an earlier process had left. */
  | { readonly type: 'rejected'; readonly id: number | undefined; readonly reason: string };

/** Start of the writer's thread. */
export type WriterData = WriterSettings;
