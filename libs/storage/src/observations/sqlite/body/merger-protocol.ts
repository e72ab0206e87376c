import type { Noted } from '../../../sqlite-file/page-sums.js';
import type { FileSettings } from '../files.js';

/** Work for the merger, done in the order given, in small steps. */
export type MergerCommand =
  /** Brings the rows of the batches up to `after` to the body. */
  | { readonly type: 'merge' }
  /** The same, then deletes what there is of those batches of the series in [from, to). */
  | {
      readonly type: 'delete';
      readonly series: readonly number[];
      readonly from: number;
      readonly to: number;
    };

/** What the main thread tells the merger. */
export type ToMerger =
  | {
      readonly type: 'command';
      readonly id: number;
      readonly command: MergerCommand;
      /** The newest batch that it is about. */
      readonly after: number;
    }
  /** The head's log is to be brought to its file, when it is long. */
  | { readonly type: 'checkpoint' }
  /** The pages of the body are to be compared with their checksums; `handle` is of its file. */
  | { readonly type: 'compare'; readonly handle: number }
  /** The files are there. */
  | { readonly type: 'open' }
  | { readonly type: 'hang' }
  | { readonly type: 'close' };

/** What the merger tells the main thread. */
export type FromMerger =
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly reason: string }
  /** A step is done. */
  | { readonly type: 'progress' }
  /** The batches up to this one are in the body and stay there whatever happens. */
  | { readonly type: 'merged'; readonly batch: number; readonly rows: number; readonly took: number }
  /** Most of the head's write-ahead log was brought to its file; undefined where it is not long enough. */
  | { readonly type: 'checkpointed'; readonly noted: Noted | undefined }
  /** All pages were compared, or one is not as it was written. */
  | { readonly type: 'compared'; readonly damage: string | undefined }
  | { readonly type: 'trouble'; readonly reason: string | undefined }
  | { readonly type: 'done'; readonly id: number; readonly rows: number }
  | { readonly type: 'rejected'; readonly id: number | undefined; readonly reason: string };

/** Start of the merger's thread. */
export type MergerData = FileSettings;
