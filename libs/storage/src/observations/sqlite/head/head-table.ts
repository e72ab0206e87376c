import type { Database, Statement } from 'better-sqlite3';
import { DamagedFileError } from '../../../sqlite-file/errors.js';
import { CHECKSUM_SEED, checksum } from '../../../sqlite-file/checksum.js';
import { ROW_BYTES } from './head-rows.js';

type HeadRow = readonly [batch: number, count: number, sum: number, data: Buffer, texts: string | null];

/** Rows of one batch as the head's file has them. */
export interface HeadBatch {
  readonly batch: number;
  readonly data: Buffer;
  readonly texts: readonly string[];
}

/** Reads batches of the head's file. */
export class HeadTable {
  private readonly after: Statement<[number, number], HeadRow>;

  constructor(db: Database) {
    this.after = db
      .prepare<[number, number], HeadRow>(
        'select batch, count, sum, data, texts from head where batch > ? and batch <= ? order by batch',
      )
      .raw();
  }

  /** Batches after `after` up to `to`, ascending. Throws DamagedFileError for one that is not what was written. */
  *between(after: number, to: number): Generator<HeadBatch, void> {
    for (const [batch, count, sum, data, texts] of this.after.iterate(after, to)) {
      if (data.length !== count * ROW_BYTES || sum !== sumOf(batch, data, texts))
        throw new DamagedFileError(`the rows of batch ${batch} are not what was written`);
      yield { batch, data, texts: texts === null ? [] : (JSON.parse(texts) as string[]) };
    }
  }
}

/** The checksum of a batch's rows and texts. */
export function sumOf(batch: number, data: Uint8Array, texts: string | null): number {
  const rows = checksum(data, 0, data.length, CHECKSUM_SEED ^ (batch | 0));
  if (texts === null) return rows;
  const bytes = Buffer.from(texts);
  return checksum(bytes, 0, bytes.length, rows);
}
