import type { Noted } from '../../sqlite-file/page-sums.js';
import type { BatchData } from './batch.js';
import type { FileSettings } from './files.js';

/** Work for the writer beside batches, in the head's file; short, done in the order given. */
export type WriterCommand =
  | { readonly type: 'retire'; readonly series: readonly number[] }
  /** Forgets the definitions; the rows are marked to be deleted. */
  | { readonly type: 'forget'; readonly series: readonly number[] }
  /** The rows of forgotten series are gone. */
  | { readonly type: 'forgotten'; readonly series: readonly number[] }
  /** Batches up to this one are in the body for good. */
  | { readonly type: 'trim'; readonly batch: number }
  /** Brings what is left of the write-ahead log to the file, so that the log begins anew. */
  | { readonly type: 'checkpoint'; readonly noted: Noted };

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
  /** The main thread holds the files open. */
  | { readonly type: 'begin' }
  | { readonly type: 'hang' }
  | { readonly type: 'close' };

/** What the writer tells the main thread. */
export type FromWriter =
  | {
      readonly type: 'ready';
      readonly batch: number;
      /** Rows of the head. */
      readonly rows: number;
      /** Series whose rows an earlier process had not deleted, and the newest batch of theirs. */
      readonly purging: readonly (readonly [series: number, batch: number])[];
    }
  | { readonly type: 'failed'; readonly reason: string }
  /** For the log. */
  | { readonly type: 'info'; readonly text: string }
  | {
      readonly type: 'committed';
      readonly batch: number;
      /** Milliseconds that the commit took. */
      readonly took: number;
      /** Rows of the head. */
      readonly rows: number;
      /** Why messages of it could not be written, if some could not. */
      readonly refused: string | undefined;
    }
  /** Rows left the head. */
  | { readonly type: 'head'; readonly rows: number }
  /** It lives, but has no room in the head for the next batch. */
  | { readonly type: 'waits' }
  | { readonly type: 'trouble'; readonly reason: string | undefined }
  | { readonly type: 'done'; readonly id: number; readonly rows: number }
  /** A command was given up; `id` is undefined for what an earlier process had left. */
  | { readonly type: 'rejected'; readonly id: number | undefined; readonly reason: string };

/** Start of the writer's thread. */
export interface WriterData extends FileSettings {
  /** Its one number is raised as the thread goes on. */
  readonly pulse: Int32Array;
  /** Its one number is 1 when the files have been made ready, which is done once. */
  readonly prepared: Int32Array;
}
